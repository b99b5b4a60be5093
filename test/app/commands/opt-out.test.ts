import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkMessage } from '../../../src/core/events.ts';
import type { RosterEntry } from '../../../src/ports/network.ts';
import { BOT } from '../../fakes/fake-homeserver.ts';
import { CHANNEL, type FakeWorld } from '../../fakes/fake-world.ts';
import { commandWorld } from './command-world.ts';

const ANNA = '@anna:willow.example';
const BEA = '@bea:willow.example';
const ZOE: RosterEntry = { nick: 'zoe', account: null };
const AL: RosterEntry = { nick: 'Al', account: 'alice' };

const saidThere = (world: FakeWorld): string[] => world.network.said.map(({ text }) => text);

/** What people of the network are heard saying in the room. */
const shown = (world: FakeWorld): unknown[] =>
  world.events
    .filter(({ sender, type }) => type === 'm.room.message' && sender !== BOT && sender.startsWith('@_causeway'))
    .map(({ content }) => content.body);

/** Somebody of the network says something, and a bystander after them, who is waited for. */
async function says(world: FakeWorld, source: RosterEntry, text: string): Promise<void> {
  for (const [who, words] of [
    [source, text],
    [{ nick: 'bystander', account: null }, `after ${text}`],
  ] as const) {
    const line: NetworkMessage = { ...world.message(who.nick, words), source: who };
    world.network.history.push(line);
  }
  world.network.happened.raise();
  await world.clock.until('the bystander is heard', () => shown(world).includes(`after ${text}`));
}

describe('somebody of Matrix who does not want to be bridged', () => {
  test('is not heard on the network, what waited neither, and nobody is told each time', async () => {
    const { world, asks, answers } = await commandWorld();
    world.network.goDown(20_000);
    world.onMatrix(ANNA, 'waits');
    assert.match(await asks(ANNA, '!causeway optout'), /^What you write stays on Matrix from now on, in all rooms/);
    const told = answers().length;
    world.onMatrix(ANNA, 'stays here');
    world.onMatrix(BEA, 'crosses');
    await world.clock.until('the other is heard', () => world.network.said.length > 0);
    await world.clock.until('all is done', () => world.isQuiet());
    assert.deepEqual([saidThere(world), answers().length], [['crosses'], told]);
  });

  test('stays so after a restart, and is heard again after `optin`', async () => {
    const { world, asks, restart } = await commandWorld();
    await asks(ANNA, '!causeway optout');
    await restart();
    world.onMatrix(ANNA, 'stays here');
    await world.clock.until('all is done', () => world.isQuiet());
    await asks(ANNA, '!causeway optin');
    world.onMatrix(ANNA, 'crosses');
    await world.clock.until('it is heard', () => world.network.said.length > 0);
    assert.deepEqual(saidThere(world), ['crosses']);
  });

  test('can still delete what was said before', async () => {
    const { world, asks } = await commandWorld();
    world.network.powers = { deletions: true };
    const event = world.homeserver.happen(world.room, ANNA, 'm.room.message', { msgtype: 'm.text', body: 'before' });
    await world.clock.until('it is said', () => world.network.said.length === 1);
    await world.clock.until('all is done', () => world.isQuiet());
    await asks(ANNA, '!causeway optout');
    world.homeserver.happen(world.room, ANNA, 'm.room.redaction', { redacts: event.event_id });
    await world.clock.until('it is deleted', () => world.network.gestures.length === 1);
    assert.match(String(world.network.gestures[0]), /^@anna:willow\.example redact m:said-/);
  });

  test('has no link that leads anywhere, neither those that are out nor new ones', async () => {
    const { world, asks } = await commandWorld();
    const picture = { msgtype: 'm.image', body: 'cat.png', url: 'mxc://willow.example/cat' };
    world.homeserver.happen(world.room, ANNA, 'm.room.message', picture);
    await world.clock.until('it is told', () => world.network.said.length === 1);
    const id = /\/m\/([A-Za-z0-9]{22})\//.exec(saidThere(world)[0] ?? '')?.[1] ?? '';
    assert.equal((await world.bridge?.pages.find(id))?.kind, 'file');
    await asks(ANNA, '!causeway optout');
    assert.deepEqual(await world.bridge?.pages.find(id), { kind: 'gone', why: 'withdrawn' });
    world.homeserver.happen(world.room, ANNA, 'm.room.message', picture);
    await world.clock.until('all is done', () => world.isQuiet());
    const [pages] = await world.database.transaction((sql) => sql.all<{ n: number }>('SELECT COUNT(*) AS n FROM page'));
    assert.equal(pages?.n, 1);
  });
});

