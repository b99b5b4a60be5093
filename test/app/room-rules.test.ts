import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixEvent, NetworkInvite, NetworkQuiet, NetworkWalls } from '../../src/core/events.ts';
import type { ChannelRules } from '../../src/core/room/channel-rules.ts';
import type { Wall } from '../../src/core/room/walls.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { StoreUnavailable } from '../../src/ports/db.ts';
import { BOT, SERVER } from '../fakes/fake-homeserver.ts';
import { configOf, FakeWorld } from '../fakes/fake-world.ts';

const ALICE = `@alice:${SERVER}`;
const BOB = `@bob:${SERVER}`;
const ANN = `@_causeway_home_ann:${SERVER}`;
const LEVELS = 'm.room.power_levels';
const DOOR = 'm.room.join_rules';
/** As somebody made it who knows what they want. */
const CUSTOM = {
  'org.example.note': 'ours',
  users: { [ALICE]: 90, '@muted:s': -1 },
  users_default: 5,
  events: { 'm.reaction': 3, 'm.room.topic': 70 },
  ban: 60,
};
const NOT_OP = { code: 'irc_482', text: 'Only operators may do that.', retry: 'never', notify: 'sender' } as const;

async function worldWith(levels: object = CUSTOM, door: object = { join_rule: 'public' }): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  const { homeserver, room } = world;
  for (const who of [ALICE, BOB]) homeserver.happen(room, who, 'm.room.member', { membership: 'join' }, who);
  homeserver.happen(room, ALICE, LEVELS, levels, '');
  homeserver.happen(room, ALICE, DOOR, door, '');
  await world.start();
  await linked(world);
  return world;
}

const linked = (world: FakeWorld): Promise<unknown> =>
  world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));

const OPEN: ChannelRules = { moderated: false, topicLocked: true, users: [], others: [] };
const MODERATED: ChannelRules = { ...OPEN, moderated: true, users: [BOB], others: [{ nick: 'Ann' }] };

/** The channel says how it stands. */
async function channelIs(world: FakeWorld, rules: ChannelRules, walls: readonly Wall[] = []): Promise<void> {
  world.onIrcAlso<NetworkWalls>('server', { kind: 'walls', walls, rules });
  await settled(world);
}

const settled = (world: FakeWorld): Promise<unknown> => world.clock.until('all is quiet', () => world.isQuiet());
const now = (world: FakeWorld, type: string): MatrixEvent['content'] | undefined =>
  world.homeserver.room(world.room).state.get(`${type} `)?.content;
const writes = (world: FakeWorld, type: string): number =>
  world.events.filter((event) => event.type === type && event.sender === BOT).length;
const notices = (world: FakeWorld): string[] =>
  world.events.flatMap(({ type, sender, content }) =>
    type === 'm.room.message' && sender === BOT ? [String(content.body)] : [],
  );

