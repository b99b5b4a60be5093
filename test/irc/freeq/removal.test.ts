import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkKick } from '../../../src/core/events.ts';
import { type NetworkWorld, person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

const thrownOut = (world: NetworkWorld) =>
  waitUntil(() => world.memory.events.find((event): event is NetworkKick => event.kind === 'kick'), {
    what: 'somebody to be thrown out',
  });

describe('somebody of ours who is thrown out on freeq', { timeout: 60_000 }, () => {
  test('by a kick is removed', async (t) => {
    const { world, person: connect, again } = await freeqWorld(t);
    await world.network.stop('later');
    const op = await connect('op');
    const later = again();
    await later.listening();
    await later.say(person('Alice'), 'hello');
    op.send('KICK #commons Alice :enough');
    const { userId, reason, source } = await thrownOut(later);
    assert.deepEqual([userId, reason, source.nick], [person('Alice').userId, 'enough', 'op']);
  });

  test('by a ban on their identity is removed, and nobody else is', async (t) => {
    const { server, world, person: connect, again } = await freeqWorld(t);
    await world.network.stop('later');
    const op = await connect('op');
    const later = again();
    await later.listening();
    await later.say(person('Alice'), 'hello');
    await later.say(person('Bob'), 'hello');
    op.send(`MODE #commons +b ${server.session('Alice')?.did}`);
    const { userId, reason } = await thrownOut(later);
    assert.deepEqual([userId, reason], [person('Alice').userId, 'banned']);
    await op.flush();
    assert.equal(later.memory.events.filter(({ kind }) => kind === 'kick').length, 1);
  });
});
