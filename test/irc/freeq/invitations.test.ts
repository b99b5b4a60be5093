import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

describe('an invitation of the bot on freeq', { timeout: 60_000 }, () => {
  test('to a channel that is linked is followed at once', async (t) => {
    const { server, world, person: connect, again } = await freeqWorld(t, { timings: { rejoinFirstMs: 3_600_000 } });
    await world.network.stop('later');
    const op = await connect('op');
    op.send('MODE #commons +i');
    await op.flush();
    const later = again();
    const channel = () => later.network.status().channels.get('#commons');
    await waitUntil(() => channel()?.problem !== undefined, { what: 'the wall' });
    // Who tries without end what is shut is a nuisance: once in five seconds is enough.
    const asked = () => server.session('causeway')?.received.filter((line) => line.startsWith('JOIN')).length;
    assert.equal(asked(), 1);
    op.send('INVITE causeway #commons');
    await later.listening('#commons', 15_000);
    assert.equal(asked(), 2);
    assert.equal(later.network.status().notes, undefined);
  });

  test('to any other is not, and status and log say so once', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida', { channels: ['#other', '#commons'] });
    frida.send('INVITE causeway #other', 'INVITE causeway #OTHER');
    await frida.flush();
    await waitUntil(() => world.network.status().notes !== undefined, { what: 'a note' });
    const note =
      'frida invited the bot to #other, which is linked to no room: it stays out. Add it to the channels of this network if it shall be.';
    frida.say('#commons', 'and now');
    await world.hears('frida: and now');
    assert.deepEqual(world.network.status().notes, [note]);
    assert.deepEqual(
      world.logged.filter((line) => line.includes('invited the bot')),
      [`info ${note} {}`],
    );
    assert.deepEqual(
      [...(server.channel('#other')?.members ?? [])].map(({ nick }) => nick),
      ['frida'],
    );
  });

  test('to ever more channels is remembered for a few', async (t) => {
    const { world, person: connect } = await freeqWorld(t);
    await world.listening();
    const channels = Array.from({ length: 8 }, (_, at) => `#other${at}`);
    const frida = await connect('frida', { channels: [...channels, '#commons'] });
    for (const channel of channels) {
      frida.send(`INVITE causeway ${channel}`);
      await frida.flush();
    }
    frida.say('#commons', 'and now');
    await world.hears('frida: and now');
    const named = world.network.status().notes?.map((note) => /#other\d/.exec(note)?.[0]);
    assert.deepEqual(named, channels.slice(3));
  });
});