describe('a room follows its channel', () => {
  test('while it is moderated, and stands afterwards as it stood, to the byte', async () => {
    const world = await worldWith();
    await channelIs(world, OPEN);
    await channelIs(world, MODERATED);
    assert.deepEqual(now(world, LEVELS), {
      ...CUSTOM,
      users: { ...CUSTOM.users, [BOB]: 6, [ANN]: 6 },
      events: { 'm.reaction': 6, 'm.room.topic': 70, 'm.room.redaction': 0 },
      events_default: 6,
    });
    await channelIs(world, OPEN);
    assert.equal(JSON.stringify(now(world, LEVELS)), JSON.stringify(CUSTOM));
    assert.deepEqual([writes(world, LEVELS), writes(world, DOOR)], [2, 0]);
    assert.deepEqual(notices(world), [
      '#commons is moderated now: only those whom its operators gave a voice there can speak.',
      'Everybody may speak in #commons again.',
    ]);
  });

  test('what somebody changes meanwhile stays theirs', async () => {
    const world = await worldWith();
    await channelIs(world, MODERATED);
    const theirs = { ...(now(world, LEVELS) ?? {}), ban: 10 };
    world.homeserver.happen(world.room, ALICE, LEVELS, theirs, '');
    await settled(world);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, LEVELS), { ...CUSTOM, ban: 10 });
    assert.deepEqual(world.network.gestures, []);
  });

  test('and leaves their voice to those who had one and are not connected, by which they are again', async () => {
    const world = await worldWith();
    const others = { ...MODERATED, users: [] };
    const levelOf = (userId: string): unknown => Object(now(world, LEVELS)?.users)[userId];
    await channelIs(world, MODERATED);
    await channelIs(world, others);
    assert.equal(levelOf(BOB), 6);
    world.network.nicks.set('bob', BOB);
    await channelIs(world, { ...others, others: [] });
    assert.deepEqual([levelOf(BOB), levelOf(ANN)], [undefined, undefined]);
  });

  test('closes while the channel keeps people out, and opens as it was', async () => {
    const before = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!space:s' }] };
    const world = await worldWith(CUSTOM, before);
    await channelIs(world, OPEN, ['invited']);
    assert.deepEqual(now(world, DOOR), { join_rule: 'invite' });
    await channelIs(world, OPEN, ['invited', 'key']);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, DOOR), before);
    assert.equal(writes(world, DOOR), 2);
  });

  test('that was closed by others is opened by nobody', async () => {
    const world = await worldWith(CUSTOM, { join_rule: 'invite' });
    await channelIs(world, OPEN, ['invited']);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, DOOR), { join_rule: 'invite' });
    assert.equal(writes(world, DOOR), 0);
  });

  test('whenever the bridge is killed between what it notes and what it writes', async () => {
    for (const at of [1, 2, 3, 4]) {
      const world = await worldWith();
      let left = at;
      world.homeserver.fault = ({ name }) => {
        if (name !== 'sendState' || --left !== 0) return undefined;
        world.kill();
        // Carried out though nobody hears of it, every second time.
        return at % 2 === 0 ? undefined : { kind: 'failed', error: NOT_OP };
      };
      const say = async (rules: ChannelRules, walls: readonly Wall[]): Promise<void> => {
        world.onIrcAlso<NetworkWalls>('server', { kind: 'walls', walls, rules });
        await world.clock.until('it is done', async () => {
          if (world.bridge !== undefined) return world.isQuiet();
          world.log.lines.length = 0;
          await world.start();
          return false;
        });
      };
      await say(MODERATED, ['key']);
      await say(OPEN, []);
      assert.equal(JSON.stringify(now(world, LEVELS)), JSON.stringify(CUSTOM), `killed at write ${at}`);
      assert.deepEqual(now(world, DOOR), { join_rule: 'public' });
    }
  });

  test('though the homeserver fails for a moment in the midst of it, and nothing piles up meanwhile', async () => {
    const world = await worldWith();
    const { homeserver } = world;
    const failure = {
      code: 'matrix_http',
      text: 'The homeserver is not well.',
      retry: 'later',
      notify: 'log',
    } as const;
    const failing: string[] = ['state', ...Array.from({ length: 30 }, () => 'sendState')];
    homeserver.fault = ({ name }) => {
      if (failing[0] !== name) return undefined;
      failing.shift();
      return { kind: 'failed', error: failure };
    };
    const sizes: number[] = [];
    world.onIrcAlso<NetworkWalls>('server', { kind: 'walls', walls: [], rules: MODERATED });
    await world.clock.until('it is done', async () => {
      for (const text of (await world.db.transaction((sql) => stores.cursor.list(sql, 'rules:'))).values())
        sizes.push(text.length);
      return world.isQuiet();
    });
    assert.deepEqual([now(world, LEVELS)?.events_default, failing], [6, []]);
    assert.ok(Math.max(...sizes) < 2_000, `${Math.max(...sizes)}`);
    await channelIs(world, OPEN);
    assert.equal(JSON.stringify(now(world, LEVELS)), JSON.stringify(CUSTOM));
  });

  test('follows on into the room that replaces its own', async () => {
    const world = await worldWith();
    await channelIs(world, MODERATED, ['key']);
    const { homeserver, room } = world;
    const next = `!next:${SERVER}`;
    homeserver.happen(next, ALICE, 'm.room.create', { room_version: '11', predecessor: { room_id: room } }, '');
    homeserver.happen(next, BOT, 'm.room.member', { membership: 'join' }, BOT);
    // As clients do it: levels go along, rules of the door often do not.
    const copied = { ...(now(world, LEVELS) ?? {}), users: { ...CUSTOM.users, [BOB]: 6, [ANN]: 6, [BOT]: 100 } };
    homeserver.happen(next, ALICE, LEVELS, copied, '');
    homeserver.happen(next, ALICE, DOOR, { join_rule: 'public' }, '');
    homeserver.happen(room, ALICE, 'm.room.tombstone', { replacement_room: next }, '');
    const there = (type: string) => homeserver.room(next).state.get(`${type} `)?.content;
    await world.clock.until('the new room to close', () => there(DOOR)?.join_rule === 'invite');
    await channelIs(world, OPEN);
    assert.deepEqual(there(LEVELS), { ...CUSTOM, users: { ...CUSTOM.users, [BOT]: 100 } });
    assert.deepEqual(there(DOOR), { join_rule: 'public' });
  });

  test('no longer when the link is gone: it is put back', async () => {
    const world = await worldWith();
    await channelIs(world, MODERATED, ['invited']);
    world.bridge?.reload(configOf([{ channel: '#other', room: '#other' }]));
    await world.clock.until('the room to be put back', () => now(world, DOOR)?.join_rule === 'public');
    assert.equal(JSON.stringify(now(world, LEVELS)), JSON.stringify(CUSTOM));
  });

  test('as far as the bot may, and wholly once it may', async () => {
    const world = await FakeWorld.make();
    const { homeserver, room } = world;
    homeserver.happen(room, ALICE, 'm.room.create', { room_version: '10', creator: ALICE }, '');
    homeserver.happen(room, ALICE, 'm.room.member', { membership: 'join' }, ALICE);
    const users = { [ALICE]: 100, [BOT]: 50 };
    const events = { [LEVELS]: 100 };
    homeserver.happen(room, ALICE, LEVELS, { users, events }, '');
    homeserver.happen(room, ALICE, DOOR, { join_rule: 'public' }, '');
    await world.start();
    await linked(world);
    await channelIs(world, MODERATED);
    assert.equal(writes(world, LEVELS), 0);
    homeserver.happen(room, ALICE, LEVELS, { users: { ...users, [BOT]: 100 }, events }, '');
    await settled(world);
    assert.equal(now(world, LEVELS)?.events_default, 1);
    assert.deepEqual(world.network.gestures, []);
  });

  test('asks nothing of the homeserver when it hears after a start what it knew', async () => {
    const world = await worldWith();
    await channelIs(world, MODERATED);
    const asked = world.homeserver.calls.length;
    await channelIs(world, MODERATED);
    assert.deepEqual(
      world.homeserver.calls.slice(asked).filter((call) => /stateContent|sendState/.test(call)),
      [],
    );
  });
});

