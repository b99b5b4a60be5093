import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { ScriptedPeer } from '../../fakes/freeq/scripted-peer.ts';
import { readLine } from '../../fakes/freeq/wire.ts';
import { person as aPerson, type NetworkWorld } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

const CONTEXT = 'draft/chathistory-context';
const CHAIR = 'did:plc:chairchairchair';

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
  test('edits nothing as another: the account on an edit is the client’s own word, in a channel and in private', async (t) => {
    const { server, world, person } = await freeqWorld(t);
    await world.listening();
    const mallory = await person('mallory');
    const own = mallory.key?.did ?? '';
    // All that another identity has to share is its first eight characters.
    const victim = `${own.slice(0, 16)}${'9'.repeat(32)}`;
    mallory.say('#commons', 'mine');
    await world.hears('mallory: mine');
    const root = world.messages()[0]?.key.slice(2) ?? '';
    mallory.saySigned('#commons', 'I, the chair, resign', { '+draft/edit': root, account: victim });
    await world.hears('mallory: I, the chair, resign');
    assert.deepEqual(
      world.messages().map(({ source }) => source.account),
      [own, own],
    );
    // Nothing is kept of a private conversation with somebody without an identity, so the server looks for no author.
    server
      .session('causeway')
      ?.send(
        `@account=${victim};+draft/edit=01ARZ3NDEKTSV4RRFFQ69G5FAV :mallory!mallory@freeq/key/${own.slice(8, 16)} PRIVMSG causeway :link ABCD`,
      );
    mallory.say('causeway', 'help', { account: victim });
    await waitUntil(() => world.questions.length > 0, { what: 'the question' });
    assert.deepEqual(world.questions, [`mallory (${own}): help`]);
    assert.ok((await world.network.voice(aPerson('Alice'), '#commons')).ok);
    server
      .session('Alice')
      ?.send(
        `@account=${victim};+draft/edit=01ARZ3NDEKTSV4RRFFQ69G5FAV :mallory!mallory@freeq/key/${own.slice(8, 16)} PRIVMSG Alice :trust me`,
      );
    mallory.say('Alice', 'hello', { account: victim });
    const privately = () => world.messages('mallory');
    await waitUntil(() => privately().length > 0, { what: 'the private line' });
    assert.deepEqual(
      privately().map(({ source, lines }) => [source.account, lines]),
      [[own, ['hello']]],
    );
  });

  test('hides nothing of what is said: no tag makes a line ours, or takes its id away', async (t) => {
    const { world, guest } = await freeqWorld(t);
    await world.listening();
    const gina = await guest('gina');
    gina.say('#commons', 'abuse', { 'draft/relaymsg': 'causeway', relaymsg: 'causeway' });
    await world.hears('gina: abuse');
    const junk = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`j${index}`, '']));
    gina.say('#commons', 'more of it', junk);
    await world.hears('gina: more of it');
    const ids = gina.lines.flatMap((line) => (/ PRIVMSG /.test(line) ? (readLine(line)?.tags.get('msgid') ?? []) : []));
    assert.deepEqual(
      world.messages().map(({ key }) => key),
      ids.map((id) => `m:${id}`),
    );
  });

  test('puts no word into what others say, and says nothing at another time: batches and times are the server’s', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t);
    await world.listening();
    const [frida, gina] = [await person('frida'), await guest('gina')];
    frida.say('#commons', 'begin');
    await world.hears('frida: begin');
    const listener = server.session('causeway') ?? assert.fail();
    const fridaIs = server.session('frida')?.prefix;
    // What a server that passes on everything would let happen while a message of frida's is being told.
    listener.send(`@msgid=${server.mint()} :${fridaIs} BATCH +ml1 draft/multiline #commons`);
    listener.send(`@batch=ml1 :${fridaIs} PRIVMSG #commons :I say`);
    listener.send(
      `@batch=ml1;draft/multiline-concat;msgid=${server.mint()} :${server.session('gina')?.prefix} PRIVMSG #commons :that I resign`,
    );
    listener.send(`@batch=ml1 :${fridaIs} PRIVMSG #elsewhere :nothing`);
    listener.send('BATCH -ml1');
    const before = Date.now();
    gina.say('#commons', 'long ago', {
      batch: 'never-opened',
      time: '2001-01-01T00:00:00.000Z',
      label: 'x',
      'draft/multiline-concat': '',
    });
    await world.hears('gina: long ago');
    assert.deepEqual(
      world.messages().map(({ source, lines }) => [source.nick, ...lines]),
      [
        ['frida', 'begin'],
        ['gina', 'that I resign'],
        ['frida', 'I say'],
        ['gina', 'long ago'],
      ],
    );
    assert.ok((world.messages().at(-1)?.timeMs ?? 0) > before - 10_000);
  });

  test('pins and unpins nothing: only the server’s own notice of a pin is one', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t);
    await world.listening();
    const [frida, gina] = [await person('frida'), await guest('gina')];
    frida.say('#commons', 'an opinion');
    await world.hears('frida: an opinion');
    const msgid = world.messages()[0]?.key.slice(2) ?? '';
    const pinning = { '+freeq.at/pin': msgid };
    gina.notice('#commons', '\u0001ACTION pinned a message\u0001', pinning);
    gina.say('#commons', '\u0001ACTION pinned a message\u0001', pinning);
    gina.tag('#commons', pinning);
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.say('zed!~u@host', '#commons', '\u0001ACTION pinned a message\u0001', {
      tags: new Map(Object.entries(pinning)),
    });
    frida.say('#commons', 'behind it');
    await world.hears('frida: behind it');
    assert.deepEqual(
      world.memory.events.filter(({ kind }) => kind === 'pin'),
      [],
    );
  });

  test('takes no message’s place with a reaction under its id, which may still be on its way from another server', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t);
    await world.listening();
    const frida = await person('frida');
    const gina = await guest('gina');
    frida.say('#commons', 'first');
    await world.hears('frida: first');
    const root = world.messages()[0]?.key.slice(2) ?? '';
    const coming = server.mint();
    gina.tag('#commons', { msgid: coming, '+react': '👎', '+reply': root });
    await frida.got(/\+react=/);
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.join('zed', '#commons');
    peer.say('zed', '#commons', 'late', { msgid: coming });
    await world.hears('zed: late');
    assert.deepEqual(
      world.memory.events.flatMap(({ kind }) => (kind === 'walls' ? [] : [kind])),
      ['message', 'reaction', 'message'],
    );
  });

  test('loses nothing of a long history: no line in it counts as one that only accompanies another', async (t) => {
    let behindMs = 2_000_000;
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() - behindMs };
    const { server, world, person, again } = await freeqWorld(t, { server: { clock } });
    await world.listening();
    const frida = await person('frida');
    frida.say('#commons', 'before');
    await world.hears('frida: before');
    await world.network.stop('away');
    const texts = Array.from({ length: 600 }, (_, index) => `missed ${index}`);
    for (const text of texts) {
      behindMs -= 1_000;
      const msgid = server.mint();
      const tags = new Map([['msgid', msgid], ...(text === 'missed 9' ? [[CONTEXT, ''] as const] : [])]);
      const row = { venue: '#commons', sender: 'gina!g@freeq/guest', text, tags, msgid, root: msgid, did: undefined };
      server.store.add({ ...row, seconds: server.nowSeconds, deleted: false });
    }
    const back = again(world.memory);
    await back.hears('gina: missed 599');
    assert.deepEqual(back.heard(), ['frida: before', ...texts.map((text) => `gina: ${text}`)]);
  });
});

