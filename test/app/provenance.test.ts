import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MARKER } from '../../src/core/convert/marker.ts';
import type { NetworkMessage } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const SOURCE = { nick: 'al', account: 'did:plc:abcdefgh', origin: 'oak.example' } as const;
const SAID = {
  network: 'home',
  channel: '#commons',
  nick: 'al',
  account: 'did:plc:abcdefgh',
  origin: 'oak.example',
  assurance: 'peer-vouched',
  signature: 'unchecked',
};

test('a message says who vouches, live, replayed and edited, also inside of the new text', async () => {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the bridge runs', () => world.network.sink !== undefined);
  await world.clock.pass(5_000);
  const line = (id: string, text: string, more: Partial<NetworkMessage> = {}): NetworkMessage => ({
    ...world.message('al', text),
    key: keyFromMsgid(id),
    source: SOURCE,
    signature: 'unchecked',
    ...more,
  });
  const first = line('01A', 'live');
  world.network.history.push(
    first,
    line('01B', 'replayed', { replayed: true }),
    line('01C', 'edited', { edits: first.key }),
  );
  world.network.happened.raise();
  const seen = () =>
    world.events.filter(
      ({ sender }) => sender === '@_causeway_home_o+oak.example+a+did=3aplc=3aabcdefgh:willow.example',
    );
  await world.clock.until('all three', () => seen().filter(({ type }) => type === 'm.room.message').length === 3);
  const contents = seen()
    .filter(({ type }) => type === 'm.room.message')
    .map(({ content }) => content);
  const mark = (id: string) => ({ keys: [`home|m:${id}`], ...SAID, msgid: id });
  assert.deepEqual(
    contents.map((content) => content[MARKER]),
    [mark('01A'), mark('01B'), mark('01C')],
  );
  const edited = contents[2]?.['m.new_content'] as Record<string, unknown>;
  assert.deepEqual([edited.body, edited[MARKER]], ['edited', mark('01C')]);
});
