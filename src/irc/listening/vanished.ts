import type { NetworkDeletion } from '../../core/events.ts';
import { isUlid, ulidTimeMs } from '../../core/freeq/ulid.ts';
import { keyFromReplay, type MessageKey, msgidOf } from '../../core/ids.ts';
import type { Log } from '../../ports/log.ts';
import { digestOf } from './reading.ts';
import { EDGE_MS, type NewestPage } from './since-away.ts';

const FRESH_MS = 15_000;
/** Of a server that lost its history everything is missing: that is no reason to take anything away. */
const MAX_MISSING = 25;

/** What was deleted: messages that we know, lie within what history remembers, and are not in it. */
export function vanished(log: Log, { channel, view, spoken, fromMs, linked }: NewestPage): readonly NetworkDeletion[] {
  const { network, nowMs } = view;
  const there = new Set(spoken.map(({ line }) => line.tags.get('msgid')));
  const missing = linked.filter((key) => {
    const msgid = msgidOf(key) ?? '';
    const saidMs = ulidTimeMs(msgid) ?? 0;
    return isUlid(msgid) && !there.has(msgid) && saidMs > fromMs + EDGE_MS && saidMs < nowMs - FRESH_MS;
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
