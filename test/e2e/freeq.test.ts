import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stripFormatting } from '../../src/core/text/strip.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { waitUntil } from '../servers/people.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Conversation, startConversation } from './conversation.ts';
import { assertPerfect, linesInRoom, saidBy, settledTally, type Tally } from './traffic.ts';

type FreeqTalk = { readonly server: FreeqServer; readonly talk: Conversation };
type TalkOptions = Parameters<typeof startConversation>[1];

/** People talk through the whole bridge, a real homeserver and the scripted freeq server, each by a connection of their own. */
async function startFreeqTalk(name: string, options: TalkOptions = {}): Promise<FreeqTalk> {
  const server = await FreeqServer.start({ maxPerAddress: 100 });
  after(() => server.stop());
  const keys = join(makeTempDir(`${name}-keys`), 'keys');
  const talk = await startConversation(name, {
    ...options,
    ircPort: server.ports.irc,
    network: { kind: 'freeq', freeq: { keys } },
  });
  return { server, talk };
}

/** Every line that the server has filed, as people read it. */
const filed = (server: FreeqServer): readonly string[] =>
  server.store.rows.flatMap(({ text }) => text.split('\n')).map(stripFormatting);

/** What became of all that was said: on Matrix by what a reader sees, on freeq by what the server has filed. */
async function outcome({ server, talk }: FreeqTalk): Promise<{ toMatrix: Tally; toFreeq: Tally }> {
  await Promise.all([...talk.ircTalkers, ...talk.matrixTalkers].map((talker) => talker.stop()));
  const room = talk.shard.room(talk.channel);
  const [toMatrix, toFreeq] = await Promise.all([
    settledTally(() => linesInRoom(talk.shard.person('alice'), room), saidBy(talk.ircTalkers), 120_000),
    settledTally(() => filed(server), saidBy(talk.matrixTalkers), 120_000),
  ]);
  return { toMatrix, toFreeq };
}

/** Slower than the server refuses: five messages in two seconds of one connection. */
const EVERY_MS = 900;

async function through(scene: FreeqTalk, fault: () => Promise<void>): Promise<void> {
  scene.talk.start(EVERY_MS);
  await delay(1_500);
  await fault();
  await delay(2_500);
  const { toMatrix, toFreeq } = await outcome(scene);
  assertPerfect('to Matrix', toMatrix);
  assertPerfect('to freeq', toFreeq);
}

describe('freeq through the whole bridge', { timeout: 600_000 }, () => {
  test('one line each way, by a connection with an identity of its own', async () => {
    const { server, talk } = await startFreeqTalk('freeq-lines', { talkers: 1, matrixTalkers: 1 });
    const [frida] = talk.ircTalkers;
    const [member] = talk.matrixTalkers;
    await frida?.sayOne();
    await member?.sayOne();
    const seen = await talk.shard.person('alice').waitFor((event) => event.content.body === 'irc1 says 1');
    assert.match(seen.sender, /^@_causeway_home_/);
    await waitUntil(() => server.store.rows.some(({ text }) => text === 'mx1 says 1'), { what: 'the line on freeq' });
    const row = server.store.rows.find(({ text }) => text === 'mx1 says 1');
    assert.match(row?.did ?? '', /^did:key:z6Mk/);
    assert.notEqual(row?.did, server.session('causeway')?.did);
  });

  test('a burst of thirty lines each arrives complete and in order', async () => {
    const scene = await startFreeqTalk('freeq-burst', { talkers: 0, matrixTalkers: 2 });
    await Promise.all(scene.talk.matrixTalkers.map((talker) => talker.burst(30)));
    const { toFreeq } = await outcome(scene);
    assertPerfect('to freeq', toFreeq);
  });

  test('the bridge is killed at six moments', async () => {
    const scene = await startFreeqTalk('freeq-kill');
    await through(scene, async () => {
      for (const waitMs of [300, 700, 150, 900, 450, 620]) {
        await delay(waitMs);
        await scene.talk.shard.bridge.kill9();
        await scene.talk.shard.restartBridge();
      }
    });
  });

  test('all connections are reset, three times', async () => {
    const scene = await startFreeqTalk('freeq-reset');
    await through(scene, async () => {
      for (let round = 0; round < 3; round++) {
        scene.server.cut();
        await delay(1_200);
      }
    });
  });

  test('the server is killed and comes back with its log', async () => {
    const scene = await startFreeqTalk('freeq-restart');
    await through(scene, async () => {
      await scene.server.kill();
      await delay(2_000);
      await scene.server.open();
      await delay(3_000);
    });
  });

  test('half-open: the server is gone and nobody says so', async () => {
    const proxies: Awaited<ReturnType<typeof startProxy>>[] = [];
    const scene = await startFreeqTalk('freeq-half-open', {
      async ircVia(port) {
        const proxy = await startProxy(port);
        proxies.push(proxy);
        return proxy.port;
      },
    });
    after(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    await through(scene, async () => {
      for (const proxy of proxies) proxy.halfOpen();
      await delay(3_000);
    });
  });
});

describe('rooms of walled channels', { timeout: 300_000 }, () => {
  test('open only when the channel is known to be, and close when it does', async () => {
    const { server, talk } = await startFreeqTalk('freeq-walls', { talkers: 0, matrixTalkers: 1 });
    const room = talk.shard.room(talk.channel);
    const rule = async (): Promise<unknown> => (await talk.shard.bot().state(room, 'm.room.join_rules', '')).join_rule;
    // Somebody came in by themselves: the room was open.
    assert.equal(await rule(), 'public');
    server.session('causeway')?.send(':op!op@freeq/key/z6Mkxxxx MODE #commons +i');
    await waitUntil(async () => (await rule()) === 'invite', { what: 'the room to be closed', timeoutMs: 10_000 });
    const status = JSON.stringify(await talk.shard.status());
    assert.match(status, /#commons on home: only invited people come in\. Its room is by invitation\./);
    server.session('causeway')?.send(':op!op@freeq/key/z6Mkxxxx MODE #commons -i');
    await waitUntil(async () => (await rule()) === 'public', { what: 'the room to be open again', timeoutMs: 10_000 });
  });
});
