import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Person } from '../../src/ports/network.ts';
import { listeningScene } from '../fakes/irc-scene.ts';
import type { FakeServerOptions } from '../fakes/irc-server.ts';
import { person } from '../fakes/network-world.ts';

const ALICE = person('Alice');
const AS_KESTREL = { ...ALICE, displayName: 'kestrel' };

describe('a nick that somebody asks for', { timeout: 60_000 }, () => {
  async function world(t: TestContext, options: FakeServerOptions = {}, renameMs = 0) {
    const { network } = (await listeningScene(t, options, { timings: { renameMs } })).world;
    return { network, nicks: network.nicks, take: (who: Person) => network.nicks?.take?.(who) };
  }

  const refusing: FakeServerOptions = {
    answer: (client, command, params) =>
      command === 'NICK' && params[0] === 'kestrel'
        ? [`:fake.test 433 ${client.nick} kestrel :Nickname is already in use`]
        : undefined,
  };

  test('is what the connection has when the server says so, and is known to be ours', async (t) => {
    const { network, nicks, take } = await world(t);
    await network.voice(ALICE, '#commons');
    assert.deepEqual(await take(AS_KESTREL), { ok: true, value: 'kestrel' });
    assert.deepEqual([nicks?.ownerOf('kestrel'), nicks?.nickOf('#commons', ALICE.userId)], [ALICE.userId, 'kestrel']);
  });

  test('that the server refuses is told in its words, and the old one stays', async (t) => {
    const { network, nicks, take } = await world(t, refusing);
    await network.voice(ALICE, '#commons');
    assert.deepEqual(await take(AS_KESTREL), {
      ok: false,
      error: {
        code: 'irc_nick_refused',
        text: 'The server does not give you kestrel: Nickname is already in use',
        retry: 'never',
        notify: 'sender',
      },
    });
    assert.equal(nicks?.nickOf('#commons', ALICE.userId), 'Alice');
  });

  test('waits its turn where the last change is fresh, and is for nobody who is not connected', async (t) => {
    const { network, take } = await world(t, {}, 60_000);
    assert.deepEqual(await take(AS_KESTREL), { ok: true, value: undefined });
    await network.voice(ALICE, '#commons');
    const asked = await take(AS_KESTREL);
    assert.equal(asked?.ok === false && asked.error.code, 'irc_nick_too_soon');
  });
});
