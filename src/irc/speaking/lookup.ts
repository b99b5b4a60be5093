import { keyFromMsgid } from '../../core/ids.ts';
import type { Casemapping } from '../../core/irc/casemap.ts';
import { fold } from '../../core/irc/casemap.ts';
import { encodeAction } from '../../core/irc/ctcp.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { joinedMultiline } from '../../core/irc/multiline.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LookupAnswer, NetworkSink, OutgoingLine } from '../../ports/network.ts';
import { askHistory, hasHistory } from '../listening/history-desk.ts';
import type { Listener } from '../listening/listener.ts';
import { type Perspective, timeOf } from '../listening/reading.ts';
import type { Session } from '../session.ts';
import type { Attempts } from './attempts.ts';
import type { OwnLine, OwnLines } from './own-lines.ts';
import { ownTagOf, partId } from './speech.ts';

const OVERLAP_MS = 5000;
const MAX_PAGES = 40;
const CHECK_MS = 100;
const DEPARTURE_CHECK_MS = 50;

export type LookupTools = {
  readonly listener: Listener;
  readonly ownLines: OwnLines;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly answerMs: number;
  readonly departureMs: number;
  readonly sink: Pick<NetworkSink, 'knownKeys'>;
  /** Whether a nick or an account is that of the person in question, or of the bot that may have spoken for them. */
  readonly isTheirs: (nick: string, account: string | undefined) => boolean;
  /** Whether the connections that wrote the lines are known to be gone, so that nothing of theirs is still to come. */
  readonly hasDeparted: () => boolean;
};

/**
 * Whether lines that may have been written arrived: by history, else by what the listener saw since. While the network is away it
 * waits: an answer without asking would be a guess.
 */
export async function lookUp(
  tools: LookupTools,
  channel: string,
  lines: readonly OutgoingLine[],
  sinceMs: number,
): Promise<ReadonlyMap<string, LookupAnswer>> {
  const { attempts, listener, ownLines } = tools;
  const fromMs = Math.min(...lines.map(({ id }) => attempts.writtenSince(id, sinceMs)));
  await departed(tools);
  for (;;) {
    const session = await inChannel(tools, channel);
    if (session === undefined) return new Map();
    const told = hasHistory(session.link) ? await ask(tools, session, channel, fromMs) : undefined;
    if (listener.session !== session) continue;
    const seen = ownLines.since(fromMs);
    // History knows what was seen too, and counting equal texts twice would prove too much.
    const evidence = told ?? seen.lines;
    const isComplete = told !== undefined || (seen.complete && tools.hasDeparted());
    return judge(tools, channel, lines, evidence, isComplete, session.link.isupport.casemapping);
  }
}

/**
 * A connection that ended may have left lines behind that the server still works off: its QUIT comes after them. Where
 * the listener cannot see it go, this does not wait for long.
 */
async function departed({ clock, departureMs, hasDeparted, listener }: LookupTools): Promise<void> {
  const untilMs = clock.nowMs() + departureMs;
  while (!hasDeparted() && listener.session !== undefined && clock.nowMs() < untilMs) {
    await new Promise<void>((resolve) => void clock.after(DEPARTURE_CHECK_MS, resolve));
  }
}

/** The listener's connection once it is in the channel, or is kept out of it; undefined after the end of everything. */
async function inChannel({ listener, clock }: LookupTools, channel: string): Promise<Session | undefined> {
  while (!listener.stopped) {
    const state = listener.joins.get(channel)?.state ?? 'barred';
    if (listener.session !== undefined && (state === 'joined' || state === 'barred')) return listener.session;
    await new Promise<void>((resolve) => void clock.after(CHECK_MS, resolve));
  }
  return undefined;
}

function judge(
  { attempts, isTheirs }: LookupTools,
  channel: string,
  lines: readonly OutgoingLine[],
  evidence: readonly OwnLine[],
  isComplete: boolean,
  mapping: Casemapping,
): ReadonlyMap<string, LookupAnswer> {
  const here = fold(channel, mapping);
  const inChannel = evidence.filter((line) => fold(line.channel, mapping) === here);
  const tags = new Map(inChannel.flatMap((line) => (line.tag === undefined ? [] : [[line.tag, line] as const])));
  // Equal texts are told apart by counting: each line of evidence proves one line of ours.
  const untagged = inChannel.filter(({ tag, nick, account }) => tag === undefined && isTheirs(nick, account));
  const answers = new Map<string, LookupAnswer>();
  for (const line of lines) {
    for (const [id, words] of attempts.inDoubt(line.id)) {
      const said = tags.has(id) ? undefined : takeOne(untagged, words);
      if (said !== undefined) tags.set(id, said);
    }
    const found = line.parts.map((part, index) => {
      const id = partId(line.id, index);
      const pieces = piecesIn(tags.keys(), id);
      for (const piece of pieces.seen) attempts.arrived(line.id, piece, part);
      const proof =
        tags.get(id) ?? (pieces.isWhole ? tags.get(pieces.seen[0] ?? '') : undefined) ?? takeBody(untagged, part, line);
      if (proof !== undefined) attempts.arrived(line.id, id, part);
      return proof;
    });
    const keys = found.flatMap((proof) => (proof?.msgid === undefined ? [] : [keyFromMsgid(proof.msgid)]));
    if (found.length > 0 && found.every((proof) => proof !== undefined)) answers.set(line.id, { keys });
    else answers.set(line.id, isComplete ? 'absent' : 'unknown');
  }
  return answers;
}

