import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { NetworkDeletion, NetworkMessage, NetworkReaction } from '../../../src/core/events.ts';
import { mediaIn } from '../../../src/core/freeq/tags.ts';
import type { MessageKey } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { OutgoingLine, Voice } from '../../../src/ports/network.ts';
import { ScriptedPeer } from '../../fakes/freeq/scripted-peer.ts';
import { type NetworkWorld, person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

async function voiceOf(world: NetworkWorld, name: string): Promise<Voice> {
  const voice = await world.network.voice(person(name), '#commons');
  if (!voice.ok) throw new Error(voice.error.text);
  return voice.value;
}

async function said(voice: Voice, id: string, text: string, more: Partial<OutgoingLine> = {}): Promise<MessageKey> {
  const stamp = voice.stamp?.(undefined);
  const parts = voice.split(text, 'text');
  const result = await voice.say({ id, style: 'text', parts, ...(stamp !== undefined && { stamp }), ...more })
    .confirmed;
  const key = result.ok ? result.value.keys[0] : undefined;
  if (key === undefined) throw new Error(JSON.stringify(result));
  return key;
}

const last = async <T extends NetworkMessage | NetworkReaction | NetworkDeletion>(
  world: NetworkWorld,
  kind: T['kind'],
  matches: (event: T) => boolean = () => true,
): Promise<T> =>
  await waitUntil(
    () => world.memory.events.filter((event): event is T => event.kind === kind).findLast((event) => matches(event)),
    { what: `a ${kind}` },
  );

for (const login of ['key', 'guest'] as const)
  describe(`what is done with what was said, as ${login === 'key' ? 'people with identities' : 'guests'}`, {
    timeout: 60_000,
  }, () => {
    test('an edit, a reaction, its end and a deletion reach freeq', async (t) => {
      const { server, world, person: connect } = await freeqWorld(t, { login });
      await world.listening();
      const frida = await connect('frida');
      const voice = await voiceOf(world, 'Alice');
      const key = await said(voice, 'row-1', 'first words');
      await said(voice, 'row-2', 'better words', { edits: key });
      const edit = await frida.gotLine(/ PRIVMSG #commons :better words/);
      assert.equal(`m:${edit.tags.get('+draft/edit')}`, key);
      const emoji = '👍';
      assert.deepEqual(await voice.react?.({ target: key, emoji, removed: false }), { ok: true, value: undefined });
      await frida.gotLine(/\+react=👍.* TAGMSG #commons/);
      assert.deepEqual(await voice.react?.({ target: key, emoji, removed: true }), { ok: true, value: undefined });
      await frida.gotLine(/\+freeq\.at\/unreact=👍.* TAGMSG #commons/);
      assert.deepEqual(await voice.redact?.(key, '', true), { ok: true, value: undefined });
      await frida.gotLine(/\+draft\/delete=.* TAGMSG #commons/);
      assert.deepEqual(
        server.store.rows.filter(({ deleted }) => !deleted).map(({ text }) => text),
        [],
      );
    });
  });

test('a file is told with its facts beside the line that people read', async (t) => {
  const { server, world, person: connect } = await freeqWorld(t);
  await world.listening();
  const frida = await connect('frida');
  const url = 'https://b.example/m/ID/cat.png';
  const media = { url, mimetype: 'image/png', filename: 'cat.png', sizeBytes: 9, width: 64, height: 48 };
  await said(await voiceOf(world, 'Alice'), 'row-1', `sent a picture: cat.png ${url}`, { style: 'action', media });
  const { tags, params } = await frida.gotLine(/ PRIVMSG #commons :\x01ACTION sent a picture/);
  assert.deepEqual([params[1], mediaIn(tags)], [`\x01ACTION sent a picture: cat.png ${url}\x01`, [media]]);
  // The server has taken our own signature, which covers them.
  assert.match(tags.get('+freeq.at/sig') ?? '', /^ed25519:/);
  assert.equal(server.store.rows.length, 1);
});

describe('what people of freeq do with what was said', { timeout: 60_000 }, () => {
  test('edits, answers, reactions and deletions name the first version, and who it was', async (t) => {
    const { world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.say('#commons', 'first words');
    await world.hears('frida: first words');
    const root = world.messages()[0]?.key.slice(2) ?? '';
    frida.edit('#commons', root, 'better words');
    const edit = await last<NetworkMessage>(world, 'message', ({ edits }) => edits !== undefined);
    assert.deepEqual([edit.edits, edit.lines, edit.source.account], [`m:${root}`, ['better words'], frida.key?.did]);
    frida.say('#commons', 'an answer', { '+reply': root });
    const answer = await last<NetworkMessage>(world, 'message', ({ replyTo }) => replyTo !== undefined);
    assert.equal(answer.replyTo, `m:${root}`);
    frida.change('#commons', { kind: 'react', subject: root, emoji: '🎉' });
    const reaction = await last<NetworkReaction>(world, 'reaction');
    assert.deepEqual([reaction.target, reaction.emoji, reaction.removed], [`m:${root}`, '🎉', false]);
    frida.change('#commons', { kind: 'unreact', subject: root, emoji: '🎉' });
    await last<NetworkReaction>(world, 'reaction', ({ removed }) => removed);
    frida.change('#commons', { kind: 'delete', subject: root });
    const deletion = await last<NetworkDeletion>(world, 'deletion');
    assert.deepEqual([deletion.target, deletion.source.account], [`m:${root}`, frida.key?.did]);
  });

  test('people of another server edit and react as people of that server', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.listening();
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.join('zed', '#commons');
    peer.say('zed', '#commons', 'from afar');
    await world.hears('zed: from afar');
    const root = world.messages()[0]?.key.slice(2) ?? '';
    peer.tag('zed', '#commons', { '+react': '👋', '+reply': root });
    const reaction = await last<NetworkReaction>(world, 'reaction');
    assert.deepEqual([reaction.source.nick, reaction.source.origin, reaction.emoji], ['zed', 'J.test', '👋']);
  });

  test('line ends that were written as two characters are line ends, and backslashes of others are their own', async (t) => {
    const { world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.say('#commons', 'one\\n\\nthree', { '+freeq.at/multiline': '' });
    frida.say('#commons', 'C:\\new');
    await world.hears('frida: C:\\new');
    assert.deepEqual(
      world.messages().map(({ lines }) => lines),
      [['one', '', 'three'], ['C:\\new']],
    );
  });

  test('several lines are one message in both forms of today', async (t) => {
    const { world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    frida.sayLines('#commons', ['one', 'two']);
    frida.say('#commons', 'three\\nfour', { '+freeq.at/multiline': '' });
    await world.hears('frida: four');
    assert.deepEqual(
      world.messages().map(({ lines }) => lines),
      [
        ['one', 'two'],
        ['three', 'four'],
      ],
    );
  });

  test('several lines of ours are one message, which is known again by its id', async (t) => {
    const { server, world, person: connect } = await freeqWorld(t);
    await world.listening();
    const frida = await connect('frida');
    const voice = await voiceOf(world, 'Alice');
    const stamp = voice.stamp?.(undefined) ?? '';
    const key = await said(voice, 'row-9', 'alpha\nbeta', { stamp });
    assert.equal(await said(voice, 'row-9', 'alpha\nbeta', { stamp }), key);
    await frida.got(/ PRIVMSG #commons :?beta/);
    assert.deepEqual(
      server.store.rows.map(({ text }) => text),
      ['alpha\nbeta'],
    );
  });
});

describe('what was done while we were away', { timeout: 60_000 }, () => {
  /** Ids near the edges of what history tells are left alone: three minutes are between the first line and the rest. */
  async function talkedBefore(t: TestContext) {
    let behindMs = 400_000;
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() - behindMs };
    const here = await freeqWorld(t, { server: { clock } });
    await here.world.network.stop('later');
    const frida = await here.person('frida');
    frida.say('#commons', 'long ago');
    await frida.flush();
    behindMs = 200_000;
    const first = here.again();
    await first.listening();
    for (const text of ['one', 'two', 'three']) frida.say('#commons', text);
    await first.hears('frida: three');
    await first.network.stop('away');
    behindMs = 0;
    const idOf = (text: string) => here.server.store.rows.find((row) => row.text === text)?.msgid ?? '';
    return { connect: here.person, ...here, frida, first, idOf };
  }

  test('a deletion and an edit are found out, and nothing else counts as deleted', async (t) => {
    const { again, first, frida, idOf } = await talkedBefore(t);
    frida.change('#commons', { kind: 'delete', subject: idOf('two') });
    frida.edit('#commons', idOf('three'), 'three, better');
    await frida.flush();
    const back = again(first.memory);
    await back.hears('frida: three, better');
    const deletion = await last<NetworkDeletion>(back, 'deletion');
    assert.deepEqual(
      [deletion.target, deletion.reason, back.memory.events.filter(({ kind }) => kind === 'deletion').length],
      [`m:${idOf('two')}`, 'while the bridge was away', 1],
    );
    const edit = back.messages().find(({ edits }) => edits !== undefined);
    assert.deepEqual([edit?.edits, edit?.replayed], [`m:${idOf('three')}`, true]);
  });

  test('an edit of before is by whoever said it, though they said nothing since the bridge is back', async (t) => {
    const { again, connect, first, frida, idOf } = await talkedBefore(t);
    const back = again(first.memory);
    await back.listening();
    // The history has been read when what is said by another comes.
    const gus = await connect('gus');
    gus.say('#commons', 'good morning');
    await back.hears('gus: good morning');
    frida.edit('#commons', idOf('long ago'), 'long, long ago');
    const edit = await last<NetworkMessage>(back, 'message', ({ edits }) => edits !== undefined);
    assert.deepEqual([edit.source.account, edit.edits], [frida.key?.did, `m:${idOf('long ago')}`]);
  });

  test('a server that lost its log has nothing deleted', async (t) => {
    const { again, first, frida, server } = await talkedBefore(t);
    server.store.rows.length = 0;
    const back = again(first.memory);
    await back.listening();
    frida.say('#commons', 'and now');
    await back.hears('frida: and now');
    assert.deepEqual(
      back.memory.events.filter(({ kind }) => kind === 'deletion'),
      [],
    );
  });
});
