import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, markOf, redactionOf } from './freeq-scene.ts';

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
});
