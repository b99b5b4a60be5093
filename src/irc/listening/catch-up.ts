import type { NetworkDeletion, NetworkGap, NetworkMessage, NetworkReaction } from '../../core/events.ts';
import { keyFromReplay, type MessageKey } from '../../core/ids.ts';
import {
  catchUpParams,
  catchUpRules,
  type HistoryItem,
  startCatchUp,
  takeHistoryPage,
} from '../../core/irc/history.ts';
import { mayBeForgotten } from '../../core/kept-keys.ts';
import type { Failpoint } from '../../ports/failpoint.ts';
import type { Log } from '../../ports/log.ts';
import type { NetworkSink, ResumePoint } from '../../ports/network.ts';
import type { Link } from '../wire/link.ts';
import type { Replies } from '../wire/replies.ts';
import { withoutDrafts } from './drafts.ts';
import { askHistory, hasHistory } from './history-desk.ts';
import { digestOf, type Perspective, readMessage, type Spoken, timeOf } from './reading.ts';
import { sinceAway } from './since-away.ts';

export type CatchUpTools = {
  readonly link: Link;
  readonly replies: Replies;
  readonly sink: Pick<NetworkSink, 'knownKeys' | 'linkedSince'>;
  readonly log: Log;
  readonly failpoint: Failpoint;
  readonly perspective: () => Perspective;
  /** Until when an answer to a question asked now has to come, by our clock. */
  readonly deadlineMs: () => number;
  /** Most lines to fetch for one channel. */
  readonly maxLines: number;
  /** What the server replayed of itself since we joined. */
  readonly replayed: () => readonly Spoken[];
};

export type Caught = {
  /** What was said, oldest first; what could not be had, as a gap in its place. */
  readonly events: ReadonlyArray<NetworkMessage | NetworkDeletion | NetworkReaction | NetworkGap>;
  /** Every key that history showed, known ones too. */
  readonly keys: ReadonlySet<MessageKey>;
};

type Item = HistoryItem & { readonly key: MessageKey; readonly message: NetworkMessage };

/**
 * What was said in a channel since a known point, from the server's history, by the recipe of core/irc/history. Where history is missing,
 * or does not reach back, a gap says so.
 * @param heardMs up to when we were there to hear, by the server's clock; undefined where nobody noted it
 * @returns undefined when the connection ended meanwhile: the next one begins anew
 */
export async function catchUp(
  tools: CatchUpTools,
  channel: string,
  last: ResumePoint,
  heardMs: number | undefined,
): Promise<Caught | undefined> {
  const { link, log } = tools;
  const nowMs = tools.perspective().nowMs;
  const resume = {
    ...last,
    timeMs: Math.min(last.timeMs, (heardMs ?? nowMs) + CLOCKS_DIFFER_MS, nowMs + CLOCKS_DIFFER_MS),
  };
  const awayFromMs = Math.max(heardMs ?? 0, resume.timeMs);
  const gap = gapMaker(tools, channel, resume);
  if (!hasHistory(link)) return await fromReplay(tools, resume, awayFromMs, gap);

  const base = catchUpRules(link.isupport.chathistoryLimit, link.isupport.msgRefTypes);
  const rules = { ...base, maxPages: Math.max(Math.ceil((2 * tools.maxLines) / base.pageSize), 1) };
  const items: Item[] = [];
  const keys = new Set<MessageKey>();
  let state = startCatchUp(resume.timeMs, rules, Math.min(heardMs ?? nowMs, nowMs));
  for (;;) {
    const page = await askPage(tools, channel, catchUpParams(channel, state));
    if (!link.ready) return undefined;
    if (page.kind === 'failed') {
      log.warn('The IRC server did not give the history of a channel.', { channel, why: page.why });
      return { events: [...inOrder(items), gap(latest(items, awayFromMs), nowMs)], keys };
    }
    const known = await knownOf(tools, page.items, resume);
    for (const { key } of page.items) keys.add(key);
    const step = takeHistoryPage(state, page, (key) => known.has(key as MessageKey), nowMs);
    items.push(...step.fresh);
    tools.failpoint('during-history');
    if (step.next.kind === 'page' && items.length < tools.maxLines) {
      state = step.next.catchUp;
      continue;
    }
    const { gap: lost, cutAtMs } = step.next.kind === 'end' ? step.next : UNPROVEN;
    const cutMs = step.next.kind === 'page' ? latest(items, awayFromMs) : cutAtMs;
    const after = cutMs === undefined ? [] : [gap(cutMs, nowMs)];
    const isLost = lost !== undefined && !(await reachesBack(tools, channel, resume));
    if (!link.ready) return undefined;
    const before = isLost ? [gap(Math.min(awayFromMs, lost.toMs), lost.toMs)] : [];
    const changed = link.dialect.forgetsDeleted
      ? await sinceAway(tools, channel, new Set(items.map(({ key }) => key)))
      : [];
    if (!link.ready) return undefined;
    return { events: [...before, ...inOrder(items), ...changed, ...after], keys };
  }
}

/**
 * A line has the time of the server that its author is on, which may be far ahead: what was said after it has earlier times. By more than
 * this no line we know can be newer than what we heard.
 */
const CLOCKS_DIFFER_MS = 60_000;

type GapMaker = (fromMs: number, toMs: number) => NetworkGap;

