import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { NetworkGap } from '../../src/core/events.ts';
import { Memory, NetworkWorld } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const dir = makeTempDir('irc-heard');
const SERVERS = [
  ['ngIRCd', () => startNgircd({ dir: join(dir, 'ngircd') })],
  ['Ergo without history', () => startErgo({ dir: join(dir, 'ergo'), overrides: { history: { enabled: false } } })],
] as const;
/** Long before anything here, and long enough ago that the last line lies far back. */
const AN_HOUR_MS = 3_600_000;

const gapsOf = ({ memory }: NetworkWorld): readonly NetworkGap[] =>
  memory.events.filter((event): event is NetworkGap => event.kind === 'gap');

describe('a gap after a restart of the bridge begins where it stopped listening', { timeout: 60_000 }, () => {
  for (const [name, start] of SERVERS)
    test(`on ${name}`, async (t) => {
      const server = await start();
      const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
      t.after(() => server.stop());
      const first = await world(t, server.ports.irc, lastLineAnHourAgo());
      await waitUntil(() => gapsOf(first).length === 1);
      // Nobody noted anything before: all since the last line may be lost.
      assert.ok(length(gapsOf(first)[0]) > AN_HOUR_MS - 60_000);

      await first.network.stop('bye');
      const stoppedMs = Date.now();
      carol.say('#commons', 'missed');
      await carol.flush();
      const second = await world(t, server.ports.irc, first.memory);
      await waitUntil(() => gapsOf(second).length === 2);
      const gap = gapsOf(second)[1];
      assert.ok(gap !== undefined && Math.abs(gap.fromMs - stoppedMs) < 1000 && gap.toMs >= gap.fromMs);

      carol.say('#commons', 'heard');
      await second.hears('carol: heard');
      assert.deepEqual(second.heard().slice(-1), ['carol: heard']);
      assert.equal(gapsOf(second).length, 2);
    });

  test('and where it was killed, at the last note before that', async (t) => {
    const server = await startNgircd({ dir: join(dir, 'killed') });
    t.after(() => server.stop());
    const proxy = await startProxy(server.ports.irc);
    const first = await world(t, proxy.port, lastLineAnHourAgo(), { heardMs: 50 });
    await waitUntil(() => gapsOf(first).length === 1);
    await waitUntil(() => first.memory.heard?.awayFromMs.size === 0);
    // What a killed process leaves behind is what it had noted.
    const memory = copyOf(first.memory);
    const killedMs = Date.now();
    await first.network.stop('bye');
    const second = await world(t, proxy.port, memory);
    await waitUntil(() => gapsOf(second).length === 2);
    const gap = gapsOf(second)[1];
    assert.ok(gap !== undefined && gap.fromMs <= killedMs && killedMs - gap.fromMs < 5000);
    await proxy.stop();
  });

  test('and in a channel that it could not enter for long, where it had left that one', async (t) => {
    const server = await startNgircd({ dir: join(dir, 'banned') });
    t.after(() => server.stop());
    const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
    const first = await world(t, server.ports.irc, lastLineAnHourAgo(), { heardMs: 50 });
    await waitUntil(() => gapsOf(first).length === 1);
    const kickedMs = Date.now();
    carol.sendLine('MODE #commons +b causeway!*@*');
    carol.sendLine('KICK #commons causeway :out');
    await waitUntil(() => first.network.status().channels.get('#commons')?.joined === false);
    await waitUntil(() => first.memory.heard?.awayFromMs.has('#commons'));
    const noted = first.memory.heard;
    await waitUntil(() => (first.memory.heard?.untilMs ?? 0) > (noted?.untilMs ?? 0) + 200);
    await first.network.stop('bye');
    carol.sendLine('MODE #commons -b causeway!*@*');
    await carol.flush();
    const second = await world(t, server.ports.irc, first.memory);
    await waitUntil(() => gapsOf(second).length === 2);
    assert.ok(Math.abs((gapsOf(second)[1]?.fromMs ?? 0) - kickedMs) < 200);
  });
});

async function world(t: TestContext, port: number, memory: Memory, timings = {}): Promise<NetworkWorld> {
  const made = new NetworkWorld({ port, memory, timings });
  t.after(() => made.network.stop('bye'));
  await made.listening();
  return made;
}

const length = (gap: NetworkGap | undefined): number => (gap === undefined ? 0 : gap.toMs - gap.fromMs);

function lastLineAnHourAgo(): Memory {
  const memory = new Memory();
  memory.events.push({
    kind: 'message',
    network: 'home' as never,
    channel: '#commons',
    key: 'm:known' as never,
    timeMs: Date.now() - AN_HOUR_MS,
    replayed: false,
    source: { nick: 'carol' },
    own: false,
    style: 'text',
    lines: ['known'],
  });
  memory.keys.add('m:known' as never);
  return memory;
}

function copyOf(memory: Memory): Memory {
  const copy = new Memory();
  copy.events.push(...memory.events);
  for (const key of memory.keys) copy.keys.add(key);
  copy.heard = memory.heard;
  return copy;
}
