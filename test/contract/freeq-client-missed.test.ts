import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, markOf, redactionOf, scriptedScene, textOf } from './freeq-scene.ts';

type Relation = { readonly event_id: string; readonly key: string };

/** Of the behaviours in freeq-client.test.ts, those about what was done while the bridge was away. */
describe('a bridge on freeq: what was done while it was away', { timeout: 280_000 }, () => {
  behaves([7, 10], 'learns who reacted, and who no longer does, each once', 'both', async (scene) => {
    const world = await scene.bridge();
    const [alice, gina] = [await scene.person('alice'), await scene.person('gina', { guest: true })];
    gina.say(CHANNEL, 'funny');
    const funny = await world.message('funny');
    const subject = String(markOf(funny).msgid);
    alice.change(CHANNEL, { kind: 'react', subject, emoji: '👍' });
    await world.event('a reaction', ({ type }) => type === 'm.reaction');
    world.say('Bob', 'here');
    await alice.got(/ PRIVMSG #commons here/);
    world.happen('Bob', 'm.reaction', {
      'm.relates_to': { rel_type: 'm.annotation', event_id: funny.event_id, key: '🌱' },
    });
    await alice.got(/react=.* :Bob!\S+ TAGMSG #commons/);
    world.kill();
    alice.change(CHANNEL, { kind: 'unreact', subject, emoji: '👍' });
    alice.change(CHANNEL, { kind: 'react', subject, emoji: '🎉' });
    gina.say(CHANNEL, 'new');
    const line = await alice.gotLine(/ PRIVMSG #commons new/);
    alice.change(CHANNEL, { kind: 'react', subject: line.tags.get('msgid') ?? '', emoji: '👋' });
    await alice.flush();
    await world.run();
    const given = () => world.sent('m.reaction').map(({ content }) => content['m.relates_to'] as Relation);
    await waitUntil(() => given().length === 3, { what: 'what was missed' });
    const fresh = await world.message('new');
    assert.deepEqual(
      given().map(({ event_id: of, key }) => [of, key]),
      [
        [funny.event_id, '👍'],
        [funny.event_id, '🎉'],
        [fresh.event_id, '👋'],
      ],
    );
    const [before, missed] = world.sent('m.reaction');
    await waitUntil(() => redactionOf(world, before?.event_id ?? '') !== undefined, { what: 'the one taken back' });
    assert.deepEqual(
      [markOf(missed ?? funny).assurance, markOf(missed ?? funny).account],
      ['anonymous', null],
      'a name in a list is nobody’s account',
    );
    alice.change(CHANNEL, { kind: 'unreact', subject, emoji: '🎉' });
    await waitUntil(() => redactionOf(world, missed?.event_id ?? '') !== undefined, { what: 'the end of the second' });
    world.kill();
    await world.run();
    await world.listening();
    gina.say(CHANNEL, 'behind it');
    await world.message('behind it');
    assert.equal(given().length, 3);
  });

  behaves([4, 10], 'takes reactions that a message’s author typed for nobody’s', 'both', async (scene) => {
    const world = await scene.bridge();
    const [alice, gina] = [await scene.person('alice'), await scene.person('gina', { guest: true })];
    alice.say(CHANNEL, 'I am here');
    const { sender } = await world.message('I am here');
    gina.say(CHANNEL, 'praise me', { '+freeq.at/reactions': '👑:alice' });
    const praised = await world.message('praise me');
    world.kill();
    await alice.flush();
    await world.run();
    const forged = await world.event('what was typed', ({ type }) => type === 'm.reaction');
    assert.deepEqual(
      [markOf(forged).account, markOf(forged).assurance, (forged.content['m.relates_to'] as Relation).event_id],
      [null, 'anonymous', praised.event_id],
    );
    assert.notEqual(forged.sender, sender);
    assert.match(world.nameOf(forged.sender) ?? '', /^alice via /);
  });

  behaves([8], 'shows of what is written edit by edit a part, and the end', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const writing = { '+freeq.at/streaming': '1' };
    alice.say(CHANNEL, 'I', writing);
    const event = await world.message('I');
    const root = String(markOf(event).msgid);
    for (const text of ['I th', 'I thi', 'I think']) alice.edit(CHANNEL, root, `${text}▍`, writing);
    await alice.got(/ PRIVMSG #commons :I think▍/);
    await scene.stage.pass(2_100);
    alice.edit(CHANNEL, root, 'I think so');
    const last = await world.event('the end', (found) => textOf(found) === 'I think so');
    assert.deepEqual(last.content['m.relates_to'], { rel_type: 'm.replace', event_id: event.event_id });
    assert.deepEqual(world.sent().map(textOf), ['I', 'I th▍', 'I think so']);
    world.kill();
    alice.say(CHANNEL, 'behind it');
    await alice.flush();
    await world.run();
    await world.message('behind it');
    assert.deepEqual(world.sent().map(textOf), ['I', 'I th▍', 'I think so', 'behind it']);
  });

  test('12: makes one event of lines that a server without batches tells one by one', async (t) => {
    const scene = await scriptedScene(t, 'scripted', { without: ['draft/multiline'] });
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const teller = scene.server.session('causeway') ?? assert.fail('no bridge');
    const prefix = scene.server.session('alice')?.prefix;
    teller.send(`@msgid=${scene.server.mint()} :${prefix} PRIVMSG #commons :a`);
    for (const line of ['', 'b']) teller.send(`:${prefix} PRIVMSG #commons :${line}`);
    alice.say(CHANNEL, 'c');
    alice.say(CHANNEL, 'd');
    await world.message('d');
    assert.deepEqual(
      world.sent().map((event) => textOf(event)),
      ['a\n\nb', 'c', 'd'],
    );
  });
});