describe('what somebody makes of a room', () => {
  const makes = async (world: FakeWorld, type: string, content: object): Promise<void> => {
    world.homeserver.happen(world.room, ALICE, type, content, '');
    await settled(world);
  };

  test('becomes the channel’s by their own power there, and is its to take back', async () => {
    const world = await worldWith();
    await channelIs(world, OPEN);
    await makes(world, LEVELS, { ...CUSTOM, events_default: 50 });
    assert.deepEqual(world.network.gestures, [`${ALICE} rules {"moderated":true}`]);
    await channelIs(world, MODERATED);
    // Who has a voice in the channel has one in the room.
    assert.equal(now(world, LEVELS)?.events_default, 6);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, LEVELS), CUSTOM);
    assert.equal(world.network.gestures.length, 1);
  });

  test('becomes the channel’s though the channel tells of it first', async () => {
    const world = await worldWith();
    await channelIs(world, OPEN);
    world.network.latencyMs = () => 2_000;
    world.homeserver.happen(world.room, ALICE, LEVELS, { ...CUSTOM, events_default: 50 }, '');
    world.clock.after(1_000, () =>
      world.onIrcAlso<NetworkWalls>('server', { kind: 'walls', walls: [], rules: MODERATED }),
    );
    await world.clock.until('it is said', () => world.network.gestures.length > 0);
    await settled(world);
    assert.equal(now(world, LEVELS)?.events_default, 6);
  });

  test('goes for doors and topics, too', async () => {
    const world = await worldWith({ users: { [ALICE]: 100 }, events: { 'm.room.topic': 0 } });
    await channelIs(world, { ...OPEN, topicLocked: false });
    await makes(world, LEVELS, { users: { [ALICE]: 100 }, events: { 'm.room.topic': 80 } });
    await makes(world, DOOR, { join_rule: 'invite' });
    assert.deepEqual(world.network.gestures, [`${ALICE} rules {"topicLocked":true}`, `${ALICE} rules {"closed":true}`]);
    await channelIs(world, OPEN, ['invited']);
    assert.deepEqual(now(world, LEVELS), { users: { [ALICE]: 100 }, events: { 'm.room.topic': 50 } });
    await channelIs(world, { ...OPEN, topicLocked: false });
    assert.deepEqual(now(world, LEVELS), { users: { [ALICE]: 100 }, events: { 'm.room.topic': 0 } });
    assert.deepEqual(now(world, DOOR), { join_rule: 'public' });
  });

  test('counts each time, also before the channel has said itself what was made of it', async () => {
    const world = await worldWith({ users: { [ALICE]: 100 } });
    await channelIs(world, { ...OPEN, topicLocked: false });
    await makes(world, DOOR, { join_rule: 'invite' });
    world.homeserver.happen(world.room, ALICE, DOOR, { join_rule: 'public' }, '');
    // It waited while the channel was still open.
    await channelIs(world, OPEN);
    await settled(world);
    assert.deepEqual(world.network.gestures, [`${ALICE} rules {"closed":true}`, `${ALICE} rules {"closed":false}`]);
    await channelIs(world, OPEN, ['invited']);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, DOOR), { join_rule: 'public' });
    await makes(world, DOOR, { join_rule: 'invite' });
    await channelIs(world, OPEN, ['invited']);
    assert.equal(world.network.gestures.length, 3);
    assert.deepEqual(now(world, DOOR), { join_rule: 'invite' });
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, DOOR), { join_rule: 'public' });
  });

  test('stays the room’s own where they have no power there, and they are told once', async () => {
    const world = await worldWith();
    await channelIs(world, OPEN);
    world.network.gestureFault = () => NOT_OP;
    const strict = { ...CUSTOM, events_default: 50 };
    for (const content of [strict, CUSTOM, strict]) await makes(world, LEVELS, content);
    assert.deepEqual(now(world, LEVELS), strict);
    assert.deepEqual(notices(world), ['What people may do stays as it is in #commons: Only operators may do that.']);
    assert.equal(writes(world, LEVELS), 0);
  });

  test('is put right where it says that all may speak and the channel says otherwise', async () => {
    const world = await worldWith();
    await channelIs(world, MODERATED);
    world.network.gestureFault = () => NOT_OP;
    await makes(world, LEVELS, CUSTOM);
    assert.equal(now(world, LEVELS)?.events_default, 6);
    await channelIs(world, OPEN);
    assert.deepEqual(now(world, LEVELS), CUSTOM);
  });

  test('is tried again after a restart in the midst of it', async () => {
    const world = await worldWith();
    await channelIs(world, OPEN);
    world.network.latencyMs = () => 60_000;
    world.homeserver.happen(world.room, ALICE, LEVELS, { ...CUSTOM, events_default: 50 }, '');
    const fromMs = world.clock.nowMs();
    await world.clock.until('it is under way', () => world.clock.nowMs() > fromMs + 5_000);
    world.kill();
    world.network.latencyMs = () => 1;
    await world.start();
    await world.clock.until('it is said', () => world.network.gestures.length > 0);
    await settled(world);
    assert.deepEqual([...new Set(world.network.gestures)], [`${ALICE} rules {"moderated":true}`]);
  });
});

