import { resolve } from 'node:path';
import { type Command, parseArguments } from '../cli/command.ts';
import { runDemo } from './demo.ts';
import { runSandbox } from './sandbox.ts';

export const sandbox: Command = {
  name: 'sandbox',
  summary: 'Try everything on this machine: a real homeserver, a real IRC server, and the bridge',
  usage: `Usage: causeway sandbox [--reset] [--demo] [--dir DIR] [--dendrite PATH | --homeserver URL] [--ergo PATH | --irc HOST:PORT]

Brings up Dendrite, Ergo and Causeway on the loopback address, with a small cooperative whose list of members decides who is
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
  run: async (argv) => {
    const parsed = parseArguments(sandbox, argv);
    if (!parsed.ok) {
      console.error(parsed.text);
      return 2;
    }
    const { demo, reset, dir, ...flags } = parsed.flags;
    const text = (name: string): string | undefined => (flags[name] === undefined ? undefined : String(flags[name]));
    const servers = {
      dendrite: text('dendrite'),
      ergo: text('ergo'),
      homeserver: text('homeserver')?.replace(/\/+$/, ''),
      serverName: text('server-name'),
      irc: text('irc'),
    };
    if (demo !== true) return runSandbox({ ...servers, dir: resolve(String(dir)), reset: reset === true });
    if (servers.homeserver !== undefined || servers.irc !== undefined) {
      console.error('The demo talks on servers of its own: leave out --homeserver and --irc.');
      return 2;
    }
    return runDemo({ ...servers, dir: resolve(String(dir), 'demo') });
  },
};
