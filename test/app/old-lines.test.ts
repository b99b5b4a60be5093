import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readStretch } from '../../src/app/inbox/room-history.ts';
import { BOT, FakeHomeserver } from '../fakes/fake-homeserver.ts';
import { FakeWorld } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const DAY_MS = 86_400_000;

/** A room in which a line is said every ten days, and a bridge that is restarted after so many days. */
async function quietRoom(days: number): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  for (let day = 0; day < days; day += 10) {
    world.onMatrix('@alice:willow.example', `day ${day}`);
    await world.clock.until('all is said', () => world.network.said.length === day / 10 + 1);
    await world.clock.pass(10 * DAY_MS);
  }
  world.kill();
  return world;
}

describe('lines of long ago, whose keys are forgotten', () => {
  test('are not said again when the bridge starts and reads its rooms back', async () => {
    const world = await quietRoom(80);
    const before = world.network.said.map(({ text }) => text);
    await world.start();
    world.onMatrix('@alice:willow.example', 'today');
    await world.clock.until('the new line is said', () => world.network.said.some(({ text }) => text === 'today'));
    assert.deepEqual(
      world.network.said.map(({ text }) => text),
      [...before, 'today'],
    );
  });

  test('are news all the same where they come after the last one that was known', async () => {
    const clock = new ManualClock();
    const homeserver = new FakeHomeserver(clock);
    const room = '!r:willow.example';
    const say = (body: string) => homeserver.happen(room, '@alice:willow.example', 'm.room.message', { body });
    const read = async (anchor: string): Promise<unknown> => {
      const { messages } = homeserver.connect(new Life());
      const answer = await readStretch({ botId: BOT, messages }, room, {
        anchor,
        floor: undefined,
        nowMs: clock.nowMs(),
      });
      return answer.ok && answer.value.events.map(({ content }) => content.body);
    };
    say('older');
    const anchor = say('known').event_id;
    say('missed');
    clock.advance(60 * DAY_MS);
    say('today');
    assert.deepEqual([await read(anchor), await read('$unknown')], [['missed', 'today'], ['today']]);
  });
});
