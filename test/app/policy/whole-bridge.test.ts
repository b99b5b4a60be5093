import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../../src/config/schema.ts';
import { SERVER } from '../../fakes/fake-homeserver.ts';
import { FakeWorld } from '../../fakes/fake-world.ts';
import { messages, roomsOf, whisper } from '../direct/whispers.ts';

const LIST = `!coc:${SERVER}`;
const MOD = `@mod:${SERVER}`;

/** A bridge that follows a list with these rules about people. */
async function following(...entities: readonly string[]): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.config = { ...world.config, moderation: { policyLists: [LIST] } } as Config;
  world.homeserver.happen(LIST, MOD, 'm.room.create', { room_version: '10' }, '');
  entities.forEach((entity, at) => {
    const content = { entity, recommendation: 'm.ban', reason: 'spam' };
    world.homeserver.happen(LIST, MOD, 'm.policy.rule.user', content, `${at}`);
  });
  world.network.people.set('carol', { nick: 'carol' });
  await world.start();
  await world.clock.until('the channel has its room', () => world.log.lines.includes('info: linked'));
  return world;
}

const said = (world: FakeWorld): string[] => world.homeserver.saidIn(world.room);

describe('a bridge that follows a policy list', () => {
  test('says nothing of whom it means, before a first line and after a restart with the homeserver away', async () => {
    const world = await following(`@_causeway_home_pest:${SERVER}`);
    world.onIrc('pest', 'one');
    world.onIrc('carol', 'two');
    await world.clock.until('carol is heard', () => said(world).includes('two'));
    world.kill();
    world.homeserver.fault = ({ room, name }) =>
      room === LIST || name === 'resolveAlias'
        ? { kind: 'failed', error: { code: 'matrix.away', text: 'away', retry: 'later', notify: 'log' } }
        : undefined;
    await world.start();
    world.onIrc('pest', 'three');
    world.onIrc('carol', 'four');
    await world.clock.until('carol is heard again', () => said(world).includes('four'));
    assert.deepEqual(said(world), ['two', 'four']);
    assert.equal(world.homeserver.room(world.room).members.get(`@_causeway_home_pest:${SERVER}`), undefined);
  });

  test('lets nobody begin a private conversation with whom it means, on either side', async () => {
    const world = await following(`@_causeway_home_pest:${SERVER}`);
    whisper(world, 'buy beans', { nick: 'pest' });
    whisper(world, 'hello', { nick: 'carol' });
    await world.clock.until('carol has her room', () =>
      roomsOf(world).some((room) => messages(world, room).length > 1),
    );
    assert.equal(roomsOf(world).length, 1);
    assert.ok(!world.homeserver.ghosts.has(`@_causeway_home_pest:${SERVER}`));
    const other = await following(`@alice:${SERVER}`);
    whisper(other, 'hello', { nick: 'carol' });
    other.onIrc('carol', 'later');
    await other.clock.until('carol is heard', () => said(other).includes('later'));
    assert.deepEqual(roomsOf(other), []);
  });
});
