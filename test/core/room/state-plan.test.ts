import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ActualRoom, applyEvent, readRoom } from '../../../src/core/room/actual-room.ts';
import { type LayoutInput, layout, type ManagedRoom } from '../../../src/core/room/layout.ts';
import { planUnlink } from '../../../src/core/room/link-plan.ts';
import { MANAGED_MARK } from '../../../src/core/room/managed-mark.ts';
import { misfits } from '../../../src/core/room/misfits.ts';
import { planState } from '../../../src/core/room/state-plan.ts';
import { BOT, created, levels, member, ROOM, state } from './support.ts';

const garden = (more: Partial<LayoutInput['channels'][number]> = {}, hidden = false): readonly ManagedRoom[] =>
  layout({
    serverName: 'x',
    cooperative: {
      name: 'Willow',
      space: '#willow',
      servers: ['elm.example:8448'],
      groups: [{ id: 'garden', name: 'Garden', state: 'active', hidden }],
    },
    hasAuthority: true,
    channels: [{ network: 'home', channel: '#garden', room: '#garden', group: 'garden', join: 'restricted', ...more }],
  });
const IDS: Readonly<Record<string, string>> = {
  'space:coop': '!coop:x',
  'space:garden': '!space:x',
  'channel:home/#garden': ROOM,
};

type Look = {
  readonly id?: string;
  readonly rooms?: readonly ManagedRoom[];
  readonly ids?: Readonly<Record<string, string>>;
  readonly known?: Readonly<Record<string, ActualRoom>>;
  readonly serverName?: string;
};

function plan(room: ActualRoom, look: Look = {}) {
  const list = look.rooms ?? garden();
  const wanted = list.find(({ id }) => id === (look.id ?? 'channel:home/#garden'));
  assert.ok(wanted);
  const ids = look.ids ?? IDS;
  return planState({
    room,
    wanted,
    layout: list,
    roomIdOf: (id) => ids[id],
    known: (id) => look.known?.[id],
    serverName: look.serverName ?? 'x',
    botId: BOT,
  });
}
const contents = (room: ActualRoom, look?: Look) =>
  Object.fromEntries(plan(room, look).map(({ type, state_key, content }) => [`${type} ${state_key}`.trim(), content]));

const restricted = (space: string) => ({
  join_rule: 'restricted',
  allow: [{ type: 'm.room_membership', room_id: space }],
});
const JOIN = state('m.room.join_rules', restricted('!space:x'));
const ALIAS = state('m.room.canonical_alias', { alias: '#garden:x' });
const PARENT = state('m.space.parent', { via: ['x'], canonical: true, [MANAGED_MARK]: true }, '!space:x');
const LOCAL = { 'm.federate': false };
/** The garden's room as it should be, with what is said of it afterwards. */
const inOrder = (...more: ReturnType<typeof state>[]) =>
  [created('11', LOCAL), member(BOT), JOIN, ALIAS, PARENT, ...more].reduce(applyEvent, readRoom(ROOM, []));

describe('a room that is as it should be', () => {
  test('needs nothing', () => assert.deepEqual(plan(inOrder()), []));

  test('is so whatever else stands in it', () => {
    const room = inOrder(
      state('m.room.canonical_alias', { alias: '#garden:x', alt_aliases: ['#g:x'] }),
      state('m.room.topic', { topic: 'T' }),
    );
    assert.deepEqual(plan(room), []);
  });
});

describe('a new room', () => {
  test('gets its door, its address and its place in the Space', () => {
    assert.deepEqual(contents(readRoom(ROOM, [created('11', LOCAL), member(BOT)])), {
      'm.room.join_rules': restricted('!space:x'),
      'm.room.canonical_alias': { alias: '#garden:x' },
      'm.space.parent !space:x': { via: ['x'], canonical: true, [MANAGED_MARK]: true },
    });
  });

  test('is told about in sentences', () => {
    assert.deepEqual(
      plan(readRoom(ROOM, [created('11'), member(BOT), state('m.room.join_rules', { join_rule: 'public' })])).map(
        ({ why }) => why,
      ),
      [
        'The door of #garden was open to everybody; it is open to members of !space:x.',
        'Other servers could take part in #garden than those of the cooperative.',
        'The main address of #garden was none; it is #garden:x.',
        '#garden says in which Space it stands.',
      ],
    );
  });
});

