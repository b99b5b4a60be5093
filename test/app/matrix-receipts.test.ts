import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeWorld } from '../fakes/fake-world.ts';

/** A running bridge, before which `lines` lines are said on IRC; counts the commits that write down what became of them. */
async function said(lines: number): Promise<{ commits: number; linked: number; tookMs: number }> {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  world.onIrc('ann', 'first');
  await world.clock.until('it is said', () => world.isQuiet());
  let commits = 0;
  world.failpoint = (name) => {
    if (name === 'after-matrix-done') commits++;
  };
  world.homeserver.fault = ({ name }) => (name === 'send' ? { kind: 'slow', ms: 20 } : undefined);
  const fromMs = world.clock.nowMs();
  // In turn, so that none are joined.
  for (let i = 0; i < lines; i++) world.onIrc(i % 2 === 0 ? 'ann' : 'ben', `line ${i}`);
  await world.clock.until('all is said and written down', () => world.isQuiet());
  const tookMs = world.clock.nowMs() - fromMs;
  const [row] = await world.database.transaction((sql) => sql.all<{ n: number }>('SELECT COUNT(*) AS n FROM link'));
  return { commits, linked: (row?.n ?? 0) - 1, tookMs };
}

describe('what became of a line is written down', () => {
  test('at once where no other follows', async () => {
    const { commits, linked, tookMs } = await said(1);
    assert.deepEqual([commits, linked, tookMs < 100], [1, 1, true]);
  });

  test('several in one commit while a lane goes on, none left out', async () => {
    const { commits, linked, tookMs } = await said(40);
    assert.equal(linked, 40);
    // 40 sends of 20 ms, so some 800 ms in which a commit is due every 200.
    assert.ok(commits <= 8 && tookMs >= 800, `${commits} commits in ${tookMs} ms`);
  });
});
