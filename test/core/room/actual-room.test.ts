import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applyEvent, readRoom } from '../../../src/core/room/actual-room.ts';
import { BOT, created, levels, member, ourRoom, ROOM, state } from './support.ts';

describe('a room as its state says it is', () => {
  test('has everything that plans ask for', () => {
    const room = readRoom(ROOM, [
      created('11', { type: 'm.space', 'm.federate': false }),
      state('m.room.name', { name: 'Garden' }),
      state('m.room.topic', { topic: 'Beans' }),
      state('m.room.join_rules', {
        join_rule: 'restricted',
        allow: [{ type: 'm.room_membership', room_id: '!s:x' }, { type: 'other', room_id: '!t:x' }, 7],
      }),
      state('m.room.server_acl', { allow: ['x', 4], deny: 'y', allow_ip_literals: false }),
      state('m.room.guest_access', { guest_access: 'can_join' }),
      state('m.room.history_visibility', { history_visibility: 'joined' }),
      state('m.room.canonical_alias', { alias: '#garden:x' }),
      state('m.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' }),
      state('m.room.tombstone', { replacement_room: '!new:x' }),
      state('m.space.child', { via: ['x'], order: 'a', suggested: true }, '!c:x'),
      state('m.space.parent', { via: ['x'], canonical: true }, '!p:x'),
      state('m.room.member', { membership: 'invite', displayname: 'Ada' }, '@ada:x', '@bo:x'),
    ]);
    assert.deepEqual(
      {
        is: [room.roomId, room.version, room.type, room.isSpace, room.federate, [...room.creators]],
        named: [room.name, room.topic, room.canonicalAlias],
        doors: [room.joinRule, room.serverAcl, room.guestAccess, room.historyVisibility],
        ended: [room.isEncrypted, room.tombstone],
        links: [[...room.children], [...room.parents]],
        members: [...room.members],
      },
      {
        is: [ROOM, 11, 'm.space', true, false, [BOT]],
        named: ['Garden', 'Beans', '#garden:x'],
        doors: [
          { rule: 'restricted', allow: ['!s:x'] },
          { allow: ['x'], deny: [], allowIpLiterals: false },
          'can_join',
          'joined',
        ],
        ended: [true, { replacement: '!new:x' }],
        links: [
          [
            [
              '!c:x',
              {
                via: ['x'],
                order: 'a',
                suggested: true,
                canonical: false,
                raw: { via: ['x'], order: 'a', suggested: true },
              },
            ],
          ],
          [['!p:x', { via: ['x'], suggested: false, canonical: true, raw: { via: ['x'], canonical: true } }]],
        ],
        members: [['@ada:x', { membership: 'invite', displayName: 'Ada', sender: '@bo:x' }]],
      },
    );
  });

  test('is what the specification says where the state says nothing', () => {
    const room = readRoom(ROOM, []);
    assert.deepEqual(
      [room.version, room.federate, room.joinRule, room.serverAcl, room.guestAccess, room.historyVisibility],
      [1, true, { rule: 'invite', allow: [] }, undefined, 'forbidden', 'shared'],
    );
    assert.deepEqual(
      [[...room.creators], room.powerOf(BOT), room.isEncrypted, room.tombstone],
      [[], 0, false, undefined],
    );
  });

  const CREATORS: ReadonlyArray<readonly [name: string, create: ReturnType<typeof created>, creators: string[]]> = [
    ['the content up to version 10', created('10', { creator: '@a:x' }, '@b:x'), ['@a:x']],
    ['the sender from 11 on, whatever the content says', created('11', { creator: '@a:x' }, '@b:x'), ['@b:x']],
    [
      'the sender and those added from 12 on',
      created('12', { additional_creators: ['@c:x', 5] }, '@b:x'),
      ['@b:x', '@c:x'],
    ],
    ['nobody added before 12', created('11', { additional_creators: ['@c:x'] }, '@b:x'), ['@b:x']],
  ];
  for (const [name, create, creators] of CREATORS)
    test(`was made by whom it names: ${name}`, () =>
      assert.deepEqual([...readRoom(ROOM, [create]).creators], creators));

  test('of version 12 gives its creators more power than any level, older ones what is written', () => {
    const powers = (version: string) =>
      readRoom(ROOM, [created(version), levels({ users: { '@a:x': 50 }, users_default: 5 })]);
    assert.deepEqual(
      ['11', '12'].map((version) => [BOT, '@a:x', '@b:x'].map((userId) => powers(version).powerOf(userId))),
      [
        [5, 50, 5],
        [Number.POSITIVE_INFINITY, 50, 5],
      ],
    );
    assert.equal(readRoom(ROOM, [created('11')]).powerOf(BOT), 100);
  });

  test('has the thresholds of the specification where none are written', () => {
    const room = readRoom(ROOM, [levels({ kick: '70', events: { 'm.room.topic': 10 }, invite: 1.5 })]);
    assert.deepEqual(
      [room.threshold('kick'), room.threshold('ban'), room.threshold('invite'), room.threshold('events_default')],
      [70, 50, 0, 0],
    );
    assert.deepEqual([room.powerForState('m.room.topic'), room.powerForState('m.room.name')], [10, 50]);
  });
});

