import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MatrixEvent } from '../../../src/core/events.ts';
import { adoptionRefusal } from '../../../src/core/room/adoption.ts';

const BOT = '@_causeway_bot:x';

const state = (type: string, content: object, sender = '@mod:x'): MatrixEvent => ({
  event_id: '$e',
  room_id: '!r',
  sender,
  type,
  content: content as MatrixEvent['content'],
  origin_server_ts: 1,
  state_key: '',
});
const levels = (content: object) => state('m.room.power_levels', content);
const created = (version: string, sender?: string) => state('m.room.create', { room_version: version }, sender);

describe('a room that is there already', () => {
  const TAKEN: ReadonlyArray<readonly [name: string, state: readonly MatrixEvent[]]> = [
    ['where the bot may act', [created('10'), levels({ users: { [BOT]: 50 } })]],
    ['where everybody may', [created('10'), levels({ users_default: 100 })]],
    ['which the bot made, in version 12', [created('12', BOT), levels({ users: {} })]],
    ['which the bot made and which has no power levels', [created('10', BOT)]],
    ['with power levels as text', [created('5'), levels({ users: { [BOT]: '100' }, kick: '50' })]],
  ];
  for (const [name, given] of TAKEN)
    test(`is taken ${name}`, () => assert.equal(adoptionRefusal(given, BOT, '#garden'), undefined));

  const REFUSED: ReadonlyArray<readonly [name: string, state: readonly MatrixEvent[], says: RegExp]> = [
    [
      'with encryption',
      [created('10'), state('m.room.encryption', {})],
      /#garden is end-to-end encrypted.*without encryption/,
    ],
    ['replaced by another', [created('10'), state('m.room.tombstone', {})], /replaced by a newer room/],
    ['where the bot is nobody', [created('10'), levels({})], /power 0 in #garden and needs 50 to write/],
    [
      'where only moderators may kick',
      [levels({ users: { [BOT]: 50 }, kick: 75 })],
      /power 50 .* needs 75 to remove people/,
    ],
    ['made by the bot in version 11 and taken from it', [created('11', BOT), levels({ users: {} })], /power 0/],
    ['whose levels are nonsense', [levels({ users: { [BOT]: {} }, state_default: 'many' })], /power 0 .* needs 50/],
    ['whose users are a list', [levels({ users: [100] })], /power 0/],
  ];
  for (const [name, given, says] of REFUSED)
    test(`is refused ${name}`, () => assert.match(adoptionRefusal(given, BOT, '#garden') ?? 'taken', says));

  test('never makes the check fail, whatever its state', () => {
    const type = fc.constantFrom('m.room.create', 'm.room.power_levels');
    fc.assert(
      fc.property(fc.array(fc.tuple(type, fc.dictionary(fc.string(), fc.jsonValue()))), (events) => {
        adoptionRefusal(
          events.map(([kind, content]) => state(kind, content)),
          BOT,
          '#garden',
        );
      }),
    );
  });
});
