import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkTopic } from '../../../src/core/events.ts';
import { person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

describe('on freeq', { timeout: 60_000 }, () => {
  test('the bot speaks for everybody where that is configured, and hears itself without repeating it', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t, { config: { puppets: { mode: 'relay' } } });
    await world.listening();
    const frida = await connect('frida');
    const lines = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];
    const said = await Promise.all(
      lines.map((text, index) => world.say(person(index % 2 === 0 ? 'Alice' : 'Bob'), text)),
    );
    assert.deepEqual(
      said.map(({ ok }) => ok),
      lines.map(() => true),
    );
    await frida.got(/ PRIVMSG #commons :<Alice> seventh/);
    assert.deepEqual(
      server.store.rows.map(({ text }) => text),
      lines.map((text, index) => `<${index % 2 === 0 ? 'Alice' : 'Bob'}> ${text}`),
    );
    assert.deepEqual(world.heard(), []);
    assert.equal(server.sessions.filter(({ isOpen }) => isOpen).length, 2);
  });

  test('topics cross both ways, by the bot where the member may not', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.say('#commons', 'hello');
    await world.hears('frida: hello');
    await world.say(person('Alice'), 'hello');
    assert.deepEqual(await world.network.setTopic(person('Alice'), '#commons', 'by Alice'), {
      ok: true,
      value: undefined,
    });
    await frida.got(/ TOPIC #commons :by Alice/);
    server.channel('#commons')?.ops.add(server.session('frida') ?? assert.fail());
    frida.send('TOPIC #commons :by frida');
    const heard = await waitUntil(
      () =>
        world.memory.events.find(
          (event): event is NetworkTopic => event.kind === 'topic' && event.topic === 'by frida',
        ),
      { what: 'the topic' },
    );
    assert.deepEqual([heard.own, heard.source.account], [false, frida.key?.did]);
  });

  test('a member who was let go while the bridge was away is not put back into channels by the server', async (t) => {
    const { server, world, again } = await freeqWorld(t, { channels: ['#commons', '#other'] });
    await world.listening();
    await world.listening('#other');
    await world.say(person('Alice'), 'in one');
    await world.say(person('Alice'), 'in the other', '#other');
    await world.network.stop('away');
    const back = again(world.memory);
    await back.listening();
    await back.say(person('Alice'), 'in one again');
    const alice = server.session('Alice');
    await waitUntil(() => alice !== undefined && server.channel('#other')?.members.has(alice) === false, {
      what: 'Alice to be out of #other',
    });
    assert.equal(alice !== undefined && server.channel('#commons')?.members.has(alice), true);
  });
});
