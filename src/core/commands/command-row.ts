/** Where somebody asks: rooms of Matrix by what they are for, a private message to the bot on a network, or the command line. */
export type CommandPlace = 'channel' | 'conversation' | 'bot' | 'house' | 'network' | 'terminal';

/** One word behind a command's name. */
export type Argument = {
  /** As the help shows it. */
  readonly name: string;
  /** What it is, as a sentence has it behind its name. */
  readonly is: string;
  /** Any word, where left out. */
  readonly form?: ArgumentForm;
  readonly optional?: true;
  /** All words that are left. */
  readonly rest?: true;
  /** Where it is asked for; wherever the command can be said, where left out. */
  readonly where?: readonly CommandPlace[];
};

/** What a word can be. */
export type ArgumentForm = 'word' | 'switch' | 'wish' | 'nick' | 'hash' | 'token' | 'audit-task';

/** A flag of the command line, as `node:util` parses it. */
export type CommandOption = {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly default?: string;
  readonly multiple?: true;
  readonly text: string;
  /** Name of its value in the help: `FILE`. */
  readonly value?: string;
};

/** What somebody can say to the bridge or on its command line. Help, docs, checks and refusals are all made from these rows. */
export type CommandRow = {
  /** Words after the name. */
  readonly takes: readonly Argument[];
  /** One sentence without its capital and its full stop. */
  readonly text: string;
  /** The same for the command line, where it is another there. */
  readonly terminalText?: string;
  readonly who: 'everybody' | 'coordinators' | 'admins';
  readonly where: readonly CommandPlace[];
  /** Nothing follows from it where nobody says who is a member. */
  readonly needsAuthority?: true;
  /** Flags of the command line; those by which the running bridge is asked, where left out. */
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** What `causeway NAME --help` says besides. */
  readonly details?: string;
  /** What it is called on the command line as well. */
  readonly also?: string;
};

export const ON_MATRIX = ['channel', 'conversation', 'bot', 'house'] as const;
/** Wherever somebody says it as themselves. */
export const EVERYWHERE = [...ON_MATRIX, 'network'] as const;
export const AND_TERMINAL = [...EVERYWHERE, 'terminal'] as const;
