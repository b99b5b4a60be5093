import type { NetworkConfig } from '../config/schema-network.ts';
import type { Result } from '../core/errors.ts';
import type { NetworkMessage, NetworkSource } from '../core/events.ts';
import type { Said, Tallied } from '../core/freeq/tags.ts';
import { type CapWish, LISTENER_CAPS, PUPPET_CAPS } from '../core/irc/cap-request.ts';
import type { Continues } from '../core/irc/continued-lines.ts';
import { DEFAULT_ISUPPORT, type Isupport, isChannelName } from '../core/irc/isupport.ts';
import type { IrcLine } from '../core/irc/line.ts';
import type { Person, RosterEntry } from '../ports/network.ts';
import type { ChannelWallsTools } from './listening/channel-walls.ts';
import { introduceBot, introducePerson } from './listening/introductions.ts';
import { readNetworkSource } from './listening/reading.ts';
import type { Known } from './puppets/pool.ts';
import type { Naming } from './puppets/puppet-name.ts';
import { CLASSIC_GESTURES, type GestureMaker } from './speaking/gestures.ts';
import type { Link } from './wire/link.ts';
import type { Pacing } from './wire/pacing.ts';
import type { Introduction } from './wire/registration.ts';
import { BucketThrottle, type Throttle } from './wire/throttle.ts';

/** Who comes in, and what is known of them. */
export type Newcomer = {
  readonly person: Person;
  readonly naming: Naming;
  readonly known: Known | undefined;
  readonly isFreeAccount: (account: string) => boolean;
};

/** Where kinds of IRC differ. Everything else is one adapter. */
export type Dialect = {
  /** What holds as long as the server says nothing of itself. */
  readonly isupport: Isupport;
  readonly listenerCaps: readonly CapWish[];
  readonly puppetCaps: readonly CapWish[];
  /** Tags without `+` that count, where the server passes on what clients write. */
  readonly serverTags: ReadonlySet<string> | undefined;
  /** Answers that say that the server has told all it tells of itself at the beginning. */
  readonly readyOn: ReadonlySet<string>;
  /** Commands that may come before that and count all the same: they wait until then. */
  readonly early: ReadonlySet<string>;
  /** Whether the server puts connections into channels that they did not ask for. */
  readonly rejoins: boolean;
  /** Whether history leaves out what was deleted, and nothing else that had a msgid. */
  readonly forgetsDeleted: boolean;
  /** Whether history has such a line. */
  readonly isFiled: (line: Pick<IrcLine, 'command' | 'source'>) => boolean;
  /** Whether a ban takes people out of a channel for good, who are then no longer in its room. */
  readonly bansRemove: boolean;
  /** Whether a line goes on another one, where a connection cannot take messages of several lines; undefined where nothing tells. */
  readonly continues: Continues | undefined;
  /** Whether nobody may be let into a room before it is known what keeps people out of its channel. */
  readonly hasWalls: boolean;
  /** What of its channels' modes concerns their rooms. */
  readonly walls: Pick<ChannelWallsTools, 'walls' | 'hasPolicies' | 'settleMs'>;
  readonly introduceBot: (config: NetworkConfig, nowMs: number) => Promise<Result<Introduction>>;
  readonly introducePerson: (config: NetworkConfig, newcomer: Newcomer, nowMs: number) => Promise<Result<Introduction>>;
  /** A sentence about how the bot stands, where that is less than it could be. */
  readonly standing: (account: string | null) => string | undefined;
  /** Who said a line, by what the server itself set; undefined where no person did. @param replayed from the server's history */
  readonly sourceOf: (line: IrcLine, isupport: Isupport, replayed?: boolean) => NetworkSource | undefined;
  /** Who somebody is by what they last said, where lists of names do not tell. */
  readonly knownAs: (nick: string) => Pick<RosterEntry, 'account' | 'origin'> | undefined;
  /** What it says of an account where a line says nothing: null, that there is none; undefined, nothing. */
  readonly untold: null | undefined;
  /** When a line without a time was said, milliseconds since 1970; undefined where nothing tells. */
  readonly idTimeMs: (msgid: string) => number | undefined;
  /** What a connection says first, once it is let in. */
  readonly onReady: (link: Link) => void;
  readonly tags: TagReader;
  readonly gestures: GestureMaker;
  readonly throttle: (pacing: Pacing) => Throttle;
  /** Ids that we give to our own messages, where the server takes them: the same one is never taken twice. */
  readonly mint?: Mint;
};

