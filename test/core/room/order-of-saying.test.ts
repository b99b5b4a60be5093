import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MatrixEvent } from '../../../src/core/events.ts';
import { inOrderOfSaying } from '../../../src/core/room/order-of-saying.ts';

const said = (text: string, ms: number, sender = '@alice:x'): MatrixEvent => ({
  event_id: `$${text}`,
  room_id: '!room:x',
  sender,
  type: 'm.room.message',
  content: { body: text },
  origin_server_ts: ms,
});
const serverOf = ({ sender }: MatrixEvent): string => sender.split(':')[1] ?? '';
const order = (events: readonly MatrixEvent[], clockOf = serverOf as (event: MatrixEvent) => string | undefined) =>
  inOrderOfSaying(events, clockOf).map(({ content }) => content.body);

describe('what is read from a room stands in the order in which it was said', () => {
  test('though the homeserver shuffles what it was told in one moment', () => {
    const moment = [said('six', 2_600), said('four', 1_400), said('five', 2_000, '@bob:x'), said('three', 900)];
    assert.deepEqual(order([said('two', 100), ...moment, said('seven', 3_000)]), [
      ...['two', 'three', 'four', 'five', 'six', 'seven'],
    ]);
  });

  test('as far as one clock tells: that of another server, and what has no time of its own, stay where they were', () => {
    const read = [said('b', 200), said('theirs', 5, '@eve:y'), said('back-filled', 1, '@ghost:x'), said('a', 100)];
    assert.deepEqual(
      order(read, (event) => (event.sender === '@ghost:x' ? undefined : serverOf(event))),
      ['a', 'theirs', 'back-filled', 'b'],
    );
  });

  test('and a clock that was set back in the middle changes nothing', () => {
    const hour = 3_600_000;
    const read = [said('one', hour), said('two', hour + 10), said('three', 5), said('four', 20)];
    assert.deepEqual(order(read), ['one', 'two', 'three', 'four']);
  });

  test('whatever the moments are', () => {
    const moments = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 });
    fc.assert(
      fc.property(moments, fc.infiniteStream(fc.nat()), (sizes, chance) => {
        let ms = 0;
        const all = sizes.map((size) => Array.from({ length: size }, () => said(`${++ms}`, ms * 50)));
        const shuffled = all.map((moment) =>
          moment
            .map((event) => ({ event, at: chance.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ event }) => event),
        );
        assert.deepEqual(inOrderOfSaying(shuffled.flat(), serverOf), all.flat());
      }),
    );
  });
});