/** The key names the last line before and the beginning of the silence: the same gap found twice is told once. */
function gapMaker(tools: CatchUpTools, channel: string, resume: ResumePoint): GapMaker {
  return (fromMs, toMs) => ({
    kind: 'gap',
    network: tools.perspective().network,
    channel,
    key: keyFromReplay(digestOf('gap', channel, resume.key, String(fromMs)), 0),
    timeMs: toMs,
    replayed: true,
    // Two clocks took part: theirs in the lines, ours in what was noted.
    fromMs: Math.min(fromMs, toMs),
    toMs,
  });
}

/** A server that cannot be asked may tell by itself (InspIRCd +H, ZNC): right after the join, so before the answer to a PING. */
async function fromReplay(
  tools: CatchUpTools,
  resume: ResumePoint,
  awayFromMs: number,
  gap: GapMaker,
): Promise<Caught | undefined> {
  const { link, replies } = tools;
  const token = `replay-${link.lineNumber}`;
  link.send({ command: 'PING', params: [token] });
  await replies.expect(tools.deadlineMs(), (item) =>
    item.kind === 'line' && item.line.command === 'PONG' && item.line.params.at(-1) === token ? token : undefined,
  );
  if (!link.ready) return undefined;
  const view = tools.perspective();
  const items = readReplay(tools.replayed(), view);
  const known = await knownOf(tools, items, resume);
  const keys = new Set(items.map(({ key }) => key));
  const news = items.filter((item) => !known.has(item.key) && isNews(item, resume));
  const oldestMs = items.reduce((oldest, { timeMs }) => Math.min(oldest, timeMs), view.nowMs);
  const reachesKnown = items.some(({ key }) => known.has(key));
  const before = reachesKnown ? [] : [gap(Math.min(awayFromMs, oldestMs), Math.max(oldestMs, awayFromMs))];
  return { events: [...before, ...inOrder(news)], keys };
}

/** Replayed times may be whole seconds (InspIRCd); a msgid tells for sure what is known, so it may be a little older. */
const REPLAY_SLACK_MS = 5000;

/** Whether an unknown replayed line was said after what we know. What was said before we ever came is not ours to tell. */
export const isNews = ({ key, timeMs }: HistoryItem, resume: ResumePoint): boolean =>
  timeMs > resume.timeMs - (key.startsWith('m:') ? REPLAY_SLACK_MS : 0);

/** Fetching was ended by us, before the recipe could say anything about the beginning. */
const UNPROVEN = { gap: undefined, cutAtMs: undefined } as const;

type Page =
  | {
      readonly kind: 'page';
      /** Messages of people. */
      readonly items: readonly Item[];
      /** Times of everything that counts against the server's limit. */
      readonly timesMs: readonly number[];
      readonly atEnd: boolean;
      readonly lastMsgid: string | undefined;
    }
  | { readonly kind: 'failed'; readonly why: string };

async function askPage(tools: CatchUpTools, channel: string, params: readonly string[]): Promise<Page> {
  const { link, replies } = tools;
  const answer = await askHistory(link, replies, channel, params, tools.deadlineMs());
  if (answer.kind === 'failed') return answer;
  // Lines that only accompany another do not count towards the limit.
  const counted = answer.spoken.filter(({ line }) => !line.tags.has('draft/chathistory-context'));
  const view = tools.perspective();
  return {
    kind: 'page',
    items: readReplay(answer.spoken, view),
    timesMs: counted.map(({ line }) => timeOf(line, view.nowMs)),
    atEnd: answer.atEnd,
    lastMsgid: counted.at(-1)?.line.tags.get('msgid'),
  };
}

/** Lines of a history answer or of a replay on joining, with their keys. */
function readReplay(spoken: readonly Spoken[], view: Perspective): readonly Item[] {
  const equals = new Map<string, number>();
  const ordinal = (digest: string) => {
    const count = equals.get(digest) ?? 0;
    equals.set(digest, count + 1);
    return count;
  };
  return spoken.flatMap((one) => {
    const message = readMessage(one, view, { kind: 'replay', ordinal });
    return message === undefined ? [] : [{ key: message.key, timeMs: message.timeMs, message }];
  });
}

/**
 * Whether history knows anything of before the point where we were: then nothing was lost, and what we knew was taken out
 * of it since, or never was a message.
 */
async function reachesBack(tools: CatchUpTools, channel: string, resume: ResumePoint): Promise<boolean> {
  const params = ['BEFORE', channel, `timestamp=${new Date(resume.timeMs).toISOString()}`, '1'];
  const page = await askPage(tools, channel, params);
  return page.kind === 'page' && page.timesMs.length > 0;
}

/** Of what was said in a quiet channel up to where we were, the keys may be forgotten. */
async function knownOf(
  { sink, perspective }: CatchUpTools,
  items: readonly Item[],
  resume: ResumePoint,
): Promise<ReadonlySet<MessageKey>> {
  if (items.length === 0) return new Set();
  const { nowMs } = perspective();
  const forgotten = items.filter(({ timeMs }) => timeMs <= resume.timeMs && mayBeForgotten(timeMs, nowMs));
  const { received, sent } = await sink.knownKeys(items.map(({ key }) => key));
  return new Set([...received, ...sent, ...forgotten.map(({ key }) => key), resume.key]);
}

/** By time, and as the server gave them within a millisecond. */
function inOrder(items: readonly Item[]): readonly NetworkMessage[] {
  return withoutDrafts(items.toSorted((a, b) => a.timeMs - b.timeMs).map(({ message }) => message));
}

const latest = (items: readonly Item[], otherwise: number): number =>
  items.reduce((newest, { timeMs }) => Math.max(newest, timeMs), otherwise);
