import { createHash } from 'node:crypto';
import type { MessageStyle, NetworkMessage, NetworkSource, NetworkTopic } from '../core/events.ts';
import { keyFromLine, keyFromMsgid, keyFromReplay, type MessageKey, type NetworkId } from '../core/ids.ts';
import type { Assembled } from '../core/irc/batch-parts.ts';
import { parseCtcp } from '../core/irc/ctcp.ts';
import { type Isupport, isChannelName, parseTarget } from '../core/irc/isupport.ts';
import type { IrcLine, Source } from '../core/irc/line.ts';
import type { OwnNames } from './identity.ts';

/** One logical line or message, never a batch. */
export type Spoken = Exclude<Assembled, { kind: 'batch' }>;

/** What the reader needs to know of the connection. */
export type Perspective = {
  readonly network: NetworkId;
  readonly names: OwnNames;
  readonly isupport: Isupport;
  /** By the server's clock. */
  readonly nowMs: number;
};

/** How a line without msgid is named. */
export type Naming =
  | { readonly kind: 'live'; readonly epoch: string; readonly number: number }
  /** `ordinal`: of how many equal ones in this answer it is (from 0). */
  | { readonly kind: 'replay'; readonly ordinal: (digest: string) => number };

const MESSAGE_COMMANDS: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE']);
/** Ergo tells joins and modes of the past as messages of this nick, where event-playback is not negotiated. */
const HISTORY_SERVICE = 'HistServ';
/** A sender's own words may be as many lines as a batch allows; each is bounded by the codec. */
const MAX_NAME_CHARS = 200;

/** Said to a channel by a person, in a way that is bridged: undefined for everything else. */
export function readMessage(spoken: Spoken, view: Perspective, naming: Naming): NetworkMessage | undefined {
  const { line } = spoken;
  const { source, params } = line;
  const [target, body] = params;
  if (!MESSAGE_COMMANDS.has(line.command) || target === undefined || body === undefined || body === '')
    return undefined;
  if (!isPerson(source, view)) return undefined;
  const { status, name } = parseTarget(target, view.isupport);
  // A line to the operators of a channel (@#c) is not for the room.
  if (status !== '' || !isChannelName(name, view.isupport)) return undefined;
  const said = readBody(line.command, spoken.kind === 'multiline' ? spoken.lines : [body]);
  if (said === undefined) return undefined;
  const timeMs = timeOf(line, view.nowMs);
  const account = accountOf(line);
  return {
    kind: 'message',
    network: view.network,
    channel: name,
    key: nameLine(line, naming, timeMs),
    timeMs,
    replayed: naming.kind === 'replay',
    source: networkSource(source, account),
    own: naming.kind === 'replay' ? wasOurs(source, account, view) : isOurs(line, source, account, view),
    style: said.style,
    lines: said.lines,
  };
}

/** A live TOPIC; replays and the 332 of a join are no news. */
export function readTopic(line: IrcLine, view: Perspective, naming: Naming): NetworkTopic | undefined {
  const { source, params } = line;
  const [channel, topic] = params;
  if (channel === undefined || topic === undefined || source === undefined) return undefined;
  const timeMs = timeOf(line, view.nowMs);
  const account = accountOf(line);
  return {
    kind: 'topic',
    network: view.network,
    channel,
    key: nameLine(line, naming, timeMs),
    timeMs,
    replayed: false,
    source: networkSource(source, account),
    own: view.names.saidByUs(source, account),
    topic,
  };
}

/** When the server says it was said, else now. A time that is none, or far ahead, counts as now. */
export function timeOf({ tags }: IrcLine, nowMs: number): number {
  const time = tags.get('time');
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isFinite(parsed) && parsed > 0 && parsed < nowMs + 86_400_000 ? parsed : nowMs;
}

export function nameLine(line: IrcLine, naming: Naming, timeMs: number): MessageKey {
  const msgid = line.tags.get('msgid');
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

function networkSource({ nick, user, host }: Source, account: string | null | undefined): NetworkSource {
  return {
    nick: nick.slice(0, MAX_NAME_CHARS),
    ...(user !== undefined && { user: user.slice(0, MAX_NAME_CHARS) }),
    ...(host !== undefined && { host: host.slice(0, MAX_NAME_CHARS) }),
    ...(account !== undefined && { account: account === null ? null : account.slice(0, MAX_NAME_CHARS) }),
  };
}

/** Servers speak too: a source without address that has a dot in it, or is none at all. */
function isPerson(source: Source | undefined, { isupport }: Perspective): source is Source {
  if (source === undefined) return false;
  if (source.nick === HISTORY_SERVICE && (source.host === undefined || source.host === 'localhost')) return false;
  const bare = source.user === undefined && source.host === undefined;
  return !(bare && source.nick.includes('.')) && !isChannelName(source.nick, isupport);
}

/** Live: by who holds the nick now, by account, or as a relayed line that names us. */
function isOurs(line: IrcLine, source: Source, account: string | null | undefined, view: Perspective): boolean {
  const relayer = line.tags.get('draft/relaymsg') ?? line.tags.get('relaymsg');
  if (relayer !== undefined) return view.names.ownerOf(relayer) !== undefined;
  return view.names.saidByUs(source, account);
}

/** In history nicks prove nothing: they may have been another's then. */
function wasOurs(source: Source, account: string | null | undefined, { names }: Perspective): boolean {
  return names.isOwnAccount(account) || names.isOwnPrefix(source);
}

function readBody(
  command: string,
  lines: readonly string[],
): { readonly style: MessageStyle; readonly lines: readonly string[] } | undefined {
  const ctcp = parseCtcp(lines[0] ?? '');
  if (ctcp === undefined) return { style: command === 'NOTICE' ? 'notice' : 'text', lines };
  return ctcp.command === 'ACTION' && command === 'PRIVMSG' ? { style: 'action', lines: [ctcp.args] } : undefined;
}
