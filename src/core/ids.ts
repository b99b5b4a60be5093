/**
 * The only place that makes or parses identifiers that are stored or shown to another program.
 * Everybody else treats them as opaque: changing a form here is a migration.
 */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Short name of a network from the configuration, `[a-z0-9-]+`. Part of every ghost's id. */
export type NetworkId = Brand<string, 'NetworkId'>;
/** `network/#folded-channel`: a channel of one network, folded by that network's case mapping. */
export type PortalId = Brand<string, 'PortalId'>;
/** One serial queue: a portal in one direction, or one room that is kept as it should be. */
export type LaneId = Brand<string, 'LaneId'>;
/** Names one message of a network for ever: its msgid, else connection epoch and line number. */
export type MessageKey = Brand<string, 'MessageKey'>;
/** A Matrix user id of a ghost, in our namespace. */
export type GhostId = Brand<string, 'GhostId'>;

export type Direction = 'to-matrix' | 'to-network';
/**
 * What a lane does: carries lines of a portal, tells what became of them, keeps a room or Space as it should be, or carries out policy lists in
 * a portal.
 */
export type LaneKind = Direction | 'status' | 'room' | 'policy';

export const asNetworkId = (text: string): NetworkId => text as NetworkId;

/** @param foldedChannel the channel name folded by the network's case mapping (see core/irc/casemap) */
export const makePortalId = (network: NetworkId, foldedChannel: string): PortalId =>
  `${network}/${foldedChannel}` as PortalId;

/** The network of a portal; `/` is in no network's name. */
export const networkOf = (portal: PortalId): NetworkId => portal.slice(0, portal.indexOf('/')) as NetworkId;

/**
 * A private conversation: `network/=@alice:server a/bob origin`. No channel's name begins with `=`.
 * @param host of a later bearer of a nick that nobody vouches for (`user@host`, empty where it is not known)
 */
export const makeDirectId = (
  network: NetworkId,
  userId: string,
  { kind, name, origin }: GhostSubject,
  host?: string,
): PortalId =>
  makePortalId(
    network,
    `=${userId} ${kind === 'account' ? 'a' : 'n'}/${name}${origin === undefined ? '' : ` ${origin}`}${host === undefined ? '' : ` !${host}`}`,
  );

export const isDirectId = (portal: PortalId): boolean => portal.startsWith('=', portal.indexOf('/') + 1);

export const makeLaneId = (portal: PortalId, direction: Direction): LaneId => `${direction}:${portal}` as LaneId;

/** What is said for programs of lines that went to a network: no line waits behind it. */
export const makeStatusLaneId = (portal: PortalId): LaneId => `status:${portal}` as LaneId;

/** @param resource id of the room or Space among those that we keep (core/authority/access) */
export const makeRoomLaneId = (resource: string): LaneId => `room:${resource}` as LaneId;

export const makePolicyLaneId = (portal: PortalId): LaneId => `policy:${portal}` as LaneId;

export const laneKind = (lane: LaneId): LaneKind => lane.slice(0, lane.indexOf(':')) as LaneKind;

/** What the bot says in a room that is no portal's has a lane of its own. `=` is in no network's id. */
export const makeHouseLaneId = (room: string): LaneId =>
  makeLaneId(makePortalId('=house' as NetworkId, room), 'to-matrix');

/** Of a lane that carries lines or policy lists. */
export const lanePortal = (lane: LaneId): PortalId => lane.slice(lane.indexOf(':') + 1) as PortalId;

/** Of a lane that keeps a room. */
export const laneResource = (lane: LaneId): string => lane.slice(lane.indexOf(':') + 1);

/** Key of a line that carries a msgid. A msgid is unique within its network (IRCv3 message-ids). */
export const keyFromMsgid = (msgid: string): MessageKey => `m:${msgid}` as MessageKey;

/** The msgid that {@link keyFromMsgid} was given; undefined for a key of another kind. */
export const msgidOf = (key: MessageKey): string | undefined => (key.startsWith('m:') ? key.slice(2) : undefined);

/** Key of a live line without msgid: it can only ever be seen once, on this connection. */
export const keyFromLine = (epoch: string, lineNumber: number): MessageKey => `l:${epoch}:${lineNumber}` as MessageKey;

/** Key of a line of ours to which the network gave no name: that it was said has to be known all the same. */
export const keyFromSaid = (rowKey: string): MessageKey => `s:${rowKey}` as MessageKey;

/** Key of a replayed line without msgid: what it says, when, and the how-manieth of its kind. */
export const keyFromReplay = (digest: string, ordinal: number): MessageKey => `h:${digest}:${ordinal}` as MessageKey;

/**
 * Stands for a reaction in the links between messages and events, which networks give no name of its own.
 * @param who of the network it is; undefined for a Matrix user's, whose event tells whose it is
 */
export const keyOfReaction = (target: MessageKey, emoji: string, who?: GhostSubject): MessageKey =>
  `r:${JSON.stringify([target, emoji, ...(who === undefined ? [] : [who.kind, who.name, who.origin ?? ''])])}` as MessageKey;

