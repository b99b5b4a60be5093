import type { NetworkDeletion } from '../../core/events.ts';
import { isUlid, ulidTimeMs } from '../../core/freeq/ulid.ts';
import { keyFromReplay, type MessageKey, msgidOf } from '../../core/ids.ts';
import type { CatchUpTools } from './catch-up.ts';
import { askHistory } from './history-desk.ts';
import { digestOf, timeOf } from './reading.ts';

/** Messages that are looked at: as many as one answer has. */
const PAGE = 500;
/** Ids are made by clocks that may be two minutes off; what is nearer to the edges of a page may lie beyond them. */
const EDGE_MS = 130_000;
const FRESH_MS = 15_000;
/** Of a server that lost its history everything is missing: that is no reason to take anything away. */
const MAX_MISSING = 25;

/**
 * What was deleted while we were away, on a server whose history leaves out what is deleted: messages that we know, lie within what it
 * remembers, and are not in it.
 */
export async function vanished(tools: CatchUpTools, channel: string): Promise<readonly NetworkDeletion[]> {
  const { link, log, perspective, replies, sink } = tools;
  const { network, nowMs } = perspective();
  const params = ['LATEST', channel, '*', String(PAGE)];
  const answer = await askHistory(link, replies, channel, params, tools.deadlineMs());
  if (answer.kind === 'failed' || answer.spoken.length === 0) return [];
  // Reading who said them teaches who is who: an edit of tomorrow may name nobody.
  for (const { line } of answer.spoken) link.dialect.sourceOf(line, link.isupport, true);
  const there = new Set(answer.spoken.map(({ line }) => line.tags.get('msgid')));
  const fromMs = Math.min(...answer.spoken.map(({ line }) => timeOf(line, nowMs))) + EDGE_MS;
  const missing = (await sink.linkedSince(channel, fromMs - 2 * EDGE_MS)).filter((key) => {
    const msgid = msgidOf(key) ?? '';
    const saidMs = ulidTimeMs(msgid) ?? 0;
    return isUlid(msgid) && !there.has(msgid) && saidMs > fromMs && saidMs < nowMs - FRESH_MS;
  });
  if (missing.length > MAX_MISSING) {
    log.warn('So many messages are missing in the history of a channel that none of them counts as deleted.', {
      channel,
      missing: missing.length,
    });
    return [];
  }
  return missing.map((target: MessageKey) => ({
    kind: 'deletion',
    network,
    channel,
    key: keyFromReplay(digestOf('vanished', target), 0),
    timeMs: nowMs,
    replayed: true,
    byServer: true,
    source: { nick: 'somebody' },
    own: false,
    target,
    reason: 'while the bridge was away',
  }));
}
