import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScriptedPeer } from '../../fakes/freeq/scripted-peer.ts';
import { freeqWorld } from './freeq-world.ts';

describe('whoever attacks with tags that the server passes on', { timeout: 60_000 }, () => {
  test('deletes nobody’s message: a guest’s `+delete` is asked of nobody by the server, and counts for nothing', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t);
    await world.listening();
    const frida = await person('frida');
    const gina = await guest('gina');
    frida.say('#commons', 'to be silenced');
    await world.hears('frida: to be silenced');
    const victim = world.messages()[0]?.key.slice(2) ?? '';
    gina.tag('#commons', { '+delete': victim });
    ScriptedPeer.on(server, 'J.test').tag('zed', '#commons', { '+delete': victim });
    await frida.got(/\+delete=\S+ :zed TAGMSG #commons/);
    await frida.got(/\+delete=\S+ :gina!\S+ TAGMSG #commons/);
    frida.say('#commons', 'still here');
    await world.hears('frida: still here');
    assert.deepEqual(
      world.memory.events.filter(({ kind }) => kind === 'deletion'),
      [],
    );
    assert.equal(server.store.row(victim)?.deleted, false);
  });
});
