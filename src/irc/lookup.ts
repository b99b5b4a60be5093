import type { Casemapping } from '../core/irc/casemap.ts';
import { fold } from '../core/irc/casemap.ts';
import { encodeAction } from '../core/irc/ctcp.ts';
import type { LookupAnswer, OutgoingLine } from '../ports/network.ts';
import { askHistory, hasHistory } from './history-desk.ts';
import type { Listener, Session } from './listener.ts';
import type { OwnLine, OwnLines } from './own-lines.ts';
import type { PartsArrived } from './parts-arrived.ts';
import { timeOf } from './reading.ts';
import { ownTagOf } from './speech.ts';

const OVERLAP_MS = 5000;
const MAX_PAGES = 40;

export type LookupTools = {
  readonly listener: Listener;
  readonly ownLines: OwnLines;
  readonly arrived: PartsArrived;
  readonly answerMs: number;
};

/**
 * Whether lines that may have been written arrived: by history, else by what the listener saw since.
 * @param departed whether the connections that wrote them are known to be gone, so that nothing of theirs is still to come
 */
export async function lookUp(
  tools: LookupTools,
  channel: string,
  lines: readonly OutgoingLine[],
  sinceMs: number,
  departed: boolean,
): Promise<ReadonlyMap<string, LookupAnswer>> {
  const { session } = tools.listener;
  const isTold = session !== undefined && hasHistory(session.link);
  const told = isTold ? await ask(tools, session, channel, sinceMs) : undefined;
  const seen = tools.ownLines.since(sinceMs);
  // History knows what was seen too, and counting equal texts twice would prove too much.
  const evidence = told ?? seen.lines;
  const isComplete = told !== undefined || (seen.complete && departed);
  const mapping = session?.link.isupport.casemapping ?? 'rfc1459';
  return judge(tools, channel, lines, evidence, isComplete, mapping);
}

function judge(
  { arrived }: LookupTools,
  channel: string,
  lines: readonly OutgoingLine[],
  evidence: readonly OwnLine[],
  isComplete: boolean,
  mapping: Casemapping,
): ReadonlyMap<string, LookupAnswer> {
  const here = fold(channel, mapping);
  const inChannel = evidence.filter((line) => fold(line.channel, mapping) === here);
  const tags = new Set(inChannel.flatMap(({ tag }) => (tag === undefined ? [] : [tag])));
  // Equal texts are told apart by counting: each line of evidence proves one line of ours.
  const untagged = inChannel.filter(({ tag }) => tag === undefined).map(({ body }) => body);
  const answers = new Map<string, LookupAnswer>();
  for (const line of lines) {
    const found = line.parts.map((part, index) => {
      const isThere = tags.has(`${line.id}.${index}`) || takeBody(untagged, part, line);
      if (isThere) arrived.add(line.id, index, part);
      return isThere;
    });
    if (found.length > 0 && found.every(Boolean)) answers.set(line.id, 'arrived');
    else answers.set(line.id, isComplete ? 'absent' : 'unknown');
  }
  return answers;
}

/** The same text, as it is or with a name in front (relay). */
function takeBody(bodies: string[], part: string, { style }: OutgoingLine): boolean {
  const plain = style === 'action' ? encodeAction(part) : part;
  const exact = bodies.indexOf(plain);
  const at = exact >= 0 ? exact : bodies.findIndex((body) => part !== '' && body.endsWith(` ${part}`));
  if (at < 0) return false;
  bodies.splice(at, 1);
  return true;
}

/** @returns our lines since then, or undefined where history cannot say */
async function ask(
  { listener, answerMs }: LookupTools,
  session: Session,
  channel: string,
  sinceMs: number,
): Promise<readonly OwnLine[] | undefined> {
  const { link, replies } = session;
  const limit = link.isupport.chathistoryLimit > 0 ? Math.min(link.isupport.chathistoryLimit, 1000) : 100;
  const found = new Map<string, OwnLine>();
  let afterMs = sinceMs - OVERLAP_MS;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = ['AFTER', channel, `timestamp=${new Date(Math.max(afterMs, 0)).toISOString()}`, String(limit)];
    const answer = await askHistory(link, replies, channel, params, listener.nowMs() + answerMs);
    if (answer.kind === 'failed') return undefined;
    const times: number[] = [];
    for (const { line } of answer.spoken) {
      const { source, tags, params: words } = line;
      const atMs = timeOf(line, listener.nowMs());
      times.push(atMs);
      const account = tags.get('account');
      const isOurs =
        source !== undefined &&
        (listener.names.saidByUs(source, account) || listener.names.isOwnPrefix(source) || tags.get('account') === '');
      if (source === undefined || !isOurs) continue;
      const own = { channel: words[0] ?? '', nick: source.nick, body: words[1] ?? '', tag: ownTagOf(tags), atMs };
      found.set(tags.get('msgid') ?? `${atMs} ${source.nick} ${own.body} ${found.size}`, own);
    }
    if (answer.atEnd || times.length < limit) return [...found.values()];
    const nextMs = nextAfter(times, afterMs);
    if (nextMs === undefined) return undefined;
    afterMs = nextMs;
  }
  return undefined;
}

/** From the middle of the page, since histories in memory are not quite in order; else from its end. */
function nextAfter(times: number[], afterMs: number): number | undefined {
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length / 2)], times.at(-1)].map((ms) => (ms ?? 0) - 1).find((ms) => ms > afterMs);
}
