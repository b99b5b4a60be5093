import { AND_TERMINAL, type CommandRow, EVERYWHERE, ON_MATRIX } from './command-row.ts';

const WHOM = 'a nick, a name as rooms show it, or a Matrix id';
const CHANNEL = {
  name: 'CHANNEL',
  is: 'a channel, NETWORK/CHANNEL, or its room; a shell wants a `#` in quotes',
} as const;
const FOR_ADMINS = { who: 'admins', where: [...ON_MATRIX, 'terminal'], needsAuthority: true } as const;

/** What the running bridge answers, in the order in which the help has it. */
export const ASKED_ROWS = {
  help: {
    takes: [{ name: 'COMMAND', is: 'one of these', optional: true }],
    text: 'what can be asked here',
    terminalText: 'this list, or more of one',
    who: 'everybody',
    where: AND_TERMINAL,
    options: {},
  },
  whois: {
    takes: [
      { name: 'NAME', is: WHOM, rest: true, optional: true, where: ON_MATRIX },
      { name: 'NAME', is: WHOM, rest: true, where: ['network', 'terminal'] },
    ],
    text: 'who somebody is, and who vouches for it; in a room also as a reply to what they said',
    terminalText: 'who somebody is, and who vouches for it',
    who: 'everybody',
    where: AND_TERMINAL,
  },
  names: {
    takes: [{ ...CHANNEL, where: ['terminal'] }],
    text: 'who of the network is in the channel of this room',
    terminalText: 'who of its network is in a channel',
    who: 'everybody',
    where: ['channel', 'terminal'],
  },
  status: {
    takes: [{ ...CHANNEL, optional: true, where: ['terminal'] }],
    text: 'how the link of this room stands: whether lines pass, how fast, what waits, what was refused',
    terminalText: 'how the running bridge stands: links, lag, queues, problems; or one link',
    who: 'everybody',
    where: ['channel', 'terminal'],
    // Without a default: what is left out is looked for in more than one place.
    options: {
      config: {
        type: 'string',
        short: 'c',
        value: 'FILE',
        text: "the configuration whose http.listen to ask (config.yaml, else the sandbox's)",
      },
      url: { type: 'string', value: 'HOST:PORT', text: 'where to ask instead' },
      watch: { type: 'boolean', short: 'w', text: 'again every two seconds, until Ctrl-C' },
      all: {
        type: 'boolean',
        text: 'every link; without it those that are well are only counted after the first 100',
      },
      json: { type: 'boolean', text: 'the report as JSON; with --watch one per line' },
    },
    details: `Asks the running bridge and prints problems first. Then for each link: people in the room and in the channel (M+N);
how long ago the last line went each way; how long it took (lag); lines on their way (queued); of these, lines of which
nobody knows yet whether they arrived (doubtful); events whose handling failed (parked); lines that the other side
refused since the start. With a channel it says how that one stands, as the same question in its room.

Ends with 0 when all is well, 1 when something is wrong, 2 when the bridge cannot be reached.`,
  },
  nick: {
    takes: [{ name: 'NAME', is: 'what you want to be called, or `-`', form: 'wish', optional: true }],
    text: 'what you are called on the network of this room; with a name, ask for that from now on; with - for the name that the room shows',
    who: 'everybody',
    where: ['channel', 'conversation'],
  },
  mentions: {
    takes: [{ name: 'on|off', is: 'left out to ask how it stands', form: 'switch', optional: true }],
    text: 'whether you are called when your name falls on a network',
    who: 'everybody',
    where: ON_MATRIX,
  },
  links: {
    takes: [{ name: 'on|off', is: 'left out to ask how it stands', form: 'switch', optional: true }],
    text: 'whether people on networks get links to your pictures, files and long messages; off takes back those that are out',
    who: 'everybody',
    where: ON_MATRIX,
  },
  optout: {
    takes: [],
    text: 'not be bridged: what you say does not cross, and your links lead nowhere; on a network by account, without one until you leave',
    who: 'everybody',
    where: EVERYWHERE,
  },
  optin: { takes: [], text: 'be bridged again', who: 'everybody', where: EVERYWHERE },
  query: {
    takes: [{ name: 'NICK', is: 'somebody on a network; NETWORK/NICK says on which', form: 'nick' }],
    text: 'open a room with somebody on a network, to write to them in private',
    who: 'everybody',
    where: ON_MATRIX,
  },
  block: {
    takes: [],
    text: 'hear nothing more of who is in this room with you',
    who: 'everybody',
    where: ['conversation'],
  },
  unblock: { takes: [], text: 'let them write to you again', who: 'everybody', where: ['conversation'] },
  whoami: {
    takes: [],
    text: 'what the cooperative knows of you',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  link: {
    takes: [{ name: 'CODE', is: 'what the bot told you on the other side', optional: true }],
    text: 'prove that your account on a network is you: ask for a code on one side, say it on the other',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  rebind: {
    takes: [
      { name: 'NETWORK', is: 'the network of both accounts', where: ON_MATRIX },
      { name: 'OLD', is: 'the account that you had' },
      { name: 'NEW', is: 'the account that you have', where: ON_MATRIX },
    ],
    text: 'your new account gets the Matrix user of the one that you had, once both are linked with you; on a network say only the old one',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  request: {
    takes: [{ name: '#ROOM', is: 'its alias, or a channel' }],
    text: 'ask the coordinators of a room to let you in',
    who: 'everybody',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  visit: {
    takes: [{ name: 'ASSERTION', is: 'what your home shard gave you for this one', form: 'token' }],
    text: 'come as a visitor, with what your home shard gave you for this one',
    who: 'everybody',
    where: ['bot'],
    needsAuthority: true,
  },
  approve: {
    takes: [{ name: 'ID', is: 'the request, as the bot named it in the room' }],
    text: 'let somebody in who asked',
    who: 'coordinators',
    where: [...ON_MATRIX, 'terminal'],
    needsAuthority: true,
  },
  refuse: {
    takes: [{ name: 'ID', is: 'the request, as the bot named it in the room' }],
    text: 'do not let somebody in who asked',
    who: 'coordinators',
    where: [...ON_MATRIX, 'terminal'],
    needsAuthority: true,
  },
  explain: {
    ...FOR_ADMINS,
    takes: [
      { name: 'PERSON', is: 'a Matrix id, a subject, or NETWORK/ACCOUNT' },
      { name: 'ROOM', is: 'an alias, a room id or a channel; all of them without it', optional: true },
    ],
    text: 'what the authority says of somebody, how fresh that is, and what follows',
    also: 'authority explain',
  },
  agreements: { ...FOR_ADMINS, takes: [], text: 'agreements with other shards, and who is here by them' },
  plans: { ...FOR_ADMINS, takes: [], text: 'plans that wait for a confirmation' },
  confirm: {
    ...FOR_ADMINS,
    takes: [{ name: 'HASH', is: 'the plan, as `plans` and the admin room name it', form: 'hash' }],
    text: 'let a plan go on that is held',
    details: `A plan is held when it would remove many people, or is the first for a room with people in it. One that changed
meanwhile has another hash.`,
    also: 'authority confirm',
  },
} as const satisfies Readonly<Record<string, CommandRow>>;
