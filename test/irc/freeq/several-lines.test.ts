import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScriptedPeer } from '../../fakes/freeq/scripted-peer.ts';
import { freeqWorld } from './freeq-world.ts';

const PLAIN = { server: { without: ['draft/multiline'] } };

describe('messages of several lines on a server that cannot put them together', { timeout: 60_000 }, () => {
  test('are one message each, of whoever said them, also where others speak at the same time', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t, PLAIN);
    await world.listening();
    const [frida, gina] = [await person('frida'), await guest('gina')];
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.join('zed', '#commons');
    frida.say('#commons', 'first');
    await world.hears('frida: first');
    const listener = server.session('causeway') ?? assert.fail();
    const tell = (from: typeof frida, lines: readonly string[], msgid: string) => {
      const { prefix } = server.session(from.nick) ?? assert.fail();
      const [one = '', ...more] = lines;
      listener.send(`@msgid=${msgid};time=2026-11-21T10:00:00.000Z :${prefix} PRIVMSG #commons :${one}`);
      for (const line of more) listener.send(`:${prefix} PRIVMSG #commons :${line}`);
    };
    tell(frida, ['a', '', 'b'], server.mint());
    tell(gina, ['c'], server.mint());
    tell(gina, ['d', 'e'], server.mint());
    peer.sayLines('zed', '#commons', ['f', 'g']);
    frida.say('#commons', 'last');
    await world.hears('frida: last');
    assert.deepEqual(
      world.messages().map(({ source, lines }) => [source.nick, source.origin, ...lines]),
      [
        ['frida', undefined, 'first'],
        ['frida', undefined, 'a', '', 'b'],
        ['gina', undefined, 'c'],
        ['gina', undefined, 'd', 'e'],
        ['zed', 'J.test', 'f', 'g'],
        ['frida', undefined, 'last'],
      ],
    );
  });

  test('are the same message in the history, and nothing of them comes twice', async (t) => {
    const { world, person, again } = await freeqWorld(t, PLAIN);
    await world.listening();
    const frida = await person('frida');
    frida.say('#commons', 'first');
    frida.sayLines('#commons', ['one', 'two']);
    await world.hears('frida: two');
    await world.network.stop('away');
    frida.sayLines('#commons', ['three', 'four']);
    await frida.flush();
    const back = again(world.memory);
    await back.hears('frida: four');
    assert.deepEqual(
      back.messages().map(({ lines }) => lines),
      [['first'], ['one', 'two'], ['three', 'four']],
    );
  });

  test('have no words of others in them, whatever comes between', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t, PLAIN);
    await world.listening();
    const [frida, gina] = [await person('frida'), await guest('gina')];
    frida.say('#commons', 'first');
    await world.hears('frida: first');
    const listener = server.session('causeway') ?? assert.fail();
    const prefixOf = ({ nick }: typeof frida) => server.session(nick)?.prefix;
    const ids = [server.mint(), server.mint(), server.mint()];
    for (const line of [
      `@msgid=${ids[0]} :${prefixOf(frida)} PRIVMSG #commons :one`,
      `@msgid=${ids[2]};+freeq.at/origin=J.test :zed PRIVMSG #commons :from`,
      `@msgid=${ids[1]} :${prefixOf(gina)} PRIVMSG #commons :I`,
      `:${prefixOf(gina)} PRIVMSG #commons :agree`,
      // The rest of a message that others spoke into: of its sender, and nobody else's.
      `:${prefixOf(frida)} PRIVMSG #commons :two`,
      ':zed PRIVMSG #commons :afar',
      `:${prefixOf(gina)} PRIVMSG #other :elsewhere`,
      `:${prefixOf(gina)} NOTICE #commons :beep`,
    ])
      listener.send(line);
    frida.say('#commons', 'last');
    await world.hears('frida: last');
    assert.deepEqual(
      world.messages().map(({ source, lines, style }) => [source.nick, style, ...lines]),
      [
        ['frida', 'text', 'first'],
        ['frida', 'text', 'one'],
        ['zed', 'text', 'from'],
        ['gina', 'text', 'I', 'agree'],
        ['frida', 'text', 'two'],
        ['zed', 'text', 'afar'],
        ['gina', 'notice', 'beep'],
        ['frida', 'text', 'last'],
      ],
    );
  });

  test('come line by line, once each and in order, where the server said that it could', async (t) => {
    const { server, world, person: connect, again } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    server.session('causeway')?.caps.delete('draft/multiline');
    frida.sayLines('#commons', ['one', 'two', 'three']);
    frida.say('#commons', 'and now');
    await world.hears('frida: and now');
    await world.network.stop('away');
    frida.say('#commons', 'while away');
    await frida.flush();
    // The history tells them as one, by the id that the first of them had.
    const back = again(world.memory);
    await back.hears('frida: while away');
    assert.deepEqual(
      back.heard(),
      ['one', 'two', 'three', 'and now', 'while away'].map((line) => `frida: ${line}`),
    );
  });
});