/** What tags say beside what all kinds of IRC have in common. */
export type TagReader = {
  /** msgid of the first version of the message whose text a line replaces; only where the server sees to who may. */
  readonly edits: (tags: Tags) => string | undefined;
  /** msgid of the message that a TAGMSG deletes; likewise. */
  readonly deletes: (tags: Tags) => string | undefined;
  /** What a line pins, or takes from the pins; only where the server alone can have written it. */
  readonly pins: (line: IrcLine) => { readonly msgid: string; readonly pinned: boolean } | undefined;
  /** Tags that take a reaction back. */
  readonly unreacts: readonly string[];
  /** Reactions that history has beside a message; undefined where it says nothing of them. */
  readonly tally: (tags: Tags) => readonly Tallied[] | undefined;
  /** What a message says to people. */
  readonly text: (tags: Tags, said: Said) => Said;
  readonly facts: (tags: Tags) => Pick<NetworkMessage, 'media' | 'signature' | 'link' | 'unfinished'>;
};

type Tags = ReadonlyMap<string, string>;

export type Mint = {
  readonly tag: string;
  /** To be stored with a line before it is said. @param before what was stored with it last, which is kept as long as it is good */
  readonly stamp: (serverMs: number, before: string | undefined) => string;
  /** Whether the server still takes ids of this stamp. */
  readonly isGood: (stamp: string, serverMs: number) => boolean;
  /** @param piece names what is said: line, part and text @returns the same id for the same arguments */
  readonly id: (stamp: string, piece: string) => string;
};

export const CLASSIC: Dialect = {
  isupport: DEFAULT_ISUPPORT,
  listenerCaps: LISTENER_CAPS,
  puppetCaps: PUPPET_CAPS,
  serverTags: undefined,
  readyOn: new Set(['376', '422', 'PONG']),
  early: new Set(),
  rejoins: false,
  forgetsDeleted: false,
  isFiled: () => true,
  bansRemove: false,
  continues: undefined,
  hasWalls: false,
  walls: {
    walls: new Map([
      ['i', 'invited'],
      ['k', 'key'],
    ]),
    hasPolicies: false,
    settleMs: 400,
  },
  introduceBot,
  introducePerson: (config, { person, naming, known, isFreeAccount }, nowMs) =>
    introducePerson(config, naming, person, known, isFreeAccount, nowMs),
  standing: () => undefined,
  sourceOf: (line, isupport) => classicSource(line, isupport),
  knownAs: () => undefined,
  untold: null,
  idTimeMs: () => undefined,
  onReady: () => {},
  tags: {
    edits: () => undefined,
    deletes: () => undefined,
    pins: () => undefined,
    unreacts: ['+unreact', '+draft/unreact'],
    tally: () => undefined,
    text: (_, said) => said,
    facts: () => ({}),
  },
  gestures: CLASSIC_GESTURES,
  throttle: (pacing) => new BucketThrottle(pacing),
};

/** Ergo tells joins and modes of the past as messages of this nick, where event-playback is not negotiated. */
const HISTORY_SERVICE = 'HistServ';

/** Servers speak too: a source without address that has a dot in it, or is none at all. */
function classicSource(line: IrcLine, isupport: Isupport): NetworkSource | undefined {
  const { source } = line;
  if (source === undefined) return undefined;
  if (source.nick === HISTORY_SERVICE && (source.host === undefined || source.host === 'localhost')) return undefined;
  const bare = source.user === undefined && source.host === undefined;
  if ((bare && source.nick.includes('.')) || isChannelName(source.nick, isupport)) return undefined;
  return readNetworkSource(line, source);
}
