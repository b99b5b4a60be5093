import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { validateEvent, validateEvents } from '../../src/matrix/validate-event.ts';

const sound = {
  event_id: '$e',
  room_id: '!r:localhost',
  sender: '@a:localhost',
  type: 'm.room.message',
  content: { body: 'hi' },
  origin_server_ts: 5,
};

describe('an event from a homeserver', () => {
  test('keeps the fields we know and none of the others', () => {
    assert.deepEqual(validateEvent({ ...sound, unsigned: { age: 3 }, user_id: 'x', state_key: '' }), {
      ...sound,
      state_key: '',
    });
  });

  test('takes the room from where it was found when it does not name one', () => {
    const { room_id: _, ...bare } = sound;
    assert.deepEqual(validateEvent(bare, '!r:localhost'), sound);
  });

  const refused: ReadonlyArray<readonly [string, unknown, string]> = [
    ['is not an object', [], 'event'],
    ['has no id', { ...sound, event_id: undefined }, 'event_id'],
    ['has a number for an id', { ...sound, event_id: 7 }, 'event_id'],
    ['has an id of another kind', { ...sound, event_id: '!e' }, 'event_id'],
    ['has an endless id', { ...sound, event_id: `$${'x'.repeat(255)}` }, 'event_id'],
    ['has an id that is endless in bytes', { ...sound, event_id: `$${'é'.repeat(128)}` }, 'event_id'],
    ['has a NUL in its room', { ...sound, room_id: '!r\u0000' }, 'room_id'],
    ['has a sender without a server', { ...sound, sender: '@a' }, 'sender'],
    ['has an empty type', { ...sound, type: '' }, 'type'],
    ['has half a character in its type', { ...sound, type: 'm.\ud800' }, 'type'],
    ['has an object for a state key', { ...sound, state_key: {} }, 'state_key'],
  ];
  for (const [name, value, field] of refused)
    test(`is refused when it ${name}`, () => assert.equal(validateEvent(value), field));

  const emptied: ReadonlyArray<readonly [string, unknown]> = [
    ['null', null],
    ['a list', ['x']],
    ['a string', 'x'],
    ['missing', undefined],
    ['too deep to walk', JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
  ];
  for (const [name, content] of emptied)
    test(`has empty content where its content is ${name}`, () =>
      assert.deepEqual(validateEvent({ ...sound, content }), { ...sound, content: {} }));

  test('has time 0 where its time is no time', () => {
    for (const origin_server_ts of ['5', -1, 1.5, 2 ** 60, null, {}])
      assert.deepEqual(validateEvent({ ...sound, origin_server_ts }), { ...sound, origin_server_ts: 0 });
  });

  test('that redacts says what, wherever its room version puts it', () => {
    const redaction = { ...sound, type: 'm.room.redaction', content: {} };
    const expected = { ...redaction, redacts: '$t' };
    assert.deepEqual(validateEvent({ ...redaction, redacts: '$t' }), expected);
    assert.deepEqual(validateEvent({ ...redaction, content: { redacts: '$t' } }), {
      ...expected,
      content: { redacts: '$t' },
    });
    assert.deepEqual(validateEvent({ ...redaction, redacts: { evil: 1 } }), redaction);
  });

  test('never makes us throw, and comes out sound or not at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record(Object.fromEntries(Object.keys(sound).map((key) => [key, fc.anything()])))),
        (value) => {
          const event = validateEvent(value);
          if (typeof event === 'string') return;
          assert.ok([event.event_id, event.room_id, event.sender, event.type].every((text) => text.length <= 255));
          assert.equal(typeof event.content, 'object');
        },
      ),
    );
  });

  test('in a list is left out alone, and named', () => {
    const told: unknown[] = [];
    const events = validateEvents([sound, { event_id: '$bad' }, 3], (...args) => told.push(args));
    assert.deepEqual(events, [sound]);
    assert.deepEqual(told, [
      ['room_id', '$bad'],
      ['event', undefined],
    ]);
  });
});