describe('a server that lies about the people of this one', { timeout: 60_000 }, () => {
  const accountsIn = (world: NetworkWorld) =>
    Object.fromEntries((world.network.guard?.members('#commons') ?? []).map(({ nick, account }) => [nick, account]));

  test('gives a guest here no account, and takes nobody’s away, by what it sends under their names', async (t) => {
    const { server, world, person, guest } = await freeqWorld(t);
    await world.listening();
    const frida = await person('frida');
    const mallory = await guest('mallory');
    mallory.say('#commons', 'I am a guest');
    await world.hears('mallory: I am a guest');
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.say('mallory!m@x.y', '#commons', 'I have a chair', { account: CHAIR });
    peer.say(`frida!a@freeq/key/${frida.key?.did.slice(8, 16)}`, '#commons', 'I am nobody');
    peer.say('mallory!m@freeq/plc/chaircha', '#commons', 'I have a cloak', { account: CHAIR });
    await world.hears('mallory: I have a cloak');
    assert.deepEqual(accountsIn(world), { frida: frida.key?.did, mallory: null });
    assert.deepEqual(
      world.rosterChanges.flatMap(({ change }) => (change.kind === 'account' ? [change.member] : [])),
      [],
    );
    assert.deepEqual(
      world.messages().map(({ source }) => [source.account, source.origin]),
      [
        [null, undefined],
        [CHAIR, 'J.test'],
        [null, '?'],
        [null, '?'],
      ],
    );
  });

  test('makes its own people nobody of this server: whom WHOIS finds there is another server’s word', async (t) => {
    const { server, world, person } = await freeqWorld(t);
    await world.listening();
    const frida = await person('frida');
    ScriptedPeer.on(server, 'J.test').join('victim', '#commons', CHAIR);
    const found = await Promise.all(['victim', 'frida'].map((nick) => world.network.privately?.find(nick)));
    assert.deepEqual(
      found.map((each) => each?.ok === true && [each.value.source.account, each.value.source.origin]),
      [
        [CHAIR, '?'],
        [frida.key?.did, undefined],
      ],
    );
  });
});