/** What was seen of a part that was said in pieces: all of it only where each piece of one way to split it is there. */
function piecesIn(tags: Iterable<string>, id: string): { readonly seen: readonly string[]; readonly isWhole: boolean } {
  const seen: string[] = [];
  const left = new Map<string, number>();
  for (const tag of tags) {
    const [, of, count] = (tag.startsWith(`${id}+`) && PIECE.exec(tag.slice(id.length))) || [];
    if (of === undefined) continue;
    seen.push(tag);
    left.set(of, (left.get(of) ?? Number(count)) - 1);
  }
  return { seen, isWhole: [...left.values()].some((missing) => missing === 0) };
}

/** See {@link Utterance.id} in speech. */
const PIECE = /^\+\d+\/((\d+)\/\d+)$/;

function takeOne(lines: OwnLine[], words: string): OwnLine | undefined {
  const at = lines.findIndex(({ body }) => body === words);
  return at < 0 ? undefined : lines.splice(at, 1)[0];
}

/** The same text, as it is or with a name in front (relay). */
function takeBody(lines: OwnLine[], given: string, { style }: OutgoingLine): OwnLine | undefined {
  const part = joinedMultiline(given);
  const plain = style === 'action' ? encodeAction(part) : part;
  const exact = lines.findIndex(({ body }) => body === plain);
  const at = exact >= 0 ? exact : lines.findIndex(({ body }) => part !== '' && body.endsWith(` ${part}`));
  return at < 0 ? undefined : lines.splice(at, 1)[0];
}

/** @returns our lines since then, or undefined where history cannot say */
async function ask(
  { listener, sink, answerMs }: LookupTools,
  session: Session,
  channel: string,
  sinceMs: number,
): Promise<readonly OwnLine[] | undefined> {
  const { link, replies } = session;
  const limit = link.isupport.chathistoryLimit > 0 ? Math.min(link.isupport.chathistoryLimit, 1000) : 100;
  const found = new Map<string, OwnLine>();
  const shown = new Set<string>();
  let afterMs = sinceMs + session.aheadMs - OVERLAP_MS;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = ['AFTER', channel, `timestamp=${new Date(Math.max(afterMs, 0)).toISOString()}`, String(limit)];
    const answer = await askHistory(link, replies, channel, params, listener.nowMs() + answerMs);
    if (answer.kind === 'failed') return undefined;
    const times = answer.spoken.map(({ line }) => timeOf(line, listener.nowMs() + session.aheadMs));
    for (const [index, { line }] of answer.spoken.entries()) {
      const own = readOwn(line, listener.perspective(session), times[index] ?? 0);
      if (own !== undefined) found.set(line.tags.get('msgid') ?? `- ${found.size}`, own);
    }
    const before = shown.size;
    for (const { line } of answer.spoken) shown.add(nameOf(line));
    const isShort = times.length < limit;
    // A short page is no end where it brings anything: servers leave out after they counted.
    if (answer.atEnd || (isShort && shown.size === before)) return await unclaimed(sink, found);
    const nextMs = nextAfter(times, afterMs);
    if (nextMs === undefined) return isShort ? await unclaimed(sink, found) : undefined;
    afterMs = nextMs;
  }
  return undefined;
}

const nameOf = ({ tags, source, params }: IrcLine): string =>
  tags.get('msgid') ?? [tags.get('time'), source?.raw, ...params].join(' ');

/** A line of one of our own connections: by account, by address, or by nick; relayed lines of Ergo have an empty account. */
function readOwn(line: IrcLine, { dialect, isupport, names }: Perspective, atMs: number): OwnLine | undefined {
  const { tags } = line;
  const source = dialect.sourceOf(line, isupport, true);
  if (source === undefined || line.source === undefined || source.origin !== undefined) return undefined;
  const account = source.account ?? undefined;
  const isRelayed = tags.get('account') === '';
  if (!names.saidByUs(source, account) && !names.isOwnPrefix(line.source) && !isRelayed) return undefined;
  const [channel = '', body = ''] = line.params;
  const msgid = dialect.isFiled(line) ? tags.get('msgid') : undefined;
  return { channel, nick: source.nick, account, body, tag: ownTagOf(tags), msgid, atMs };
}

/** Without those that are known to be other lines of ours: they carry a tag, or were confirmed. */
async function unclaimed(sink: LookupTools['sink'], found: ReadonlyMap<string, OwnLine>): Promise<readonly OwnLine[]> {
  const untagged = [...found].flatMap(([msgid, { tag }]) => (tag === undefined ? [keyFromMsgid(msgid)] : []));
  if (untagged.length === 0) return [...found.values()];
  const { sent } = await sink.knownKeys(untagged);
  return [...found].flatMap(([msgid, line]) => (sent.has(keyFromMsgid(msgid)) ? [] : [line]));
}

/** From the middle of the page, since histories in memory are not quite in order; else from its end. */
function nextAfter(times: number[], afterMs: number): number | undefined {
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length / 2)], times.at(-1)].map((ms) => (ms ?? 0) - 1).find((ms) => ms > afterMs);
}
