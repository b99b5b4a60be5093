import { test } from 'node:test';
import { startConversation } from './conversation.ts';
import { assertPerfect } from './traffic.ts';

test('twenty people at once on each side, a hundred lines each', { timeout: 600_000 }, async () => {
  const talk = await startConversation('crowd', { talkers: 20, matrixTalkers: 20, onlyTalk: true });
  await Promise.all([...talk.ircTalkers, ...talk.matrixTalkers].map((talker) => talker.burst(100)));
  const { toMatrix, toIrc } = await talk.end(500_000);
  assertPerfect('to Matrix', toMatrix);
  assertPerfect('to IRC', toIrc);
});
