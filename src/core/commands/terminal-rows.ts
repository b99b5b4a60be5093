import type { CommandOption, CommandRow } from './command-row.ts';

const CONFIG: CommandOption = {
  type: 'string',
  short: 'c',
  default: 'config.yaml',
  value: 'FILE',
  text: 'the configuration (config.yaml)',
};

const HERE = { takes: [], who: 'admins', where: ['terminal'] } as const;

/** What the command line does by itself, without a running bridge. */
export const TERMINAL_ROWS = {
  run: {
    ...HERE,
    text: 'run the bridge on a configuration, until Ctrl-C',
    details: `SIGTERM or Ctrl-C stops it once lines under way have arrived; SIGHUP reads the configuration again.
Exit code 0: stopped as asked. 2: something has to be put right first; nothing was changed.`,
    options: { config: CONFIG },
  },
  sandbox: {
    ...HERE,
    text: 'try everything on this machine: a real homeserver, a real IRC server, and the bridge',
    details: `Brings up Dendrite, Ergo and Causeway on the loopback address, with a small cooperative whose list of members decides who is
in which room, and prints how to get in and what to try. Stays until Ctrl-C; the next start goes on with the same rooms,
members and history.
Servers that this machine lacks are built with Go, unpacked from Debian's packages, or taken from Docker.`,
    options: {
      demo: {
        type: 'boolean',
        text: 'no people needed: talk both ways, admit and suspend somebody, restart the bridge, count every line, end',
      },
      reset: { type: 'boolean', text: 'begin anew: forget rooms, people, members and history of the folder' },
      dir: { type: 'string', value: 'DIR', default: '.sandbox', text: 'where everything is kept (.sandbox)' },
      dendrite: { type: 'string', value: 'PATH', text: 'this Dendrite (or CAUSEWAY_DENDRITE)' },
      ergo: { type: 'string', value: 'PATH', text: 'this Ergo (or CAUSEWAY_ERGO)' },
      homeserver: { type: 'string', value: 'URL', text: 'a homeserver that runs already, instead of Dendrite' },
      'server-name': { type: 'string', value: 'NAME', text: 'its name, where it does not say' },
      irc: { type: 'string', value: 'HOST:PORT', text: 'an IRC server that runs already, instead of Ergo' },
    },
  },
  register: {
    ...HERE,
    text: 'write registration.yaml, which lets the homeserver know the bridge',
    details: `Writes the registration that the configuration names (appservice.registration): fresh tokens, and the Matrix names
that belong to this bridge. Prints what the homeserver needs to load it. An existing registration stays as it is.`,
    options: {
      config: CONFIG,
      force: {
        type: 'boolean',
        text: 'replace an existing registration; its tokens stop working when the homeserver restarts',
      },
    },
  },
  check: {
    ...HERE,
    text: 'try the configuration and everything it names, changing nothing',
    details: `Reads the configuration and the registration, then tries the homeserver, both tokens there, its way to us, the
addresses to listen on, the links to pictures, the database, the keys of pushed events and the IRC servers. Tells all
that is wrong at once, each with its line and what to do. Changes nothing; the exit code is 0 when a start would work or
Causeway runs already, 2 otherwise.`,
    options: { config: CONFIG },
  },
  audit: {
    ...HERE,
    takes: [{ name: 'verify|export', is: 'what to do with it', form: 'audit-task' }],
    text: 'verify the audit log, or export what it says of one member',
    details: `verify reads the whole log, needs no running bridge, and changes nothing. It prints how many records there are, from when
to when, and how far they are signed; or the first line that was changed, or where lines are missing. FILE.head lies beside
the log and shows whether its end is there. Keep the fingerprint of the key elsewhere: with --key a log that was made anew
by somebody else does not pass for this one.

export prints what concerns one member as JSON lines, and names nobody else: whoever acted is named by their role. SUBJECT
is written as in the log (ISSUER ID, a Matrix id, or another handle); give each under which the member is known.

Ends with 0 when all is well, 1 when the log is not what was written or says nothing of the subject, 2 when it cannot be read.`,
    options: {
      file: { type: 'string', value: 'FILE', text: 'the log (authority.audit of the configuration)' },
      subject: { type: 'string', multiple: true, value: 'SUBJECT', text: 'whose records to export' },
      key: { type: 'string', value: 'FINGERPRINT', text: 'of the key that has to be the log’s' },
      config: {
        type: 'string',
        short: 'c',
        value: 'FILE',
        text: "the configuration (config.yaml, else the sandbox's)",
      },
    },
  },
  sample: {
    ...HERE,
    text: 'print a configuration to begin with',
    details: 'Prints the sample of a configuration: every key with what it decides, its default or an example.',
    options: {
      write: {
        type: 'boolean',
        text: 'rewrite config.sample.yaml and docs/configuration.md from the schema (for developers)',
      },
    },
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
