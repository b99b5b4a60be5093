import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixEvent } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';
const BOB = '@bob:willow.example';

/** A bridge whose network has answers, reactions and deletions as long as it is there. */
async function talking() {
  const world = await FakeWorld.make();
  world.network.powers = { replies: true, reactions: true, deletions: true };
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const { homeserver, room, clock } = world;
  for (const person of [ALICE, BOB]) homeserver.happen(room, person, 'm.room.member', { membership: 'join' }, person);
  return {
    world,
    quiet: (): Promise<void> => clock.until('nothing waits', () => world.isQuiet()),
    say: (who: string, body: string, more: object = {}): MatrixEvent =>
      homeserver.happen(room, who, 'm.room.message', { msgtype: 'm.text', body, ...more }),
    react: (who: string, { event_id }: MatrixEvent, key: string) =>
      homeserver.happen(room, who, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id, key } }),
    redact: (who: string, { event_id }: MatrixEvent) =>
      homeserver.happen(room, who, 'm.room.redaction', { redacts: event_id }),
  };
}

describe('what people on Matrix do with what was said, while a side of the bridge is away', () => {
  test('a reaction and a deletion wait for the network, in their order, also over a restart', async () => {
    for (const restarts of [false, true]) {
      const { world, say, react, redact, quiet } = await talking();
      const [kept, secret] = [say(ALICE, 'kept'), say(ALICE, 'secret')];
      await quiet();
      world.network.goDown(30_000);
      react(BOB, kept, '👍');
      redact(ALICE, secret);
      await world.clock.pass(5_000);
      assert.deepEqual([world.network.gestures, await world.isQuiet()], [[], false]);
      if (restarts) {
        world.kill();
        await world.start();
        await world.clock.pass(5_000);
      }
      await quiet();
      const [first, second] = [kept, secret].map(({ event_id: id }) => keyFromMsgid(`said-${id}`));
      assert.deepEqual(
        world.network.gestures,
        [`${BOB} react 👍 ${first}`, `${ALICE} redact ${second}`],
        `restarts: ${restarts}`,
      );
    }
  });

  test('a deletion that waits when the bridge starts does not go out before the network is there', async () => {
    const { world, say, redact, quiet } = await talking();
    const secret = say(ALICE, 'secret');
    await quiet();
    world.network.goDown(2_000);
    redact(ALICE, secret);
    await world.clock.pass(1_000);
    world.kill();
    await world.clock.pass(10_000);
    await world.start();
    await quiet();
    assert.deepEqual(world.network.gestures, [`${ALICE} redact ${keyFromMsgid(`said-${secret.event_id}`)}`]);
  });
});