describe('a door', () => {
  const DOORS: ReadonlyArray<readonly [name: string, drift: object, look: Look, content: object | undefined]> = [
    ['that was opened is closed', { join_rule: 'public' }, {}, restricted('!space:x')],
    ['into another Space is moved', restricted('!elsewhere:x'), {}, restricted('!space:x')],
    [
      'with a second way in is narrowed',
      { ...restricted('!space:x'), allow: [...restricted('!space:x').allow, ...restricted('!b:x').allow] },
      {},
      restricted('!space:x'),
    ],
    [
      'that should open by invitation does',
      restricted('!space:x'),
      { rooms: garden({ join: 'invite' }) },
      { join_rule: 'invite' },
    ],
    [
      'that should be open is opened',
      restricted('!space:x'),
      { rooms: garden({ require: 'none' }) },
      { join_rule: 'public' },
    ],
    ['through a Space that was not found yet stays', restricted('!old:x'), { ids: {} }, undefined],
    [
      'through a Space that was not found yet is not left open',
      { join_rule: 'public' },
      { ids: {} },
      { join_rule: 'invite' },
    ],
    ['at which people knock is a restricted one again', { join_rule: 'knock' }, {}, restricted('!space:x')],
    ['of nonsense is made one', { join_rule: 7 }, {}, restricted('!space:x')],
  ];
  for (const [name, drift, look, content] of DOORS)
    test(name, () =>
      assert.deepEqual(contents(inOrder(state('m.room.join_rules', drift)), look)['m.room.join_rules'], content),
    );

  test('of a room too old for Spaces opens by invitation', () => {
    const room = readRoom(ROOM, [
      created('7', LOCAL),
      member(BOT),
      state('m.room.join_rules', { join_rule: 'public' }),
    ]);
    assert.deepEqual(contents(room)['m.room.join_rules'], { join_rule: 'invite' });
  });

  test('of a room that others made is closed, and never opened', () => {
    const theirs = (rule: string) =>
      readRoom(ROOM, [created('11', LOCAL, '@o:x'), member(BOT), state('m.room.join_rules', { join_rule: rule })]);
    const isOpen = { rooms: garden({ require: 'none' }) };
    assert.equal(contents(theirs('invite'), isOpen)['m.room.join_rules'], undefined);
    assert.deepEqual(contents(theirs('public'))['m.room.join_rules'], restricted('!space:x'));
    assert.equal(contents(theirs('public'))['m.room.canonical_alias'], undefined);
  });

  test('has no back for guests and readers from outside', () => {
    const room = inOrder(
      state('m.room.guest_access', { guest_access: 'can_join' }),
      state('m.room.history_visibility', { history_visibility: 'world_readable' }),
    );
    assert.deepEqual(contents(room), {
      'm.room.guest_access': { guest_access: 'forbidden' },
      'm.room.history_visibility': { history_visibility: 'shared' },
    });
    assert.deepEqual(plan(inOrder(state('m.room.history_visibility', { history_visibility: 'joined' }))), []);
  });
});

