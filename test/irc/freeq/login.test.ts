import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NetworkWorld, person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

describe('coming to freeq', { timeout: 60_000 }, () => {
  test('by a key of our own, made at the first start and kept', async (t) => {
    const { server, world, keys, again } = await freeqWorld(t);
    await world.listening();
    const stored = JSON.parse(readFileSync(join(keys, 'bot.json'), 'utf8')) as { did: string };
    assert.equal(server.session('causeway')?.did, stored.did);
    assert.equal(world.network.status().problem, undefined);
    await world.network.stop('restart');
    const later = again();
    await later.listening();
    assert.equal(server.session('causeway')?.did, stored.did);
  });

  test('as a guest where that is configured, and status says what that means', async (t) => {
    const { server, world } = await freeqWorld(t, { login: 'guest' });
    await world.listening();
    assert.equal(server.session('causeway')?.did, undefined);
    assert.match(world.network.status().problem ?? '', /^The bot is a guest on freeq \(freeq\.login: guest\)/);
    assert.equal(world.network.status().state, 'up');
  });

  test('a login that fails ends the attempt and backs off: never in as a guest', async (t) => {
    const { server, world, again } = await freeqWorld(t);
    await world.listening();
    await world.network.stop('restart');
    // As if another key had signed.
    server.onLine = (session, line) => {
      if (line.startsWith('AUTHENTICATE ey')) session.challenge = Buffer.from('{}');
      return 'take';
    };
    const later = again();
    await waitUntil(() => later.network.status().state === 'refused', { what: 'the refusal to show' });
    assert.match(
      later.network.status().problem ?? '',
      /login of account did:key:\S+ by ATPROTO-CHALLENGE failed \(SASL authentication failed\); check the account and its key/,
    );
    await waitUntil(() => later.logged.some((line) => line.includes('"waitMs"')), {
      what: 'the wait before the next try',
    });
    const guests = server.sessions.filter(({ registered, did }) => registered && did === undefined);
    assert.deepEqual(guests, []);
  });

  test('takes the nick that the server gives, where another identity has ours', async (t) => {
    const { person: connect, server, world, again } = await freeqWorld(t);
    await world.network.stop('elsewhere');
    const owner = await connect('causeway');
    const later = again();
    await later.listening();
    const [ours] = server.sessions.filter((session) => session.isOpen && session.nick !== 'causeway');
    assert.notEqual(ours?.did, owner.key?.did);
    owner.say('#commons', 'who are you');
    await later.hears('causeway: who are you');
    assert.equal((await later.say(person('Alice'), 'a puppet')).ok, true);
  });

  test('over a WebSocket', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.network.stop('moving');
    const web = new NetworkWorld({
      port: server.ports.web,
      config: {
        kind: 'freeq',
        freeq: { login: 'guest' },
        server: { host: '127.0.0.1', port: server.ports.web, tls: false, webSocket: '/irc' },
      },
    });
    t.after(() => web.network.stop('bye'));
    await web.listening();
    assert.equal((await web.say(person('Alice'), 'over the web')).ok, true);
  });
});
