import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { NetworkReaction } from '../../../src/core/events.ts';
import { keyFromMsgid, keyOfReaction } from '../../../src/core/ids.ts';
import type { NetworkWorld } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

const reactionsIn = ({ memory }: NetworkWorld): readonly NetworkReaction[] =>
  memory.events.filter((event) => event.kind === 'reaction');

const inShort = ({ source, emoji, removed, tallied }: NetworkReaction) => [
  `${removed ? 'takes back' : 'gives'} ${emoji}`,
  source.nick,
  source.account,
  source.origin,
  tallied?.map(({ account }) => account),
];

describe('reactions of a time when we were away', { timeout: 60_000 }, () => {
  /** Two lines and a reaction to the first, all of them heard; then nobody listens. */
  async function heardBefore(t: TestContext) {
    const here = await freeqWorld(t);
    const { server, world } = here;
    await world.listening();
    const frida = await here.person('frida');
    frida.say('#commons', 'one');
    frida.say('#commons', 'two');
    await world.hears('frida: two');
    const idOf = (text: string) => server.store.rows.find((row) => row.text === text)?.msgid ?? assert.fail();
    const react = (kind: 'react' | 'unreact', text: string, emoji: string) =>
      frida.change('#commons', { kind, subject: idOf(text), emoji });
    react('react', 'one', '👍');
    await waitUntil(() => reactionsIn(world).length === 1, { what: 'the reaction' });
    await world.network.stop('away');
    const back = async (): Promise<NetworkWorld> => {
      await frida.flush();
      const world = here.again(here.world.memory);
      frida.say('#commons', `back ${Math.random()}`);
      await waitUntil(() => world.heard().at(-1)?.startsWith('frida: back') === true, { what: 'the history' });
      return world;
    };
    return { ...here, frida, idOf, react, back };
  }

  test('are given once, by somebody for whom nobody vouches, and taken back where the list has them no more', async (t) => {
    const { world, frida, react, back, idOf } = await heardBefore(t);
    react('react', 'one', '🎉');
    react('react', 'two', '👋');
    react('unreact', 'one', '👍');
    const first = await back();
    await waitUntil(() => reactionsIn(first).length === 4, { what: 'what was missed' });
    assert.deepEqual(reactionsIn(first).map(inShort), [
      ['gives 👍', 'frida', frida.key?.did, undefined, undefined],
      ['gives 🎉', 'frida', null, '?', [frida.key?.did]],
      ['gives 👋', 'frida', null, '?', [frida.key?.did]],
      ['takes back 👍', 'frida', null, '?', [frida.key?.did]],
    ]);
    assert.deepEqual(
      reactionsIn(first).map(({ target }) => target),
      ['one', 'one', 'two', 'one'].map((text) => keyFromMsgid(idOf(text))),
    );
    await first.network.stop('away again');
    const second = await back();
    await second.network.stop('done');
    assert.equal(reactionsIn(world).length, 4);
  });

  test('are nobody’s of the network where they are our own people’s', async (t) => {
    const { world, server, idOf, back } = await heardBefore(t);
    const root = idOf('one');
    const store = (nick: string, emoji: string) => server.store.react({ root, nick, did: undefined, emoji });
    world.memory.puppets.set('@alice:willow.example', {
      userId: '@alice:willow.example',
      nick: 'Alice',
      account: null,
      prefix: null,
    });
    world.memory.sent.add(keyOfReaction(keyFromMsgid(root), '🎉')).add(keyOfReaction(keyFromMsgid(root), '👋'));
    for (const nick of ['Alice', 'gus']) store(nick, '🎉');
    // Whoever of ours gave this one had another name then: one of these two is theirs.
    for (const nick of ['Alize', 'gus']) store(nick, '👋');
    store('gus', '🌱');
    const again = await back();
    await waitUntil(() => reactionsIn(again).length >= 3, { what: 'what was missed' });
    await again.network.stop('done');
    assert.deepEqual(
      reactionsIn(again)
        .slice(1)
        .map(({ source, emoji }) => `${source.nick} ${emoji}`),
      ['gus 🎉', 'gus 🌱'],
    );
  });

  test('that their author typed belong to no account, and make no crowd', async (t) => {
    const { frida, back } = await heardBefore(t);
    const crowd = Array.from({ length: 400 }, (_, index) => `chair${index}`).join(',');
    frida.say('#commons', 'praise me', { '+freeq.at/reactions': '👑:chair,board' });
    frida.say('#commons', 'praise me more', { '+freeq.at/reactions': `👑:${crowd}` });
    const again = await back();
    await again.network.stop('done');
    assert.deepEqual(reactionsIn(again).slice(1).map(inShort), [
      ['gives 👑', 'chair', null, '?', []],
      ['gives 👑', 'board', null, '?', []],
    ]);
  });

  test('stay where a server has lost them all', async (t) => {
    const { server, idOf, world, back } = await heardBefore(t);
    const root = idOf('two');
    for (let index = 0; index < 30; index++)
      server.store.react({ root, nick: `guest${index}`, did: undefined, emoji: '👍' });
    const first = await back();
    await waitUntil(() => reactionsIn(first).length === 31, { what: 'all of them' });
    await first.network.stop('away');
    server.store.reactions = [];
    const second = await back();
    await second.network.stop('done');
    assert.deepEqual(
      reactionsIn(world).filter(({ removed }) => removed),
      [],
    );
  });
});
