import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { steadyTime, systemClock } from '../src/clock.ts';
import { FakeIrcServer } from './fakes/irc-server.ts';
import { NetworkWorld } from './fakes/network-world.ts';
import { waitUntil } from './servers/people.ts';

const HOUR_MS = 60 * 60_000;

describe('the clock', { timeout: 30_000 }, () => {
  test('follows a machine’s clock that is right, or is set forward', () => {
    let [wallMs, elapsedMs] = [1_000_000, 0];
    const nowMs = steadyTime(
      () => wallMs,
      () => elapsedMs,
    );
    assert.equal(nowMs(), 1_000_000);
    [wallMs, elapsedMs] = [1_000_500, 500];
    assert.equal(nowMs(), 1_000_500);
    [wallMs, elapsedMs] = [1_000_500 + HOUR_MS, 501];
    assert.equal(nowMs(), 1_000_500 + HOUR_MS);
  });

  test('goes on where the machine’s clock is set back, until that has caught up', () => {
    let [wallMs, elapsedMs] = [10 * HOUR_MS, 0];
    const nowMs = steadyTime(
      () => wallMs,
      () => elapsedMs,
    );
    wallMs -= HOUR_MS;
    assert.equal(nowMs(), 10 * HOUR_MS);
    for (let second = 0; second < 3 * 3600; second++) {
      const beforeMs = nowMs();
      [wallMs, elapsedMs] = [wallMs + 1000, elapsedMs + 1000];
      const goneMs = nowMs() - beforeMs;
      assert.ok(goneMs >= 500 && goneMs <= 1000, `${goneMs} in second ${second}`);
    }
    assert.equal(nowMs(), wallMs);
  });

  test('a connection that died while the clock was set back an hour is noticed, and a new one opened', async (t) => {
    const server = await FakeIrcServer.start({
      answer: (_, command, params) => (command === 'PING' && params[0] === 'watchdog' ? [] : undefined),
    });
    const timings = { idleMs: 200, deadMs: 400 };
    const world = new NetworkWorld({ port: server.port, timings });
    t.after(async () => {
      await world.network.stop('bye');
      await server.stop();
    });
    await world.listening();
    const real = Date.now;
    t.mock.method(Date, 'now', () => real() - HOUR_MS);
    const first = await server.client('causeway');
    assert.ok(systemClock.nowMs() > Date.now() + HOUR_MS / 2);
    await waitUntil(() => !server.clients.includes(first));
  });
});