describe('somebody is called', () => {
  const CAROL = `@carol:${SERVER}`;
  const invite = async (world: FakeWorld, byPower: boolean): Promise<void> => {
    world.onIrcAlso<NetworkInvite>('olga', { kind: 'invite', userId: CAROL, byPower });
    await settled(world);
  };
  const carol = (world: FakeWorld): string | undefined => world.homeserver.room(world.room).members.get(CAROL);

  test('into an open room by anybody, into a closed one by whoever may let people into the channel', async () => {
    const open = await worldWith();
    await invite(open, false);
    assert.equal(carol(open), 'invite');
    const closed = await worldWith(CUSTOM, { join_rule: 'invite' });
    await invite(closed, false);
    assert.equal(carol(closed), undefined);
    await invite(closed, true);
    assert.equal(carol(closed), 'invite');
  });

  test('and not once more who is there, or is not wanted there', async () => {
    const world = await worldWith();
    world.homeserver.happen(world.room, ALICE, 'm.room.member', { membership: 'ban' }, CAROL);
    await settled(world);
    await invite(world, true);
    assert.equal(carol(world), 'ban');
  });

  test('into the channel by whoever invites their ghost; whoever has their nick meanwhile is not meant', async () => {
    const world = await worldWith();
    world.network.people.set('ann', { nick: 'ann', account: null });
    world.network.people.set('ben', { nick: 'ben', account: 'somebody' });
    const asks = (ghost: string) =>
      world.homeserver.happen(world.room, ALICE, 'm.room.member', { membership: 'invite' }, ghost);
    asks(ANN);
    asks(`@_causeway_home_a+ben:${SERVER}`);
    await settled(world);
    assert.deepEqual(world.network.gestures, [`${ALICE} invite ann`]);
    assert.equal(world.homeserver.room(world.room).members.get(`@_causeway_home_a+ben:${SERVER}`), 'leave');
    assert.match(notices(world).join('\n'), /Not invited to #commons: ben is not on the network now/);
  });

  test('by name when they are silenced, if they are in the room', async () => {
    const world = await worldWith();
    for (const userId of [BOB, CAROL]) world.onIrcAlso<NetworkQuiet>('olga', { kind: 'quiet', userId, silenced: true });
    await settled(world);
    assert.deepEqual(notices(world), [
      `olga silenced ${BOB} in #commons: what they write here is not said there. Operators of #commons can lift that.`,
    ]);
  });

  test('also where the database is away at the moment at which it is heard', async () => {
    const world = await worldWith();
    await linked(world);
    let fails = 3;
    const before = world.database.transaction.bind(world.database);
    world.database.transaction = (work) =>
      before(async (sql) => {
        const done = await work(sql);
        const [row] = await sql.all<{ n: number }>("SELECT COUNT(*) AS n FROM outbox WHERE payload LIKE '%moderated%'");
        if (Number(row?.n) > 0 && fails-- > 0) throw new StoreUnavailable('away');
        return done;
      });
    await channelIs(world, MODERATED);
    await settled(world);
    assert.ok(fails < 3);
    assert.deepEqual(notices(world), [
      '#commons is moderated now: only those whom its operators gave a voice there can speak.',
    ]);
  });

  test('once in ten minutes for each, however often an operator changes a mode to and fro, under whatever name', async () => {
    const world = await worldWith();
    for (let times = 0; times < 20; times++) {
      const silenced = times % 2 === 0;
      world.onIrcAlso<NetworkQuiet>(`olga${times}`, { kind: 'quiet', userId: BOB, silenced });
      await channelIs(world, silenced ? MODERATED : OPEN);
    }
    await settled(world);
    assert.equal(notices(world).length, 4);
    await world.clock.pass(11 * 60_000);
    world.onIrcAlso<NetworkQuiet>('olga', { kind: 'quiet', userId: BOB, silenced: true });
    await settled(world);
    assert.equal(notices(world).length, 5);
  });
});
