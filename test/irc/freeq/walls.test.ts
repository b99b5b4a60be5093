import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkWalls } from '../../../src/core/events.ts';
import { type NetworkWorld, person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

const told = (world: NetworkWorld) =>
  world.memory.events.filter((event): event is NetworkWalls => event.kind === 'walls').map(({ walls }) => walls.join());

const tells = (world: NetworkWorld, ...expected: readonly string[]) =>
  waitUntil(() => JSON.stringify(told(world)) === JSON.stringify(expected), {
    what: `walls ${JSON.stringify(expected)}, not ${JSON.stringify(told(world))}`,
  });

describe('walls on freeq', { timeout: 60_000 }, () => {
  test('an open channel is told to be open, once all of it was heard', async (t) => {
    const { world } = await freeqWorld(t);
    await tells(world, '');
  });

  test('modes that keep people out are told as they come and go', async (t) => {
    const { world, person: connect, again } = await freeqWorld(t);
    await world.network.stop('later');
    const op = await connect('op');
    const later = again();
    await tells(later, '');
    op.send('MODE #commons +i', 'MODE #commons +k sesame', 'MODE #commons -i', 'MODE #commons -k sesame');
    await tells(later, '', 'invited', 'invited,key', 'key', '');
  });

  for (const [what, mode, wall] of [
    ['for invited people', '+i', 'invited'],
    ['with a key', '+k sesame', 'key'],
    ['for encrypted messages', '+E', 'encrypted'],
  ] as const) {
    test(`a channel ${what} is told to be that, also when it was so before we came`, async (t) => {
      const { world, person: connect, again } = await freeqWorld(t);
      await world.network.stop('later');
      const op = await connect('op', { channels: ['#commons', '#walled'] });
      op.send(`MODE #commons ${mode}`);
      await op.flush();
      const later = again();
      await tells(later, wall);
    });
  }

  test('a policy that keeps us out is a wall, and status says what to do', async (t) => {
    const { server, world, again } = await freeqWorld(t);
    await world.network.stop('later');
    server.store.policies.set('#commons', new Set());
    const later = again();
    await tells(later, 'policy');
    assert.match(
      later.network.status().channels.get('#commons')?.problem ?? '',
      /This channel requires policy acceptance/,
    );
  });

  test('a policy that comes while we are in is found out, though the server tells nobody, and its end as well', async (t) => {
    const {
      server,
      world,
      person: connect,
      again,
    } = await freeqWorld(t, {
      channels: ['#Commons'],
      timings: { policyMs: 100 },
    });
    await world.network.stop('later');
    const op = await connect('op');
    const later = again();
    await tells(later, '');
    op.send('POLICY #commons SET be kind');
    await tells(later, '', 'policy');
    op.send('POLICY #commons CLEAR');
    await tells(later, '', 'policy', '');
    assert.equal(server.session('causeway')?.received.includes('POLICY #commons INFO'), true);
  });

  test('a policy that keeps one of us out is one for the room at once', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await tells(world, '');
    await connect('op');
    server.store.policies.set('#commons', new Set());
    const said = await world.network.voice(person('Alice'), '#commons');
    assert.match(said.ok ? '' : said.error.text, /policy/);
    await tells(world, '', 'policy');
  });

  test('nothing is posted in clear where messages are encrypted, and the sender is told', async (t) => {
    const { server, world, person: connect, again } = await freeqWorld(t);
    await world.network.stop('later');
    const op = await connect('op');
    op.send('MODE #commons +E');
    await op.flush();
    const later = again();
    await tells(later, 'encrypted');
    const said = await later.say(person('Alice'), 'a secret');
    assert.deepEqual(said.ok ? undefined : [said.error.code, said.error.retry, said.error.notify], [
      'irc_encrypted_only',
      'never',
      'sender',
    ]);
    assert.equal(
      server.sessions.some(({ received }) => received.some((line) => line.includes('a secret'))),
      false,
    );
  });
});