/** The same for somebody of whom a network says no more than what they were called when they reacted. */
export const keyOfNamedReaction = (target: MessageKey, emoji: string, nick: string): MessageKey =>
  `r:${JSON.stringify([target, emoji, NAMED, nick])}` as MessageKey;

const NAMED = 'name';

/** What a reaction is about, and of a named one by whom; undefined for the key of anything else, and where it was cut because it was very long. */
export function parseReactionKey(key: MessageKey): { target: MessageKey; emoji: string; nick?: string } | undefined {
  if (!key.startsWith('r:')) return undefined;
  try {
    const [target, emoji, kind, nick] = JSON.parse(key.slice(2)) as [MessageKey, string, string?, string?];
    return { target, emoji, ...(kind === NAMED && nick !== undefined && { nick }) };
  } catch {
    return undefined;
  }
}

/** Prefix of the localpart of everything that belongs to this bridge, bot included. */
export const GHOST_PREFIX = '_causeway_';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Lower-case, reversible form of any text within what Dendrite takes in a localpart (`a-z 0-9 _ - . / = +`):
 * upper case becomes `_` and the small letter, `_` is doubled, every other byte is `=` and two hex digits
 * (Matrix specification, appendix "Mapping from other character sets").
 */
export function escapeLocalpart(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) {
    const char = String.fromCharCode(byte);
    if (/[a-z0-9.-]/.test(char)) out += char;
    else if (char === '_') out += '__';
    else if (/[A-Z]/.test(char)) out += `_${char.toLowerCase()}`;
    else out += `=${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

/** The text that {@link escapeLocalpart} was given, or undefined where it never gave this. */
export function unescapeLocalpart(escaped: string): string | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    const char = escaped.charAt(i);
    if (/[a-z0-9.-]/.test(char)) bytes.push(char.charCodeAt(0));
    else if (char === '_') {
      const next = escaped.charAt(++i);
      if (next === '_') bytes.push(0x5f);
      else if (/[a-z]/.test(next)) bytes.push(next.toUpperCase().charCodeAt(0));
      else return undefined;
    } else if (char === '=') {
      const hex = escaped.slice(i + 1, i + 3);
      if (!/^[0-9a-f]{2}$/.test(hex)) return undefined;
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else return undefined;
  }
  try {
    const text = decoder.decode(Uint8Array.from(bytes));
    return escapeLocalpart(text) === escaped ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Whom a ghost stands for: an account where the server vouches for one, else a nick nobody vouches for. */
export type GhostSubject = {
  readonly kind: 'account' | 'nick';
  readonly name: string;
  /** Server that vouches for them, or at which the nick is theirs; absent: the one that we are connected to. */
  readonly origin?: string;
};

/** Matrix user ids may have 255 bytes; Dendrite refuses the 255th. */
const MAX_USER_ID_BYTES = 254;
/** Of a cut id, so much of the origin, escaped. */
const CUT_ORIGIN = 40;

/**
 * @param subject its name folded by the network's case mapping
 * @returns the ghost's user id; a name too long for one is cut and told apart by `digest`
 */
export function makeGhostId(
  network: NetworkId,
  subject: GhostSubject,
  server: string,
  digest: (text: string) => string,
): GhostId {
  const { name, origin } = subject;
  const isAccount = subject.kind === 'account';
  // Without a slash: Element takes a user id in a link for done where one comes.
  const made = (from: string, who: string): string => {
    const head = `${from === '' ? '' : `o+${from}+`}${isAccount ? 'a+' : ''}`;
    return `@${GHOST_PREFIX}${network}_${head}${who}:${server}`;
  };
  const escaped = escapeLocalpart(name);
  const from = origin === undefined ? '' : escapeLocalpart(origin);
  const whole = made(from, escaped);
  if (whole.length <= MAX_USER_ID_BYTES) return whole as GhostId;
  const cutFrom = from.slice(0, CUT_ORIGIN);
  const room = MAX_USER_ID_BYTES - made(cutFrom, '').length - 18;
  const told = digest(origin === undefined ? name : JSON.stringify([name, origin])).slice(0, 16);
  return made(cutFrom, `${escaped.slice(0, room)}++${told}`) as GhostId;
}

/** Network and subject of a ghost id of this server; undefined for anybody else's id, the bot's and cut ones. */
export function parseGhostId(
  userId: string,
  server: string,
): { network: NetworkId; subject: GhostSubject } | undefined {
  const match = /^@_causeway_([a-z0-9-]+)_(?:o\+([^:+/]+)\+)?(a\+)?([^:+/]*)$/.exec(
    userId.endsWith(`:${server}`) ? userId.slice(0, -server.length - 1) : '',
  );
  if (match === null) return undefined;
  const [, network, from, account, escaped = ''] = match;
  const name = unescapeLocalpart(escaped);
  const origin = from === undefined ? undefined : unescapeLocalpart(from);
  if (name === undefined || name === '' || (from !== undefined && origin === undefined)) return undefined;
  const subject: GhostSubject = { kind: account === undefined ? 'nick' : 'account', name };
  return { network: network as NetworkId, subject: origin === undefined ? subject : { ...subject, origin } };
}

/** The bot's localpart; the registration's `sender_localpart`. */
export const BOT_LOCALPART = `${GHOST_PREFIX}bot`;