describe('an event in a room', () => {
  test('changes what it is about, and nothing else', () => {
    const room = ourRoom();
    applyEvent(room, member('@a:x'));
    applyEvent(room, state('m.space.child', { via: ['x'] }, '!c:x'));
    assert.deepEqual([room.isJoined('@a:x'), room.children.size], [true, 1]);
    applyEvent(room, member('@a:x', 'leave'));
    applyEvent(room, state('m.space.child', {}, '!c:x'));
    assert.deepEqual([room.members.get('@a:x')?.membership, room.children.size], ['leave', 0]);
  });

  test('of another room, or that is no state, changes nothing', () => {
    const room = ourRoom();
    applyEvent(room, { ...member('@a:x'), room_id: '!other:x' });
    const { state_key: _, ...message } = state('m.room.join_rules', { join_rule: 'public' });
    applyEvent(room, message);
    applyEvent(room, created('12', {}, '@thief:x'));
    applyEvent(room, state('m.room.join_rules', { join_rule: 'public' }, 'key'));
    applyEvent(room, member('@a:x', 'king'));
    assert.deepEqual(
      [room.members.size, room.joinRule.rule, room.version, [...room.creators]],
      [1, 'invite', 11, [BOT]],
    );
  });

  test('costs the same among ten thousand members as among none', () => {
    const room = ourRoom();
    for (let i = 0; i < 10_000; i++) applyEvent(room, member(`@m${i}:x`));
    const { members } = room;
    applyEvent(room, member('@m5:x', 'leave'));
    assert.equal(room.members, members);
    assert.equal(members.size, 10_001);
  });

  test('of any content is taken', () => {
    const type = fc.constantFrom(
      'm.room.create',
      'm.room.power_levels',
      'm.room.join_rules',
      'm.room.server_acl',
      'm.room.member',
      'm.space.child',
      'm.room.tombstone',
    );
    const key = fc.constantFrom('', '__proto__', 'constructor', '@a:x');
    const values = fc.dictionary(
      fc.constantFrom('users', 'allow', 'via', 'events', 'membership', 'room_version'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(type, values, key)), (events) => {
        const room = readRoom(
          ROOM,
          events.map(([kind, content, stateKey]) => state(kind, content, stateKey)),
        );
        assert.equal(typeof room.powerOf('__proto__'), 'number');
        assert.ok(Number.isSafeInteger(room.powerForState('constructor')));
        assert.equal(typeof room.joinRule.rule, 'string');
        assert.ok(room.serverAcl === undefined || Array.isArray(room.serverAcl.allow));
        assert.ok(room.version >= 0);
      }),
    );
  });
});
