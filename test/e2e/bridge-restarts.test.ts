import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FailpointName } from '../../src/ports/failpoint.ts';
import { waitUntil } from '../servers/people.ts';
import { startConversation } from './conversation.ts';
import { BROKEN_OFF } from './gestures.ts';
import { withAccounts } from './shard.ts';
import { assertPerfect } from './traffic.ts';

describe('the bridge ends while lines flow both ways', { timeout: 600_000 }, () => {
  test('by a clean restart', async () => {
    const talk = await startConversation('restart');
    await talk.through(
      async () => {
        await talk.shard.restartBridge();
      },
      { allowed: { deaf: true, keepsDeleted: true } },
    );
  });

  test('by SIGTERM 0.3 s after a burst', async () => {
    const talk = await startConversation('burst', { onlyTalk: true });
    await Promise.all([...talk.ircTalkers, ...talk.matrixTalkers].map((talker) => talker.burst(30)));
    await delay(300);
    await talk.shard.restartBridge();
    const { toMatrix, toIrc } = await talk.end();
    assertPerfect('to Matrix', toMatrix);
    assertPerfect('to IRC', toIrc);
  });

  test('by kill -9 at six moments', async () => {
    const talk = await startConversation('kill', { network: withAccounts });
    await talk.through(
      async () => {
        for (const waitMs of [300, 700, 150, 900, 450, 620]) {
          await delay(waitMs);
          await talk.shard.bridge.kill9();
          await talk.shard.restartBridge();
        }
      },
      { allowed: { ...BROKEN_OFF, keepsDeleted: false } },
    );
  });

  test('by kill -9 at every named place, twice each', async () => {
    const talk = await startConversation('failpoints');
    await talk.through(
      async () => {
        for (const failpoint of FAILPOINTS)
          for (const visit of [1, 4]) {
            const bridge = await talk.shard
              .restartBridge({ CAUSEWAY_FAILPOINT: `${failpoint}@${visit}` })
              .catch(() => talk.shard.bridge);
            // A place that is not visited in time, such as the fourth reading of a room, is left for the next.
            await waitUntil(() => !bridge.isRunning(), { timeoutMs: 2_500 }).catch(() => {});
            await talk.shard.restartBridge();
          }
      },
      { everyMs: UNHURRIED_MS, allowed: BROKEN_OFF },
    );
  });
});

/** Twenty restarts take long: people who talked as fast as elsewhere would say more than a homeserver takes in that time. */
const UNHURRIED_MS = 1_000;

const FAILPOINTS: readonly FailpointName[] = [
  'after-transaction-stored',
  'before-transaction-answered',
  'after-network-line-stored',
  'after-sending-marked',
  'after-matrix-answer',
  'after-matrix-done',
  'after-socket-write',
  'after-network-confirmed',
  'during-read-back',
  'during-history',
];