describe('somebody of a network who does not want to be bridged', () => {
  test('is not shown on Matrix, by account under whatever nick, also after a restart, until they say otherwise', async () => {
    const { world, asksBot, restart } = await commandWorld([AL]);
    await says(world, AL, 'one');
    assert.match(
      await asksBot(AL, 'optout'),
      /^What you say is not shown on Matrix from now on, as long as you are logged in as alice\./,
    );
    await says(world, AL, 'two');
    await restart();
    await says(world, { nick: 'al_away', account: 'alice' }, 'three');
    await says(world, { nick: 'Al', account: 'another' }, 'four');
    await asksBot(AL, 'optin');
    await says(world, AL, 'five');
    assert.deepEqual(
      shown(world).filter((text) => !String(text).startsWith('after')),
      ['one', 'four', 'five'],
    );
  });

  test('is no user of the room any more', async () => {
    const { world, asksBot } = await commandWorld([AL]);
    await says(world, AL, 'one');
    const ghost = world.events.find(({ content }) => content.body === 'one')?.sender ?? '';
    await asksBot(AL, 'optout');
    await world.clock.until('the ghost is gone', () =>
      world.events.some(({ state_key, content }) => state_key === ghost && content.membership === 'leave'),
    );
  });

  test('by a nick that nobody vouches for only until they leave, whatever they are called meanwhile', async () => {
    const { world, asksBot } = await commandWorld([ZOE]);
    const sink = world.network.sink;
    assert.match(
      await asksBot(ZOE, 'optout'),
      /^What you say is not shown on Matrix from now on, while you are here as zoe/,
    );
    const named: RosterEntry = { nick: 'zoe2', account: null };
    sink?.roster(CHANNEL, { kind: 'rename', from: ZOE, to: named });
    await says(world, named, 'still silent');
    await says(world, ZOE, 'another zoe');
    sink?.roster(CHANNEL, { kind: 'leave', member: named, netsplit: true });
    await says(world, named, 'back after a netsplit');
    sink?.roster(CHANNEL, { kind: 'join', member: named });
    sink?.roster(CHANNEL, { kind: 'leave', member: named, netsplit: false });
    await says(world, named, 'somebody else');
    assert.deepEqual(
      shown(world).filter((text) => !String(text).startsWith('after')),
      ['another zoe', 'somebody else'],
    );
  });

  test('by nick is held over a restart while they are there, and not when they were gone', async () => {
    const { world, asksBot, restart } = await commandWorld([ZOE]);
    await asksBot(ZOE, 'optout');
    await restart();
    await says(world, ZOE, 'still silent');
    world.network.sink?.roster(CHANNEL, { kind: 'list', members: [] });
    await world.clock.pass(1_000);
    await says(world, ZOE, 'somebody else');
    assert.deepEqual(
      shown(world).filter((text) => !String(text).startsWith('after')),
      ['somebody else'],
    );
  });

  test('is told to log in where nothing tells them from the next one', async () => {
    const { world, asksBot, asks } = await commandWorld();
    assert.match(await asksBot(ZOE, 'optout'), /^You are not logged in to an account and in no channel of the bridge/);
    assert.doesNotMatch(await asks(ANNA, '!causeway status'), /want to be bridged/);
    await says(world, ZOE, 'heard');
    assert.ok(shown(world).includes('heard'));
  });
});

describe('those who do not want to be bridged', () => {
  test('are a count in the help and in what is said of the link, and no names', async () => {
    const { world, asks, asksBot } = await commandWorld([AL]);
    assert.doesNotMatch(await asks(BEA, '!causeway help'), /want to be bridged/);
    await asks(ANNA, '!causeway optout');
    assert.match(await asks(BEA, '!causeway help'), /\nOne person does not want to be bridged\.$/);
    await asksBot(AL, 'optout');
    assert.match(await asks(BEA, '!causeway status'), / 2 people do not want to be bridged\.$/);
    const report = await world.bridge?.status.report();
    assert.deepEqual(report?.bridge.notes, ['2 people do not want to be bridged.']);
  });
});
