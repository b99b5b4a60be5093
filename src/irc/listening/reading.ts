import { createHash } from 'node:crypto';
import type { MessageStyle, NetworkMessage, NetworkSource, NetworkTopic } from '../../core/events.ts';
import { keyFromLine, keyFromMsgid, keyFromReplay, type MessageKey, type NetworkId } from '../../core/ids.ts';
import type { Assembled } from '../../core/irc/batch-parts.ts';
import { parseCtcp } from '../../core/irc/ctcp.ts';
import { type Isupport, isChannelName, parseTarget } from '../../core/irc/isupport.ts';
import type { IrcLine, Source } from '../../core/irc/line.ts';
import type { Dialect } from '../dialect.ts';
import type { OwnNames } from '../identity.ts';
import { repliedTo } from './reading-gestures.ts';

/** One logical line or message, never a batch. */
export type Spoken = Exclude<Assembled, { kind: 'batch' }>;

/** What the reader needs to know of the connection. */
export type Perspective = {
  readonly network: NetworkId;
  readonly names: OwnNames;
  readonly isupport: Isupport;
  readonly dialect: Dialect;
  /** By the server's clock. */
  readonly nowMs: number;
};

/** How a line without msgid is named. */
export type Naming =
  | { readonly kind: 'live'; readonly epoch: string; readonly number: number }
  /** `ordinal`: of how many equal ones in this answer it is (from 0). */
  | { readonly kind: 'replay'; readonly ordinal: (digest: string) => number };

const MESSAGE_COMMANDS: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE']);
/** A sender's own words may be as many lines as a batch allows; each is bounded by the codec. */
const MAX_NAME_CHARS = 200;

/** Said to a channel by a person, in a way that is bridged: undefined for everything else. */
export function readMessage(spoken: Spoken, view: Perspective, naming: Naming): NetworkMessage | undefined {
  const { line } = spoken;
  const [target, body] = line.params;
  if (!MESSAGE_COMMANDS.has(line.command) || target === undefined || body === undefined || body === '')
    return undefined;
  const source = view.dialect.sourceOf(line, view.isupport, naming.kind === 'replay');
  if (source === undefined || line.source === undefined) return undefined;
  const { status, name } = parseTarget(target, view.isupport);
  // A line to the operators of a channel (@#c) is not for the room.
  if (status !== '' || !isChannelName(name, view.isupport)) return undefined;
  const { tags } = view.dialect;
  const said = readBody(line.command, spoken.kind === 'multiline' ? spoken.lines : [body]);
  if (said === undefined) return undefined;
  const timeMs = whenSaid(line, view);
  const replyTo = repliedTo(line.tags);
  const edited = tags.edits(line.tags);
  return {
    kind: 'message',
    network: view.network,
    channel: name,
    key: nameLine(line, naming, timeMs, view.dialect.isFiled(line)),
    timeMs,
    replayed: naming.kind === 'replay',
    source,
    own: naming.kind === 'replay' ? wasOurs(line.source, source, view) : isOurs(line, source, view),
    ...tags.text(line.tags, said),
    ...tags.facts(line.tags),
    ...(edited !== undefined && { edits: keyFromMsgid(edited) }),
    ...(replyTo !== undefined && { replyTo }),
  };
}

/** Who does something live in a channel, as its server says; undefined for servers, and for what is not for the whole channel. */
export function readSpeaker(
  line: IrcLine,
  view: Perspective,
): { readonly channel: string; readonly source: NetworkSource; readonly own: boolean } | undefined {
  const source = view.dialect.sourceOf(line, view.isupport);
  const { status, name } = parseTarget(line.params[0] ?? '', view.isupport);
  if (source === undefined || status !== '' || !isChannelName(name, view.isupport)) return undefined;
  return { channel: name, source, own: isOurs(line, source, view) };
}

/** A live TOPIC. */
export function readTopic(line: IrcLine, view: Perspective, naming: Naming): NetworkTopic | undefined {
  const [channel, topic] = line.params;
  if (channel === undefined || topic === undefined || line.source === undefined) return undefined;
  // A server sets topics, too.
  const source = view.dialect.sourceOf(line, view.isupport) ?? readNetworkSource(line, line.source);
  const timeMs = whenSaid(line, view);
  return {
    kind: 'topic',
    network: view.network,
    channel,
    key: nameLine(line, naming, timeMs, view.dialect.isFiled(line)),
    timeMs,
    replayed: false,
    source,
    own: saidByUs(source, view),
    topic,
  };
}

