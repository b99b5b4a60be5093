import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixEvent } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { BOT, SERVER, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = `@alice:${SERVER}`;
const BOB = `@bob:${SERVER}`;
const MODERATOR = `@mo:${SERVER}`;
const FAR = '@bob:elsewhere.example';
const LEVELS = { users: { [BOT]: 100, [MODERATOR]: 50 }, redact: 50 };
const PICTURE = { msgtype: 'm.image', body: 'cat.png', url: `mxc://${SERVER}/cat` };

/** A picture of Alice's is in the channel, behind a link. */
async function shared(levels: object | undefined = LEVELS) {
  const world = await FakeWorld.make();
  const { homeserver, room, network, clock } = world;
  network.powers = { deletions: true };
  if (levels !== undefined) homeserver.happen(room, BOT, 'm.room.power_levels', levels, '');
  await world.start();
  const quiet = (): Promise<void> => clock.until('nothing waits', () => world.isQuiet());
  await quiet();
  for (const person of [ALICE, BOB]) homeserver.happen(room, person, 'm.room.member', { membership: 'join' }, person);
  const picture = homeserver.happen(room, ALICE, 'm.room.message', PICTURE);
  await clock.until('the picture is told', () => network.said.length === 1);
  await quiet();
  const page = network.said[0]?.text.split('/').at(-2) ?? '';
  return {
    ...{ world, picture, quiet },
    /** As an ordinary event, which no homeserver looks at. */
    redact: (who: string, { event_id }: MatrixEvent): MatrixEvent =>
      homeserver.happen(room, who, 'm.room.redaction', { redacts: event_id }),
    /** What became of the page, and what was deleted on the network. */
    left: async () => [(await world.bridge?.pages.find(page))?.kind, network.gestures],
    deleted: (by: string): string => `${by} redact ${keyFromMsgid(`said-${picture.event_id}`)}`,
  };
}

describe('a deletion on Matrix', () => {
  test('by somebody who may not delete what others said deletes nothing, wherever they come from', async () => {
    const { redact, picture, quiet, left } = await shared();
    for (const nobody of [BOB, FAR]) redact(nobody, picture);
    await quiet();
    assert.deepEqual(await left(), ['file', []]);
  });

  test('by its author counts, and so does a moderator’s', async () => {
    for (const [who, hand] of [
      [ALICE, ALICE],
      [MODERATOR, ALICE],
    ] as const) {
      const { redact, picture, quiet, left, deleted } = await shared();
      redact(who, picture);
      await quiet();
      assert.deepEqual(await left(), ['gone', [deleted(hand)]], who);
    }
  });

  test('by whoever made the room counts where that gives them all power, and where no levels are', async () => {
    for (const levels of [{ redact: 100 }, undefined]) {
      const world = await shared(levels);
      world.world.homeserver.room(world.world.room).state.set('m.room.create ', {
        ...world.picture,
        type: 'm.room.create',
        state_key: '',
        sender: MODERATOR,
        content: { room_version: '12' },
      });
      world.redact(BOB, world.picture);
      world.redact(MODERATOR, world.picture);
      await world.quiet();
      assert.deepEqual(await world.left(), ['gone', [world.deleted(ALICE)]]);
    }
  });

  test('keeps nothing of others from being said that still waits, and all of one’s own', async () => {
    const { world, redact, quiet } = await shared();
    world.network.goDown(30_000);
    const say = (body: string): MatrixEvent =>
      world.homeserver.happen(world.room, ALICE, 'm.room.message', { msgtype: 'm.text', body });
    const [kept, secret] = [say('kept'), say('secret')];
    await world.clock.pass(2_000);
    redact(BOB, kept);
    redact(ALICE, secret);
    await quiet();
    assert.deepEqual(
      world.network.said.slice(1).map(({ text }) => text),
      ['kept'],
    );
  });

  test('counts for whomever while the homeserver cannot say who may delete what', async () => {
    for (const kind of ['failed', 'slow'] as const) {
      const { world, redact, picture, quiet, left, deleted } = await shared();
      world.homeserver.fault = ({ name }) => {
        if (name !== 'stateContent') return undefined;
        return kind === 'failed' ? { kind, error: UNREACHABLE } : { kind, ms: 60_000 };
      };
      redact(MODERATOR, picture);
      await quiet();
      assert.deepEqual(await left(), ['gone', [deleted(ALICE)]], kind);
    }
  });
});
