import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Names } from '../../src/app/people/names.ts';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import type { ChannelConfig } from '../../src/config/schema.ts';
import type { MatrixEvent } from '../../src/core/events.ts';
import { openForTest } from '../db/kit.ts';
import { BOT } from '../fakes/fake-homeserver.ts';
import { FakeNetwork, HOME } from '../fakes/fake-network.ts';
import { CHANNEL, FakeWorld, kitFor, LivedDb } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const ALICE = '@alice:willow.example';

async function running(): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.includes('info: linked'));
  return world;
}

function joins(world: FakeWorld, userId: string, displayname: string): void {
  world.homeserver.happen(world.room, userId, 'm.room.member', { membership: 'join', displayname }, userId);
}

/** Whom lines of bob called, in order. */
const called = (world: FakeWorld): unknown[] =>
  world.events
    .filter(({ sender, type }: MatrixEvent) => sender.includes('bob') && type === 'm.room.message')
    .map(({ content }) => content['m.mentions']);

async function says(world: FakeWorld, ...lines: string[]): Promise<void> {
  await world.clock.until('all before it is known', () => world.isQuiet());
  for (const line of lines) {
    world.onIrc('bob', line);
    await world.clock.until('it is said', () => world.isQuiet());
  }
}

async function asks(world: FakeWorld, userId: string, text: string): Promise<string> {
  const before = world.events.length;
  world.onMatrix(userId, text);
  const answer = (): MatrixEvent | undefined =>
    world.events.slice(before).find(({ sender, type }) => sender === BOT && type === 'm.room.message');
  await world.clock.until('it is answered', () => answer() !== undefined);
  return String(answer()?.content.body);
}

const HER = { user_ids: [ALICE] };

describe('who is called by a line from IRC', () => {
  test('people of the room, by their name there or the nick of their connection', async () => {
    const world = await running();
    joins(world, ALICE, 'Alice Rivers');
    world.network.nicks.set('ali', ALICE);
    await says(world, 'Alice Rivers: hi', 'alice: hi', 'ALI: hi', 'hello everybody');
    assert.deepEqual(called(world), [HER, HER, HER, {}]);
  });

  test('nobody who left, who shares the name, or whose name somebody on IRC has', async () => {
    const world = await running();
    joins(world, ALICE, 'Alice');
    await says(world, 'alice: one');
    world.network.nicks.set('alice', null);
    await says(world, 'alice: two');
    world.network.nicks.clear();
    joins(world, '@other:elm.example', 'alice');
    await says(world, 'alice: three');
    world.homeserver.happen(
      world.room,
      '@other:elm.example',
      'm.room.member',
      { membership: 'leave' },
      '@other:elm.example',
    );
    await says(world, 'alice: four');
    world.homeserver.happen(world.room, ALICE, 'm.room.member', { membership: 'leave' }, ALICE);
    await says(world, 'alice: five');
    assert.deepEqual(called(world), [HER, {}, {}, HER, {}]);
  });

  test('nobody who asked not to be, also after a restart, until they ask again', async () => {
    const world = await running();
    joins(world, ALICE, 'Alice');
    assert.match(await asks(world, ALICE, '!causeway mentions off'), /^You are not called/);
    await says(world, 'alice: one');
    world.kill();
    await world.start();
    await says(world, 'alice: two');
    assert.match(await asks(world, ALICE, '!causeway mentions'), /^You are not called/);
    assert.match(await asks(world, ALICE, '!causeway mentions on'), /^You are called/);
    await says(world, 'alice: three');
    assert.deepEqual(called(world), [{}, {}, HER]);
  });
});

describe('who is called by a message from Matrix', () => {
  test('by their nick now, else by the nick of their ghost', async () => {
    const world = await running();
    world.network.nicks.set('bob', null).set('ali', ALICE);
    const pill = (id: string): string => `<a href="https://matrix.to/#/${id}">Somebody</a>`;
    const ids = ['@_causeway_home_bob:willow.example', '@_causeway_home_eve:willow.example', ALICE, '@x:elm.example'];
    world.homeserver.happen(world.room, ALICE, 'm.room.message', {
      msgtype: 'm.text',
      body: 'Somebody',
      format: 'org.matrix.custom.html',
      formatted_body: ids.map(pill).join(' '),
    });
    await world.clock.until('it is said', () => world.network.said.length === 1);
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      ['BOB eve ali Somebody'],
    );
  });

  test('not by a name that stays at home: by what they are called on networks', async () => {
    const db = await openForTest('sqlite::memory:');
    const world = new FakeNetwork(new ManualClock());
    world.nicks.set('ali', ALICE).set('bo', '@bo:willow.example');
    const kit = kitFor(new LivedDb(db, new Life()), new ManualClock(), {
      networks: new Map([[HOME, world.connect(new Life())]]),
    });
    const mannerIn = (_: string, userId: string) => (userId === ALICE ? { alias: 'coordinator' } : {});
    const names = await Names.open({ kit, isOurs: () => false, whoIs: () => undefined, mannerIn });
    const portal = new PortalTable().add(HOME, { channel: CHANNEL } as ChannelConfig);
    assert.deepEqual(
      [ALICE, '@bo:willow.example', '@eve:elm.example'].map((userId) => names.nickOf(portal, userId)),
      ['coordinator', 'bo', undefined],
    );
    assert.deepEqual(
      [names.hasOwnVoice(portal, ALICE), names.hasOwnVoice(portal, '@bo:willow.example')],
      [false, true],
    );
  });
});
