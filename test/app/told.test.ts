import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stores } from '../../src/db/stores/stores.ts';
import { BOT, FORBIDDEN, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { CANNOT_SEND } from '../fakes/fake-network.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@p1:willow.example';

async function running(): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  return world;
}

/** What the bot says in the room, each with whom it answers. */
const notices = (world: FakeWorld): unknown[] =>
  world.events
    .filter(({ type, sender }) => type === 'm.room.message' && sender === BOT)
    .map(({ content }) => [content.body, (content['m.mentions'] as { user_ids?: unknown }).user_ids]);

describe('a line that the network refuses', () => {
  test('is answered once for its sender and cause, and the others go on', async () => {
    const world = await running();
    world.network.fault = (_, text) => (text.startsWith('bad') ? { kind: 'refused', error: CANNOT_SEND } : undefined);
    for (const text of ['bad 1', 'good 1', 'bad 2', 'good 2']) world.onMatrix(ALICE, text);
    world.onMatrix('@p2:willow.example', 'bad 3');
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(
      [world.network.said.map(({ text }) => text), notices(world)],
      [
        ['good 1', 'good 2'],
        [
          ['Not delivered to #commons: irc.404', [ALICE]],
          ['Not delivered to #commons: irc.404', ['@p2:willow.example']],
        ],
      ],
    );
  });

  test('is no reason to say nothing of something else that the network refuses for the same cause', async () => {
    const world = await running();
    world.network.gestureFault = () => CANNOT_SEND;
    world.network.people.set('ann', { nick: 'ann', account: null });
    const happens = async (type: string, content: object, key: string): Promise<void> => {
      world.homeserver.happen(world.room, ALICE, type, content, key);
      await world.clock.until('all is done', () => world.isQuiet());
    };
    for (const open of [true, false]) await happens('m.room.join_rules', { join_rule: open ? 'public' : 'invite' }, '');
    await happens('m.room.member', { membership: 'invite' }, '@_causeway_home_ann:willow.example');
    assert.deepEqual(
      notices(world).map((notice) => (notice as unknown[])[0]),
      ['What people may do stays as it is in #commons: irc.404', 'Not invited to #commons: irc.404'],
    );
  });

  test('is answered again when nobody was told for ten minutes', async () => {
    const world = await running();
    world.network.fault = () => ({ kind: 'refused', error: CANNOT_SEND });
    world.onMatrix(ALICE, 'one');
    await world.clock.until('it is refused', () => notices(world).length === 1);
    await world.clock.pass(11 * 60_000);
    world.onMatrix(ALICE, 'two');
    await world.clock.until('it is refused', () => notices(world).length === 2);
  });
});

describe('a line that the network does not want now', () => {
  test('is said again after the pause that it asks for, and not more often', async () => {
    const world = await running();
    const error = { ...CANNOT_SEND, retry: 'later', waitMs: 5_000 } as const;
    let tries = 0;
    world.network.fault = () => (++tries < 4 ? { kind: 'refused', error } : undefined);
    const startedMs = world.clock.nowMs();
    world.onMatrix(ALICE, 'one');
    await world.clock.until('it is said', () => world.network.said.length === 1);
    assert.deepEqual([tries, world.clock.nowMs() - startedMs >= 15_000], [4, true]);
  });
});

describe('an encrypted message', () => {
  test('is answered, once in ten minutes for whoever sends more of them', async () => {
    const world = await running();
    const encrypted = async (who: string): Promise<void> => {
      world.homeserver.happen(world.room, who, 'm.room.encrypted', { ciphertext: 'AAA' });
      await world.clock.until('all is done', () => world.isQuiet());
    };
    for (const who of [ALICE, ALICE, '@p2:willow.example', ALICE]) await encrypted(who);
    assert.equal(notices(world).length, 2);
    await world.clock.pass(11 * 60_000);
    await encrypted(ALICE);
    assert.equal(notices(world).length, 3);
  });
});

describe('a network that is away', () => {
  test('is told to the room after a minute, once, and its lines go out in order when it is back', async () => {
    const world = await running();
    world.network.goDown(300_000);
    for (const text of ['one', 'two', 'three']) world.onMatrix(ALICE, text);
    await world.clock.pass(50_000);
    const early = notices(world).length;
    await world.clock.until('all is said', () => world.network.said.length === 3);
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(
      [early, world.network.said.map(({ text }) => text), notices(world).length],
      [0, ['one', 'two', 'three'], 1],
    );
    assert.match(
      String((notices(world)[0] as unknown[])[0]),
      /^#commons cannot be reached since \d\d:\d\d UTC: .* will be sent in order\.$/,
    );
  });

  test('is told again when it was back and is away once more, but not within ten minutes', async () => {
    const world = await running();
    for (const text of ['one', 'two', 'three']) {
      world.network.goDown(100_000);
      world.onMatrix(ALICE, text);
      await world.clock.until('all is said', () => world.network.said.at(-1)?.text === text);
    }
    assert.equal(notices(world).length, 1);
    world.network.goDown(600_000);
    world.onMatrix(ALICE, 'four');
    await world.clock.until('all is said', () => world.network.said.length === 4);
    await world.clock.until('all is done', () => world.isQuiet());
    assert.equal(notices(world).length, 2);
  });

  test('is not told to anybody when it is back within the minute', async () => {
    const world = await running();
    world.network.goDown(40_000);
    world.onMatrix(ALICE, 'one');
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(notices(world), []);
  });
});

