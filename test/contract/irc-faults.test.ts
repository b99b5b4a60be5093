import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Timings } from '../../src/irc/wire/timings.ts';
import { Memory, NetworkWorld, person } from '../fakes/network-world.ts';
import { type Ergo, startErgo } from '../servers/ergo.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const IMPATIENT: Partial<Timings> = {
  idleMs: 200,
  deadMs: 500,
  puppetIdleMs: 200,
  puppetDeadMs: 500,
  confirmMs: 3000,
  departureMs: 500,
};

type Scene = { readonly ergo: Ergo; readonly proxy: TcpProxy; readonly world: NetworkWorld; readonly carol: IrcUser };

describe('an IRC network through faults', { timeout: 240_000 }, () => {
  const dir = makeTempDir('irc-faults');
  let scenes = 0;

  async function scene(t: TestContext, timings: Partial<Timings> = {}, config = {}): Promise<Scene> {
    const ergo = await startErgo({ dir: join(dir, `scene-${++scenes}`) });
    const proxy = await startProxy(ergo.ports.irc);
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    const world = new NetworkWorld({ port: proxy.port, timings, config });
    t.after(async () => {
      await world.network.stop('bye');
      await proxy.stop();
      await ergo.stop();
    });
    await world.listening();
    return { ergo, proxy, world, carol };
  }

  /** Everybody says numbered lines, carol too, while `fault` happens; then all are there, once, in order. */
  async function talkThrough({ world, carol }: Scene, people: number, fault: () => Promise<void>): Promise<void> {
    const members = Array.from({ length: people }, (_, index) => person(`Member${index}`));
    const numbers = Array.from({ length: 12 }, (_, number) => `line ${number}`);
    const talking = Promise.all(
      members.map(async (one) => {
        for (const text of numbers) assert.equal((await world.say(one, text)).ok, true);
      }),
    );
    const carolTalks = (async () => {
      for (let number = 0; number < 200; number++) {
        carol.say('#commons', `carol ${number}`);
        await carol.flush();
      }
    })();
    await fault();
    await Promise.all([talking, carolTalks]);
    await waitUntil(() => world.heard().includes('carol: carol 199'), { what: 'the last line of carol' });
    await world.listening();
    await carol.flush();
    for (const { displayName } of members) {
      // Whose old connection the server still holds comes back under another nick.
      const said = carol
        .said('#commons')
        .filter(({ nick }) => nick === displayName || nick.startsWith(`${displayName}_`));
      assert.deepEqual(
        said.map(({ text }) => text),
        numbers,
        displayName,
      );
    }
    assert.deepEqual(
      world.heard(),
      Array.from({ length: 200 }, (_, number) => `carol: carol ${number}`),
    );
  }

  test('every connection is reset while twenty people talk', async (t) => {
    const here = await scene(t);
    await talkThrough(here, 20, async () => {
      for (let times = 0; times < 3; times++) {
        await waitUntil(() => here.carol.said('#commons').length > 60 * (times + 1));
        here.proxy.reset();
      }
    });
  });

  test('every connection goes half-open while ten people talk', async (t) => {
    const here = await scene(t, IMPATIENT);
    await talkThrough(here, 10, async () => {
      await waitUntil(() => here.carol.said('#commons').length > 40);
      here.proxy.halfOpen();
    });
  });

  test('an operator kills the listener and everybody else', async (t) => {
    const here = await scene(t);
    const { carol, ergo } = here;
    carol.sendLine(`OPER ${ergo.oper.name} ${ergo.oper.password}`);
    await carol.waitFor(({ command }) => command === '381');
    await talkThrough(here, 5, async () => {
      await waitUntil(() => carol.said('#commons').length > 30);
      for (const nick of ['causeway', 'Member0', 'Member1', 'Member2', 'Member3', 'Member4']) {
        carol.sendLine(`KILL ${nick} :a test`);
      }
    });
  });

  test('a long absence is filled from the history, each line once, in order, with its own time', async (t) => {
    const { carol, ergo, world } = await scene(t);
    carol.say('#commons', 'before');
    await world.hears('carol: before');
    assert.equal((await world.say(person('Alice'), 'ours')).ok, true);
    await waitUntil(() => world.messages().some(({ own }) => own));
    await world.network.stop('bye');
    for (let number = 0; number < 2500; number++) carol.say('#commons', `missed ${number}`);
    await carol.flush();
    const next = new NetworkWorld({ port: ergo.ports.irc, memory: world.memory });
    t.after(() => next.network.stop('bye'));
    await waitUntil(() => next.heard().length > 2500, { what: 'the history' });
    assert.deepEqual(next.heard(), [
      'carol: before',
      ...Array.from({ length: 2500 }, (_, number) => `carol: missed ${number}`),
    ]);
    const replayed = next.messages().filter((message) => message.replayed);
    assert.equal(replayed.length, 2500);
    assert.deepEqual(
      replayed.map(({ timeMs }) => timeMs),
      replayed.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      next.memory.events.filter(({ kind }) => kind === 'gap'),
      [],
    );
  });

  test('what a server has forgotten is named by one gap', async (t) => {
    const { carol, ergo, world } = await scene(t);
    carol.say('#commons', 'before');
    await world.hears('carol: before');
    const lostMs = Date.now();
    await ergo.restart();
    const later = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    await world.listening();
    later.say('#commons', 'after');
    await world.hears('carol: after');
    const gaps = world.memory.events.filter((event) => event.kind === 'gap');
    assert.equal(gaps.length, 1);
    const [gap] = gaps;
    assert.ok(gap !== undefined && Math.abs(gap.fromMs - lostMs) < 2000 && gap.toMs >= gap.fromMs);
    assert.ok(world.memory.events.indexOf(gap) < world.memory.events.length - 1);
  });

  test('a server without history leaves a gap for every absence, and doubtful lines are known from sight', async (t) => {
    const server = await startNgircd({ dir: join(dir, 'ngircd') });
    const proxy = await startProxy(server.ports.irc);
    const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
    const memory = new Memory();
    const world = new NetworkWorld({ port: proxy.port, memory });
    t.after(async () => {
      await world.network.stop('bye');
      await proxy.stop();
      await server.stop();
    });
    await world.listening();
    carol.say('#commons', 'before');
    await world.hears('carol: before');
    for (const expected of [1, 2]) {
      proxy.reset();
      await waitUntil(() => memory.events.filter(({ kind }) => kind === 'gap').length === expected);
      carol.say('#commons', `after ${expected}`);
      await world.hears(`carol: after ${expected}`);
    }
    const alice = person('Alice');
    const sinceMs = Date.now();
    assert.equal((await world.say(alice, 'seen')).ok, true);
    const lines = [
      { id: `l1-${alice.userId}`, style: 'text' as const, parts: ['seen'] },
      { id: 'another', style: 'text' as const, parts: ['seen'] },
    ];
    assert.deepEqual(
      [...(await world.network.lookup('#commons', alice.userId, lines, sinceMs)).values()],
      [{ keys: [] }, 'absent'],
    );
    assert.deepEqual(
      [...(await world.network.lookup('#commons', alice.userId, lines, sinceMs - 60_000)).values()],
      [{ keys: [] }, 'unknown'],
    );
  });

  test('people have accounts by tokens; their lines are known as ours in history', async (t) => {
    const ergo = await startErgo({ dir: join(dir, 'accounts') });
    const config = {
      bot: {
        nick: 'causeway',
        sasl: { mechanism: 'jwt', user: 'causeway' },
        oper: { user: ergo.oper.name, password: ergo.oper.password },
      },
      puppets: { sasl: { kind: 'jwt', key: ergo.jwtKey } },
    };
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    const world = new NetworkWorld({ port: ergo.ports.irc, config });
    t.after(() => ergo.stop());
    await world.listening();
    carol.say('#commons', 'hello');
    await world.hears('carol: hello');
    assert.equal((await world.say(person('Alice'), 'hi')).ok, true);
    await waitUntil(() => carol.said('#commons').length === 2);
    const heard = carol.said('#commons')[1];
    assert.deepEqual([heard?.nick, heard?.line.tags.account], ['Alice-mx', 'alice-mx']);
    const puppets = [...world.memory.puppets.values()];
    assert.deepEqual(
      puppets.map(({ nick, account }) => [nick, account]),
      [['Alice-mx', 'alice-mx']],
    );
    await world.network.stop('bye');

    // The key of our line was never stored: only the account tells that it was ours.
    const memory = new Memory();
    memory.events.push(...world.memory.events.slice(0, 1));
    for (const event of memory.events) memory.keys.add(event.key);
    for (const puppet of puppets) memory.puppets.set(puppet.userId, { ...puppet, prefix: null });
    const next = new NetworkWorld({ port: ergo.ports.irc, config, memory });
    await waitUntil(() => next.messages().length === 2);
    assert.deepEqual(
      next.messages().map(({ own, replayed }) => [own, replayed]),
      [
        [false, false],
        [true, true],
      ],
    );
    await next.network.stop('bye');
  });

  test('the bot logs in by PLAIN and by SCRAM-SHA-256, and with a wrong password not at all', async (t) => {
    const ergo = await startErgo({ dir: join(dir, 'sasl') });
    t.after(() => ergo.stop());
    const owner = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bridgebot' });
    owner.sendLine('REGISTER * * correct-horse');
    await owner.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS');
    await owner.quit();
    for (const [mechanism, password, joins] of [
      ['plain', 'correct-horse', true],
      ['scram-sha-256', 'correct-horse', true],
      ['plain', 'wrong', false],
      ['scram-sha-256', 'wrong', false],
    ] as const) {
      const sasl = { mechanism, user: 'bridgebot', password };
      const world = new NetworkWorld({ port: ergo.ports.irc, config: { bot: { nick: 'bridgebot', sasl } } });
      if (joins) await world.listening();
      else await waitUntil(() => world.network.status().state === 'refused', { what: `${mechanism} to be refused` });
      assert.equal(world.network.status().channels.get('#commons')?.joined, joins, mechanism);
      await world.network.stop('bye');
    }
  });

  test('the bot speaks for people where it has to: under their nick, else with their name in front', async (t) => {
    const ergo = await startErgo({
      dir: join(dir, 'relay'),
      overrides: { server: { relaymsg: { enabled: true, separators: '/', 'available-to-chanops': false } } },
    });
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    const puppets = { mode: 'relay' };
    const plain = new NetworkWorld({ port: ergo.ports.irc, config: { puppets } });
    const oper = { user: ergo.oper.name, password: ergo.oper.password };
    t.after(() => ergo.stop());
    await plain.listening();
    assert.equal((await plain.say(person('Alice'), 'hi')).ok, true);
    assert.equal((await plain.say(person('Alice'), 'waves', '#commons', 'action')).ok, true);
    await plain.network.stop('bye');
    const relaying = new NetworkWorld({ port: ergo.ports.irc, config: { puppets, bot: { nick: 'causeway', oper } } });
    await relaying.listening();
    assert.equal((await relaying.say(person('Alice'), 'hi')).ok, true);
    assert.equal((await relaying.say(person('Alice'), 'waves', '#commons', 'action')).ok, true);
    await carol.flush();
    assert.deepEqual(
      carol.said('#commons').map(({ nick, text }) => `${nick}: ${text}`),
      ['causeway: <Alice> hi', 'causeway: * Alice waves', 'Alice/mx: hi', 'Alice/mx: * waves'],
    );
    assert.deepEqual(relaying.heard(), []);
    await relaying.network.stop('bye');
  });
});
