import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkTopic } from '../../src/core/events.ts';
import { withoutNote } from '../../src/core/room/topic-note.ts';
import { BOT } from '../fakes/fake-homeserver.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';

/** A bridge in one channel, and hands to set topics on each side. */
async function listening() {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const { homeserver, room, clock, network } = world;
  homeserver.happen(room, ALICE, 'm.room.member', { membership: 'join' }, ALICE);
  const quiet = (): Promise<void> => clock.until('nothing waits', () => world.isQuiet());
  return {
    world,
    quiet,
    /** The channel as the listener comes in. */
    finds: async (topic: string) => {
      world.onIrcAlso<NetworkTopic>('irc.test', { kind: 'topic', topic, standing: true });
      await quiet();
    },
    sets: async (topic: string, own = false) => {
      world.onIrcAlso<NetworkTopic>('carol', { kind: 'topic', topic, own });
      await quiet();
    },
    inRoom: (topic: string, who = ALICE) => homeserver.happen(room, who, 'm.room.topic', { topic }, ''),
    topic: () =>
      withoutNote(
        String(homeserver.room(room).events.findLast(({ type }) => type === 'm.room.topic')?.content.topic ?? ''),
      ),
    network,
  };
}

describe('the topic that a channel has as the bridge comes in', () => {
  test('is the room’s where it was set while nobody of ours was there, and no news otherwise', async () => {
    const { finds, sets, inRoom, topic, quiet, network } = await listening();
    await sets('apples');
    await finds('pears');
    assert.equal(topic(), 'pears');
    inRoom('plums');
    await quiet();
    assert.deepEqual(network.topics, ['plums']);
    // The channel's own word of it was not heard, since the bridge was killed before.
    await finds('plums');
    inRoom('quinces');
    await finds('plums');
    assert.equal(topic(), 'quinces');
  });

  test('gives way to what people made of the room meanwhile', async () => {
    const { world, finds, sets, inRoom, topic, quiet, network } = await listening();
    await sets('apples');
    network.goDown(30_000);
    inRoom('plums');
    await world.clock.pass(2_000);
    await finds('pears');
    await quiet();
    assert.deepEqual([topic(), network.topics], ['plums', ['plums']]);
  });

  test('is that of a room which has none, and of no other, when it is first heard of', async () => {
    const bare = await listening();
    await bare.finds('apples');
    assert.equal(bare.topic(), 'apples');
    const named = await listening();
    named.inRoom('plums', BOT);
    await named.quiet();
    await named.finds('apples');
    assert.equal(named.topic(), 'plums');
  });
});