describe('the list of servers', () => {
  const federated = (...more: ReturnType<typeof state>[]) =>
    [created('11'), member(BOT), JOIN, ALIAS, PARENT, ...more].reduce(applyEvent, readRoom(ROOM, []));
  const acl = (look: Look = {}, ...more: ReturnType<typeof state>[]) =>
    contents(federated(...more), look)['m.room.server_acl'];
  const ours = (allow: string[], allow_ip_literals = false) => ({
    allow,
    deny: [],
    allow_ip_literals,
    [MANAGED_MARK]: true,
  });
  const shared = { rooms: garden({ federate: true }) };

  test('is ourselves and those of the cooperative, without ports', () => {
    assert.deepEqual(acl(shared), ours(['x', 'elm.example']));
    assert.deepEqual(acl(), ours(['x']));
    assert.equal(acl(shared, state('m.room.server_acl', ours(['elm.example', 'x']))), undefined);
  });

  test('is put right when it drifts (invariants 9, 37)', () => {
    for (const drift of [
      { allow: ['*'] },
      { ...ours(['x', 'elm.example']), deny: ['x'] },
      ours(['elm.example']),
      ours(['x', 'elm.example'], true),
    ])
      assert.deepEqual(acl(shared, state('m.room.server_acl', drift)), ours(['x', 'elm.example']));
  });

  test('never leaves ourselves out, whatever our own name is', () => {
    assert.deepEqual(acl({ serverName: '127.0.0.1:8448' }), ours(['127.0.0.1'], true));
    assert.deepEqual(acl({ serverName: '[::1]:8448' }), ours(['[::1]'], true));
    assert.deepEqual(acl({ serverName: '[::1]' }), ours(['[::1]'], true));
  });

  test('is nobody’s to need in a room that only our homeserver can enter, and open rooms have none', () => {
    assert.equal(contents(inOrder())['m.room.server_acl'], undefined);
    const open = { rooms: garden({ require: 'none' }).map((room) => ({ ...room, acl: false })) };
    assert.equal(acl(open, state('m.room.server_acl', { allow: ['y'] })), undefined);
    const freed = { ...ours(['*'], true) };
    assert.deepEqual(acl(open, state('m.room.server_acl', ours(['x']))), freed);
    assert.equal(acl(open, state('m.room.server_acl', freed)), undefined);
  });
});

describe('a Space', () => {
  const space = (id: string, ...more: ReturnType<typeof state>[]) => {
    const events = [created('11', { type: 'm.space', 'm.federate': false }), member(BOT), ...more];
    return readRoom(
      id,
      events.map((event) => ({ ...event, room_id: id })),
    );
  };
  const child = (content: object, roomId = ROOM) => state('m.space.child', content, roomId);
  const links = (look: Look, ...more: ReturnType<typeof state>[]) =>
    Object.entries(contents(space('!space:x', ...more), { id: 'space:garden', ...look })).filter(([key]) =>
      key.startsWith('m.space.child'),
    );
  const OURS = { via: ['x'], order: '200000', suggested: true, [MANAGED_MARK]: true };

  test('names its rooms, where they are and in which order', () => {
    assert.deepEqual(links({}), [[`m.space.child ${ROOM}`, OURS]]);
    assert.deepEqual(links({}, child(OURS)), []);
    assert.deepEqual(links({ rooms: garden({ join: 'invite' }) }, child(OURS)), [
      [`m.space.child ${ROOM}`, { ...OURS, suggested: false }],
    ]);
  });

  test('takes over a link that somebody made to one of its rooms, with what else they wrote', () => {
    assert.deepEqual(links({}, child({ via: ['y'], note: 1 })), [[`m.space.child ${ROOM}`, { ...OURS, note: 1 }]]);
  });

  test('lets go of rooms that it once linked, and of nobody else’s', () => {
    const theirs = child({ via: ['y'], order: 'z' }, '!theirs:y');
    assert.deepEqual(links({}, child(OURS), child(OURS, '!gone:x'), theirs), [['m.space.child !gone:x', {}]]);
  });

  test('lets go of nothing while one of its rooms was not found', () => {
    const { 'channel:home/#garden': _, ...ids } = IDS;
    assert.deepEqual(links({ ids }, child(OURS, '!perhaps-the-garden:x')), []);
  });

  test('of a hidden group is in no other, from neither end (invariant 36)', () => {
    const hidden = { rooms: garden({}, true) };
    const up = state('m.space.parent', { via: ['x'], canonical: true, [MANAGED_MARK]: true }, '!coop:x');
    assert.deepEqual(contents(space('!space:x', up), { ...hidden, id: 'space:garden' })['m.space.parent !coop:x'], {});
    const listed = child(OURS, '!space:x');
    assert.deepEqual(contents(space('!coop:x', listed), { ...hidden, id: 'space:coop' })['m.space.child !space:x'], {});
    assert.deepEqual(links(hidden), [[`m.space.child ${ROOM}`, OURS]]);
  });

  test('says where to join: ourselves, then the servers with most people, and stays with what is good', () => {
    const people = ['@a:elm', '@b:oak', '@c:oak', '@d:fir', '@e:x'].map((userId) => member(userId));
    const known = (...more: ReturnType<typeof state>[]) => ({
      known: { 'channel:home/#garden': readRoom(ROOM, [...people, ...more]) },
    });
    const via = (look: Look, ...more: ReturnType<typeof state>[]) =>
      links(look, ...more).map(([, content]) => (content as { via: string[] }).via);
    assert.deepEqual(via(known()), [['x', 'oak', 'elm']]);
    assert.deepEqual(via(known(), child({ ...OURS, via: ['x', 'fir', 'elm'] })), []);
    assert.deepEqual(via(known(), child({ ...OURS, via: ['oak', 'x', 'elm'] })), [['x', 'oak', 'elm']]);
    assert.deepEqual(via(known(), child({ ...OURS, via: ['x', 'oak', 'oak'] })), [['x', 'oak', 'elm']]);
    assert.deepEqual(via(known(member('@d:fir', 'leave')), child({ ...OURS, via: ['x', 'fir', 'elm'] })), [
      ['x', 'oak', 'elm'],
    ]);
    assert.deepEqual(via({}, child({ ...OURS, via: ['x', 'gone'] })), []);
  });
});

