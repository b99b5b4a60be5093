import type { NetworkDeletion, NetworkReaction } from '../../core/events.ts';
import type { MessageKey } from '../../core/ids.ts';
import type { CatchUpTools } from './catch-up.ts';
import { askHistory } from './history-desk.ts';
import { type Perspective, type Spoken, timeOf } from './reading.ts';
import { tallied } from './tallies.ts';
import { vanished } from './vanished.ts';

/** Messages that are looked at: as many as one answer has. */
const PAGE = 500;
/** Ids are made by clocks that may be two minutes off; what is nearer to the edges of a page may lie beyond them. */
export const EDGE_MS = 130_000;

/** The newest messages of a channel, as history has them now, and what we know of that time. */
export type NewestPage = {
  readonly channel: string;
  readonly view: Perspective;
  readonly spoken: readonly Spoken[];
  /** When the oldest of them was said. */
  readonly fromMs: number;
  /** What is in the room and not deleted: {@link NetworkSink.linkedSince}. */
  readonly linked: readonly MessageKey[];
  /** What the room is about to get. */
  readonly fresh: ReadonlySet<MessageKey>;
};

/**
 * What was done to messages of before while we were away, on a server whose history has them as they are now: what is deleted is missing,
 * and who has reacted stands beside them.
 */
export async function sinceAway(
  tools: CatchUpTools,
  channel: string,
  fresh: ReadonlySet<MessageKey>,
): Promise<ReadonlyArray<NetworkDeletion | NetworkReaction>> {
  const { link, perspective, replies, sink } = tools;
  const view = perspective();
  const params = ['LATEST', channel, '*', String(PAGE)];
  const answer = await askHistory(link, replies, channel, params, tools.deadlineMs());
  if (answer.kind === 'failed' || answer.spoken.length === 0) return [];
  const { spoken } = answer;
  // Reading who said them teaches who is who: an edit of tomorrow may name nobody.
  for (const { line } of spoken) link.dialect.sourceOf(line, link.isupport, true);
  const fromMs = Math.min(...spoken.map(({ line }) => timeOf(line, view.nowMs)));
  const linked = await sink.linkedSince(channel, fromMs - EDGE_MS);
  const page = { channel, view, spoken, fromMs, linked, fresh };
  return [...vanished(tools.log, page), ...(await tallied(tools, page))];
}
