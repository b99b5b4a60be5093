import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Comeback, mayBeRestart } from '../../src/irc/listening/comeback.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const MINUTE = 60_000;

describe('when the listener comes back', () => {
  const comeback = (clock: ManualClock) => new Comeback(clock, { firstMs: 500, maxMs: 60_000 });

  test('a server that bans it is left alone for a minute, then ever longer, up to a quarter of an hour', () => {
    const back = comeback(new ManualClock());
    const waits = Array.from({ length: 7 }, () => back.waitMs(false, { code: 'irc_banned' }) / MINUTE);
    for (const [index, longest] of [1, 2, 4, 8, 15, 15, 15].entries()) {
      const wait = waits[index] ?? 0;
      assert.ok(wait >= 0.8 * longest && wait <= longest, `${index}: ${waits}`);
    }
  });

  test('a ban is no restart, though the server had let it in; a lost line is one; both are forgotten once it stays', () => {
    const end = { why: 'closed', wasOpen: true, wasReady: true, heardMs: 0 };
    const error = { code: 'irc_banned', text: '', retry: 'never', notify: 'log' } as const;
    assert.deepEqual([mayBeRestart({ ...end, error }), mayBeRestart(end)], [false, true]);
    const clock = new ManualClock();
    const back = comeback(clock);
    assert.ok(back.waitMs(true, { code: 'irc_lost' }) <= 250);
    for (let bans = 0; bans < 3; bans++) back.waitMs(false, error);
    const sinceMs = clock.nowMs();
    clock.advance(MINUTE);
    back.lost(sinceMs);
    assert.ok(back.waitMs(false, error) <= MINUTE);
  });
});