/** The topic that a channel has as we come in (332). One without a topic sends none, and a server that was restarted has forgotten it: nobody took it away. */
export function readStandingTopic(line: IrcLine, view: Perspective, naming: Naming): NetworkTopic | undefined {
  const [, channel, topic] = line.params;
  if (channel === undefined || topic === undefined || topic === '' || line.source === undefined) return undefined;
  const timeMs = whenSaid(line, view);
  return {
    kind: 'topic',
    network: view.network,
    channel,
    key: nameLine(line, naming, timeMs, false),
    timeMs,
    replayed: false,
    // Who set it is another line, which says a nick that may be anybody's by now.
    source: readNetworkSource(line, line.source),
    own: false,
    topic,
    standing: true,
  };
}

/** When the server says it was said, else now. A time that is none, or far ahead, counts as now. */
export function timeOf({ tags }: IrcLine, nowMs: number): number {
  const time = tags.get('time');
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isFinite(parsed) && parsed > 0 && parsed < nowMs + 86_400_000 ? parsed : nowMs;
}

/** @param isFiled whether its msgid is one by which it is found again */
export function nameLine(line: IrcLine, naming: Naming, timeMs: number, isFiled = true): MessageKey {
  const msgid = isFiled ? line.tags.get('msgid') : undefined;
  if (msgid) return keyFromMsgid(msgid);
  if (naming.kind === 'live') return keyFromLine(naming.epoch, naming.number);
  const digest = digestOf(line.command, line.source?.raw ?? '', String(timeMs), ...line.params);
  return keyFromReplay(digest, naming.ordinal(digest));
}

export const digestOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22);

/** Null where the server says that there is no account: it vouches for others by the same tag. */
function accountOf({ tags }: IrcLine): string | null | undefined {
  const account = tags.get('account');
  return account === '' || account === '*' ? null : account;
}

/** The source of a line of a server that lets nobody but itself set `account`. */
export function readNetworkSource(line: IrcLine, { nick, user, host }: Source): NetworkSource {
  const account = accountOf(line);
  return {
    nick: nick.slice(0, MAX_NAME_CHARS),
    ...(user !== undefined && { user: user.slice(0, MAX_NAME_CHARS) }),
    ...(host !== undefined && { host: host.slice(0, MAX_NAME_CHARS) }),
    ...(account !== undefined && { account: account === null ? null : account.slice(0, MAX_NAME_CHARS) }),
  };
}

/** When it was said: by the server's word, else by what its id tells, else now. */
export function whenSaid(line: IrcLine, { dialect, nowMs }: Pick<Perspective, 'dialect' | 'nowMs'>): number {
  const idMs = line.tags.has('time') ? undefined : dialect.idTimeMs(line.tags.get('msgid') ?? '');
  // An id may be made by a clock that is ahead: what lies before the newest line counts as known.
  return idMs === undefined ? timeOf(line, nowMs) : Math.min(idMs, nowMs);
}

/** Whether our own connection said a live line. Somebody of another server may have our nick. */
const saidByUs = (source: NetworkSource, { names }: Perspective): boolean =>
  source.origin === undefined && names.saidByUs(source, source.account);

/** Live: by who holds the nick now, by account, or as a relayed line that names us. */
function isOurs(line: IrcLine, source: NetworkSource, view: Perspective): boolean {
  const relayer = line.tags.get('draft/relaymsg') ?? line.tags.get('relaymsg');
  if (relayer !== undefined) return view.names.ownerOf(relayer) !== undefined;
  return saidByUs(source, view);
}

/** In history nicks prove nothing: they may have been another's then. */
function wasOurs(raw: Source, { account, origin }: NetworkSource, { names }: Perspective): boolean {
  return origin === undefined && (names.isOwnAccount(account) || names.isOwnPrefix(raw));
}

/** What was said of a message's body, and how; undefined for what programs ask each other (CTCP). */
export function readBody(
  command: string,
  lines: readonly string[],
): { readonly style: MessageStyle; readonly lines: readonly string[] } | undefined {
  const ctcp = parseCtcp(lines[0] ?? '');
  if (ctcp === undefined) return { style: command === 'NOTICE' ? 'notice' : 'text', lines };
  return ctcp.command === 'ACTION' && command === 'PRIVMSG' ? { style: 'action', lines: [ctcp.args] } : undefined;
}