describe('a room that moved', () => {
  test('leaves the old Space and names the new one', () => {
    const room = inOrder(state('m.space.parent', { via: ['y'], canonical: true }, '!theirs:y'));
    const moved = garden({ group: undefined });
    assert.deepEqual(contents(room, { rooms: moved }), {
      'm.room.join_rules': restricted('!coop:x'),
      'm.space.parent !coop:x': { via: ['x'], canonical: true, [MANAGED_MARK]: true },
      'm.space.parent !space:x': {},
    });
    const { 'space:coop': _, ...ids } = IDS;
    assert.deepEqual(contents(room, { rooms: moved, ids }), {});
  });

  test('or is nobody’s any more, lets go of our links alone', () => {
    const room = inOrder(
      state('m.space.parent', { via: ['y'] }, '!theirs:y'),
      state('m.space.child', { via: ['x'], [MANAGED_MARK]: true }, '!c:x'),
    );
    assert.deepEqual(
      planUnlink(room).map(({ type, state_key, content }) => [type, state_key, content]),
      [
        ['m.space.child', '!c:x', {}],
        ['m.space.parent', '!space:x', {}],
      ],
    );
  });
});

describe('a plan, once written,', () => {
  test('is followed by none, whatever the room was (invariant 6)', () => {
    const starts = [
      readRoom(ROOM, []),
      readRoom(ROOM, [created('12'), member(BOT)]),
      readRoom(ROOM, [created('6', {}, '@o:y'), state('m.room.join_rules', { join_rule: 'public' })]),
      readRoom(ROOM, [
        created('11'),
        levels({}),
        state('m.room.server_acl', { allow: {} }),
        state('m.space.parent', { via: 'x', [MANAGED_MARK]: true }, '!o:x'),
      ]),
      inOrder(
        state('m.room.canonical_alias', { alias: 5, alt_aliases: 'x' }),
        state('m.room.guest_access', { guest_access: [] }),
      ),
    ];
    for (const rooms of [
      garden(),
      garden({ require: 'none' }),
      garden({ federate: true, join: 'invite' }),
      garden({}, true),
    ])
      for (const id of ['channel:home/#garden', 'space:garden', 'space:coop'])
        for (const start of starts) {
          for (const { type, state_key, content } of plan(start, { rooms, id }))
            applyEvent(start, state(type, content, state_key));
          assert.deepEqual(plan(start, { rooms, id }), []);
        }
  });
});

describe('what cannot be put right', () => {
  const of = (room: ActualRoom, id = 'channel:home/#garden', rooms = garden()) => {
    const wanted = rooms.find((each) => each.id === id);
    assert.ok(wanted);
    return misfits(room, wanted).join('\n');
  };
  test('is said', () => {
    const space = readRoom(ROOM, [created('11', { type: 'm.space' })]);
    assert.equal(of(inOrder()), '');
    assert.match(of(space), /^#garden \(#garden:x\) is a Space and no room\.[\s\S]*from other homeservers/);
    assert.match(of(inOrder(), 'space:garden'), /is a room and no Space[\s\S]*closed to other homeservers/);
    assert.match(of(readRoom(ROOM, [created('7', LOCAL)])), /too old/);
    assert.match(of(inOrder(state('m.room.encryption', {}))), /end-to-end encrypted/);
  });
});
