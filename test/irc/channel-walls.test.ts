import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asNetworkId } from '../../src/core/ids.ts';
import { ChannelWalls } from '../../src/irc/listening/channel-walls.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

describe('modes that somebody changes to and fro', () => {
  test('for ten minutes are told some dozens of times, and how the channel stands then is told', async () => {
    const clock = new ManualClock();
    const told: boolean[] = [];
    const walls = new ChannelWalls({
      ...{ network: asNetworkId('home'), clock, policyMs: 60_000, hasPolicies: false, settleMs: 400 },
      tell: (event) => void told.push(event.walls.length > 0),
      walls: new Map([['i', 'invited']]),
      speakers: () => undefined,
      isHeardForAll: () => false,
    });
    walls.are('#c', '+nt');
    for (let times = 0; times < 600; times++) {
      walls.changed('#c', [{ sign: times % 2 === 0 ? '+' : '-', letter: 'i' }]);
      await clock.pass(1_000);
    }
    const during = told.length;
    assert.ok(during <= 1 + 20 + 60, String(during));
    walls.changed('#c', [{ sign: '+', letter: 'i' }]);
    await clock.pass(20_000);
    assert.equal(told.at(-1), true);
    // And at once again, when it was quiet for a while.
    await clock.pass(60_000);
    walls.changed('#c', [{ sign: '-', letter: 'i' }]);
    await clock.pass(500);
    assert.equal(told.at(-1), false);
  });
});
