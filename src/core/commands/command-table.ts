/** Where somebody asks: rooms of Matrix by what they are for, or a private message to the bot on a network. */
export type CommandPlace = 'channel' | 'conversation' | 'bot' | 'house' | 'network';

/** What people write after `!causeway`. The help, the page of docs and what is refused are all made from these rows. */
export type CommandRow = {
  /** Words after the name. */
  readonly usage: string;
  /** One sentence without its capital and its full stop. */
  readonly text: string;
  readonly who: 'everybody' | 'coordinators' | 'admins';
  readonly where: readonly CommandPlace[];
  /** Nothing follows from it where nobody says who is a member. */
  readonly needsAuthority?: true;
};

const EVERYWHERE = ['channel', 'conversation', 'bot', 'house', 'network'] as const;
const ON_MATRIX = ['channel', 'conversation', 'bot', 'house'] as const;

const ROWS = {
  help: {
    usage: '[COMMAND]',
    text: 'what can be asked here',
    who: 'everybody',
    where: EVERYWHERE,
  },
  whois: {
    usage: 'NAME',
    text: 'who somebody is, and who vouches for it; in a room also as a reply to what they said',
    who: 'everybody',
    where: EVERYWHERE,
  },
  names: { usage: '', text: 'who of the network is in the channel of this room', who: 'everybody', where: ['channel'] },
  status: {
    usage: '',
    text: 'how the link of this room stands: whether lines pass, how fast, what waits, what was refused',
    who: 'everybody',
    where: ['channel'],
  },
  nick: {
    usage: '[NAME]',
    text: 'what you are called on the network of this room; with a name, ask for that from now on; with - for the name that the room shows',
    who: 'everybody',
    where: ['channel', 'conversation'],
  },
  mentions: {
    usage: 'on|off',
    text: 'whether you are called when your name falls on a network',
    who: 'everybody',
    where: ON_MATRIX,
  },
  links: {
    usage: 'on|off',
    text: 'whether people on networks get links to your pictures, files and long messages; off takes back those that are out',
    who: 'everybody',
    where: ON_MATRIX,
  },
  optout: {
    usage: '',
    text: 'not be bridged: what you say does not cross, and your links lead nowhere; on a network by account, without one until you leave',
    who: 'everybody',
    where: EVERYWHERE,
  },
  optin: { usage: '', text: 'be bridged again', who: 'everybody', where: EVERYWHERE },
  query: {
    usage: 'NICK',
    text: 'open a room with somebody on a network, to write to them in private',
    who: 'everybody',
    where: ON_MATRIX,
  },
  block: {
    usage: '',
    text: 'hear nothing more of who is in this room with you',
    who: 'everybody',
    where: ['conversation'],
  },
  unblock: { usage: '', text: 'let them write to you again', who: 'everybody', where: ['conversation'] },
  whoami: {
    usage: '',
    text: 'what the cooperative knows of you',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  link: {
    usage: '[CODE]',
    text: 'prove that your account on a network is you: ask for a code on one side, say it on the other',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  rebind: {
    usage: '[NETWORK] OLD [NEW]',
    text: 'your new account gets the Matrix user of the one that you had, once both are linked with you; on a network say only the old one',
    who: 'everybody',
    where: EVERYWHERE,
    needsAuthority: true,
  },
  request: {
    usage: '#ROOM',
    text: 'ask the coordinators of a room to let you in',
    who: 'everybody',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  visit: {
    usage: 'ASSERTION',
    text: 'come as a visitor, with what your home shard gave you for this one',
    who: 'everybody',
    where: ['bot'],
    needsAuthority: true,
  },
  approve: {
    usage: 'ID',
    text: 'let somebody in who asked',
    who: 'coordinators',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  refuse: {
    usage: 'ID',
    text: 'do not let somebody in who asked',
    who: 'coordinators',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  explain: {
    usage: 'PERSON [ROOM]',
    text: 'what the authority says of somebody, and what follows',
    who: 'admins',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  agreements: {
    usage: '',
    text: 'agreements with other shards, and who is here by them',
    who: 'admins',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  plans: {
    usage: '',
    text: 'plans that wait for a confirmation',
    who: 'admins',
    where: ON_MATRIX,
    needsAuthority: true,
  },
  confirm: {
    usage: 'HASH',
    text: 'let a plan go on that is held',
    who: 'admins',
    where: ON_MATRIX,
    needsAuthority: true,
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof ROWS;

/** All commands, in the order in which the help has them. */
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = ROWS;

export const COMMAND_NAMES = Object.keys(ROWS) as readonly CommandName[];

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(ROWS, name);

/** As a sentence has it behind `Say this in`. */
export const PLACE_WORDS: Readonly<Record<CommandPlace, string>> = {
  channel: 'the room of a channel',
  conversation: 'the room of a private conversation',
  bot: 'a private room with the bot: invite it to an unencrypted room with nobody else',
  house: 'a room of the cooperative',
  network: 'a private message to the bot on a network',
};
