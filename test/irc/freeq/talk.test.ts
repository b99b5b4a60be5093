import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScriptedPeer } from '../../fakes/freeq/scripted-peer.ts';
import { person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

describe('talk on freeq', { timeout: 90_000 }, () => {
  test('one line each way, by a member’s own connection with an identity of its own', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.say('#commons', 'hello there');
    await world.hears('frida: hello there');
    assert.deepEqual(world.messages()[0]?.source, {
      nick: 'frida',
      user: 'frida',
      host: `freeq/key/${frida.key?.did.slice(8, 16)}`,
      account: frida.key?.did,
    });
    const said = await world.say(person('Alice'), 'hello back');
    assert.equal(said.ok, true);
    const line = await frida.gotLine(/ PRIVMSG #commons :hello back/);
    assert.match(line.prefix ?? '', /^Alice!alice@freeq\/key\//);
    assert.deepEqual(said.ok && said.value.keys, [`m:${line.tags.get('msgid')}`]);
    assert.notEqual(server.session('Alice')?.did, server.session('causeway')?.did);
    await waitUntil(() => world.messages().some(({ own }) => own), { what: 'our own line as the listener sees it' });
    assert.deepEqual(world.heard(), ['frida: hello there']);
  });

  test('a person of another server keeps their time and is nobody of this one, whatever their nick', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.listening();
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.say('causeway', '#commons', 'I have the bot’s nick');
    await world.hears('causeway: I have the bot’s nick');
    const [message] = world.messages();
    assert.deepEqual([message?.own, message?.source.origin, message?.source.account], [false, 'J.test', null]);
  });

  test('twenty lines in a burst arrive complete and in order, though the server takes five in two seconds', async (t) => {
    const { world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
    const voice = await world.network.voice(person('Alice'), '#commons');
    assert.ok(voice.ok);
    const stamp = voice.value.stamp?.(undefined);
    const sendings = lines.map((text, index) =>
      voice.value.say({ id: `burst-${index}`, style: 'text', parts: [text], ...(stamp !== undefined && { stamp }) }),
    );
    const results = await Promise.all(sendings.map(({ confirmed }) => confirmed));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    await frida.got(/ PRIVMSG #commons :line 20/);
    const heard = frida.lines.flatMap((line) => / PRIVMSG #commons :(line \d+)/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, lines);
  });

  test('a line said again after a crash is known again by its id, and is there once', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    const voice = await world.network.voice(person('Alice'), '#commons');
    assert.ok(voice.ok);
    const line = {
      id: 'row-1',
      style: 'text',
      parts: ['said twice'],
      stamp: voice.value.stamp?.(undefined) ?? '',
    } as const;
    const [first, second] = [await voice.value.say(line).confirmed, await voice.value.say(line).confirmed];
    assert.deepEqual(first, second);
    assert.equal(first.ok, true);
    await frida.flush();
    assert.equal(server.store.rows.filter(({ text }) => text === 'said twice').length, 1);
  });

  test('a line whose id has become too old is looked up, never said under the old id', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.listening();
    const voice = await world.network.voice(person('Alice'), '#commons');
    assert.ok(voice.ok);
    const result = await voice.value.say({
      id: 'row-2',
      style: 'text',
      parts: ['old'],
      stamp: String(Date.now() - 200_000),
    }).confirmed;
    assert.deepEqual(result.ok ? undefined : [result.error.code, result.error.retry], ['irc_id_too_old', 'lookup']);
    assert.deepEqual(server.store.rows, []);
  });

  test('what was said while we were away comes from history, once and in order', async (t) => {
    const { world, person: connect, again } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.say('#commons', 'before');
    await world.hears('frida: before');
    await world.network.stop('away');
    for (const text of ['while away 1', 'while away 2']) frida.say('#commons', text);
    await frida.flush();
    const back = again(world.memory);
    await back.listening();
    frida.say('#commons', 'after');
    await back.hears('frida: after');
    assert.deepEqual(back.heard(), ['frida: before', 'frida: while away 1', 'frida: while away 2', 'frida: after']);
  });
});