describe('a line of which nobody knows whether it arrived', () => {
  const cutOnce = (world: FakeWorld, said: boolean): void => {
    let isCut = false;
    world.network.remembers = false;
    world.network.fault = () => {
      if (isCut) return undefined;
      isCut = true;
      return { kind: 'cut', said, downMs: 100 };
    };
  };

  test('is sent again where the configuration says so', async () => {
    const world = await running();
    cutOnce(world, false);
    world.onMatrix(ALICE, 'one');
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      ['one'],
    );
    assert.ok(
      world.log.lines.includes(
        'warn: a line may or may not have arrived; it is sent again as configured (inDoubt: resend)',
      ),
    );
  });

  test('is left out where it says that, and what follows goes out', async () => {
    const world = await FakeWorld.make();
    world.network.inDoubt = 'drop';
    await world.start();
    await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
    cutOnce(world, false);
    world.onMatrix(ALICE, 'one');
    world.onMatrix(ALICE, 'two');
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      ['two'],
    );
    assert.ok(
      world.log.lines.includes('warn: a line may or may not have arrived; it is dropped as configured (inDoubt: drop)'),
    );
  });
});

describe('a homeserver that refuses a ghost', () => {
  test('is spoken to by the bot in its place, and nobody behind it waits', async () => {
    const world = await running();
    world.homeserver.fault = ({ name, as }) =>
      name === 'invite' || (name === 'join' && as.includes('bob')) ? { kind: 'failed', error: FORBIDDEN } : undefined;
    world.onIrc('bob', 'hello');
    world.onIrc('eve', 'hi');
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual(world.homeserver.saidIn(world.room), ['<bob (IRC)> hello', 'hi']);
  });

  test('though it was in the room, gets it back in', async () => {
    const world = await running();
    world.onIrc('bob', 'one');
    await world.clock.until('it is said', () => world.isQuiet());
    world.homeserver.room(world.room).members.set('@_causeway_home_bob:willow.example', 'leave');
    world.onIrc('bob', 'two');
    await world.clock.until('it is said', () => world.isQuiet());
    assert.deepEqual(world.homeserver.saidIn(world.room), ['one', 'two']);
  });

  const FAULTS = { fault: ['matrix.server-error', 'lookup'], proxy: ['matrix.not-matrix', 'later'] } as const;
  for (const [whose, [code, retry]] of Object.entries(FAULTS))
    test(`by a ${whose} that fails at one line for ever keeps the others waiting for minutes only, and the room is told`, async () => {
      const world = await running();
      const error = { code, text: 'It failed.', retry, notify: 'log' } as const;
      world.homeserver.fault = ({ name, content }) =>
        name === 'send' && String((content as { body?: unknown }).body).includes('poison')
          ? { kind: 'failed', error }
          : undefined;
      world.onIrc('bob', 'poison');
      world.onIrc('eve', 'hi');
      await world.clock.until('the other line is there', () => world.isQuiet(), 30 * 60_000);
      const parked = (await world.database.transaction((sql) => stores.outbox.backlog(sql))).map((lane) => lane.parked);
      assert.deepEqual(
        [world.homeserver.saidIn(world.room), parked],
        [['A message of bob could not be delivered here: the homeserver fails at it again and again.', 'hi'], [1]],
      );
    });

  test('but failing at everything loses nothing, however long', async () => {
    const world = await running();
    const error = {
      code: 'matrix.server-error',
      text: 'The homeserver failed.',
      retry: 'lookup',
      notify: 'log',
    } as const;
    world.homeserver.fault = ({ name }) => (name === 'send' ? { kind: 'failed', error } : undefined);
    world.onIrc('bob', 'one');
    world.onIrc('eve', 'two');
    await world.clock.pass(20 * 60_000);
    world.homeserver.fault = () => undefined;
    await world.clock.until('all is there', () => world.isQuiet());
    assert.deepEqual(world.homeserver.saidIn(world.room), ['one', 'two']);
  });
});

describe('a second event for one line', () => {
  test('is taken back', async () => {
    const world = await running();
    world.onIrc('bob', 'one');
    await world.clock.until('it is said', () => world.isQuiet());
    const line = world.events.find(({ content }) => content.body === 'one');
    assert.ok(line !== undefined);
    const double = world.homeserver.happen(world.room, line.sender, line.type, line.content);
    await world.clock.until('it is taken back', () => world.events.some(({ type }) => type === 'm.room.redaction'));
    const redacted = world.events
      .filter(({ type }) => type === 'm.room.redaction')
      .map(({ content }) => content.redacts);
    assert.deepEqual(redacted, [double.event_id]);
  });
});

describe('stopping', () => {
  test('ends within seconds though homeserver and network do not answer', async () => {
    const world = await running();
    world.network.latencyMs = () => 60_000;
    world.homeserver.fault = ({ name }) => (name === 'send' ? { kind: 'slow', ms: 60_000 } : undefined);
    world.onIrc('bob', 'to the room');
    world.onMatrix(ALICE, 'to the channel');
    await world.clock.pass(1_000);
    const startedMs = world.clock.nowMs();
    let isStopped = false;
    void world.bridge?.stop().then(() => {
      isStopped = true;
    });
    await world.clock.until('it has stopped', () => isStopped);
    assert.ok(world.clock.nowMs() - startedMs <= 8_000);
  });

  test('leaves nothing in doubt that was never sent', async () => {
    const world = await running();
    world.homeserver.fault = ({ name }) => (name === 'send' ? { kind: 'failed', error: UNREACHABLE } : undefined);
    world.network.goDown(3_600_000);
    for (let line = 0; line < 5; line++) {
      world.onIrc('bob', `irc ${line}`);
      world.onMatrix(ALICE, `matrix ${line}`);
    }
    await world.clock.pass(2_000);
    await world.bridge?.stop();
    const states = (await world.database.transaction((sql) => stores.outbox.backlog(sql))).map(
      ({ pending, sending }) => [pending, sending],
    );
    assert.deepEqual(states, [
      [5, 0],
      [5, 0],
    ]);
  });
});
