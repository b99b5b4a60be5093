import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { groupSpace, type LayoutInput, layout, type ManagedRoom } from '../../../src/core/room/layout.ts';

type Cooperative = NonNullable<LayoutInput['cooperative']>;
type Group = Cooperative['groups'][number];
type Channel = LayoutInput['channels'][number];

const group = (id: string, more: Partial<Group> = {}): Group => ({
  id,
  name: id,
  state: 'active',
  hidden: false,
  ...more,
});
const channel = (name: string, more: Partial<Channel> = {}): Channel => ({
  network: 'home',
  channel: name,
  room: name,
  join: 'restricted',
  ...more,
});
const rooms = (cooperative: Partial<Cooperative> | undefined, channels: Channel[] = [], hasAuthority = true) =>
  layout({
    serverName: 'x',
    ...(cooperative === undefined ? {} : { cooperative: { name: 'Willow', servers: [], groups: [], ...cooperative } }),
    hasAuthority,
    channels,
  });
const one = (list: readonly ManagedRoom[], id: string): ManagedRoom => {
  const found = list.find((room) => room.id === id);
  assert.ok(found, `${id} in ${list.map((room) => room.id).join(', ')}`);
  return found;
};

describe('the rooms of a cooperative', () => {
  test('are its Space, its groups’ Spaces, lobby, admin room and channels, parents first', () => {
    const closed = {
      join: { rule: 'invite' },
      readOnly: false,
      hidden: false,
      servers: [],
      acl: true,
      federate: false,
    };
    const list = rooms(
      { space: '#willow', lobby: '#lobby', adminRoom: '!id:y', groups: [group('garden', { name: 'Garden group' })] },
      [
        channel('#commons', { require: 'none', name: 'Commons', topic: 'All' }),
        channel('#garden', { group: 'garden' }),
      ],
    );
    assert.deepEqual(list, [
      { ...closed, id: 'space:coop', kind: 'space', alias: '#willow:x', name: 'Willow', order: '100000' },
      {
        ...closed,
        id: 'space:garden',
        kind: 'space',
        alias: '#willow-garden:x',
        name: 'Garden group',
        group: 'garden',
        parent: 'space:coop',
        order: '100000',
      },
      {
        ...closed,
        id: 'room:lobby',
        kind: 'lobby',
        alias: '#lobby:x',
        name: 'Willow: lobby',
        parent: 'space:coop',
        order: '000000',
        join: { rule: 'public' },
      },
      {
        ...closed,
        id: 'room:admin',
        kind: 'admin',
        alias: '!id:y',
        name: 'Willow: administration',
        parent: 'space:coop',
        order: '900000',
      },
      {
        ...closed,
        id: 'channel:home/#commons',
        kind: 'channel',
        alias: '#commons:x',
        name: 'Commons',
        topic: 'All',
        parent: 'space:coop',
        order: '200000',
        join: { rule: 'public' },
        acl: true,
        federate: true,
      },
      {
        ...closed,
        id: 'channel:home/#garden',
        kind: 'channel',
        alias: '#garden:x',
        name: '#garden',
        group: 'garden',
        parent: 'space:garden',
        order: '200000',
        join: { rule: 'restricted', allow: 'space:garden' },
      },
    ]);
  });

  test('without a Space stand nowhere, and members are invited', () => {
    const list = rooms({ lobby: '#lobby', groups: [group('garden')] }, [channel('#garden', { group: 'garden' })]);
    assert.deepEqual(
      list.map(({ id, parent, join }) => [id, parent, join.rule]),
      [
        ['room:lobby', undefined, 'public'],
        ['channel:home/#garden', undefined, 'invite'],
      ],
    );
  });

  test('can be found by everybody where nobody decides who is a member, hidden ones excepted', () => {
    const list = rooms({ space: '#s', groups: [group('a'), group('b', { hidden: true })] }, [], false);
    assert.deepEqual(
      list.map(({ id, join }) => [id, join.rule]),
      [
        ['space:coop', 'public'],
        ['space:a', 'public'],
        ['space:b', 'invite'],
      ],
    );
  });

  test('of no cooperative are the channels alone, open where nobody decides who may come', () => {
    const list = rooms(undefined, [channel('#a'), channel('#b', { require: 'member' })], false);
    assert.deepEqual(
      list.map(({ id, join, federate, acl }) => [id, join.rule, federate, acl]),
      [
        ['channel:home/#a', 'public', true, false],
        ['channel:home/#b', 'invite', false, true],
      ],
    );
  });
});

describe('the door of a channel', () => {
  const DOORS: ReadonlyArray<readonly [name: string, wish: Partial<Channel>, join: ManagedRoom['join']]> = [
    ['for everybody is open', { require: 'none' }, { rule: 'public' }],
    ['for members is their Space', {}, { rule: 'restricted', allow: 'space:coop' }],
    ['for members of a group is the group’s Space', { group: 'g' }, { rule: 'restricted', allow: 'space:g' }],
    ['that is sensitive opens by invitation', { join: 'invite' }, { rule: 'invite' }],
    ['for coordinators is not that of all members', { require: 'coordinator', group: 'g' }, { rule: 'invite' }],
    ['for the council is not that of all members', { require: 'council' }, { rule: 'invite' }],
    ['of a group that nobody knows is not everybody’s', { group: 'gone' }, { rule: 'invite' }],
  ];
  for (const [name, wish, join] of DOORS)
    test(name, () => {
      const list = rooms({ space: '#s', groups: [group('g')] }, [channel('#c', wish)]);
      assert.deepEqual(one(list, 'channel:home/#c').join, join);
    });
});

describe('groups', () => {
  const parents = (...groups: Group[]) =>
    rooms({ space: '#s', groups })
      .filter(({ kind }) => kind === 'space')
      .map(({ id, parent }) => `${id} in ${parent}`);

  test('stand in the Space of their parent, which comes before them', () => {
    assert.deepEqual(parents(group('b', { parent: 'a' }), group('a'), group('c', { parent: 'b' })), [
      'space:coop in undefined',
      'space:a in space:coop',
      'space:b in space:a',
      'space:c in space:b',
    ]);
  });

  test('stand in the cooperative’s where the parent is unknown or their own descendant', () => {
    assert.deepEqual(
      parents(
        group('a', { parent: 'b' }),
        group('b', { parent: 'a' }),
        group('c', { parent: 'c' }),
        group('d', { parent: '?' }),
      ),
      [
        'space:coop in undefined',
        'space:b in space:coop',
        'space:a in space:b',
        'space:c in space:coop',
        'space:d in space:coop',
      ],
    );
  });

  test('may be called like the cooperative’s Space', () => {
    assert.deepEqual(parents(group('coop')), ['space:coop in undefined', 'space:=coop in space:coop']);
    assert.equal(groupSpace('coop'), 'space:=coop');
  });

  test('have the address that they are given, or one below the cooperative’s', () => {
    const alias = (space: string, own?: string) =>
      one(rooms({ space, groups: [group('g', { space: own })] }), 'space:g').alias;
    assert.deepEqual(
      [alias('#s'), alias('#s', '#own'), alias('#s', '#own:y'), alias('#s:y'), alias('!id:x')],
      ['#s-g:x', '#own:x', '#own:y', '#s-g:x', '#_causeway_space_g:x'],
    );
  });

  test('that sleep have rooms to read, those that hide are in no list', () => {
    const list = rooms({ space: '#s', groups: [group('a', { state: 'archived' }), group('b', { hidden: true })] }, [
      channel('#a', { group: 'a' }),
      channel('#b', { group: 'b' }),
    ]);
    assert.deepEqual(
      list.map(({ id, readOnly, hidden }) => [id, readOnly, hidden]),
      [
        ['space:coop', false, false],
        ['space:a', false, false],
        ['space:b', false, true],
        ['channel:home/#a', true, false],
        ['channel:home/#b', false, true],
      ],
    );
  });
});

describe('other homeservers', () => {
  test('take part where the room is for that, and only those listed', () => {
    const list = rooms({ space: '#s', lobby: '#l', servers: ['elm'] }, [
      channel('#open', { require: 'none' }),
      channel('#ours', { require: 'none', federate: false }),
      channel('#members'),
      channel('#shared', { federate: true }),
    ]);
    assert.deepEqual(
      list.map(({ id, federate, acl, servers }) => [id, federate, acl, servers]),
      [
        ['space:coop', true, true, ['elm']],
        ['room:lobby', false, true, []],
        ['channel:home/#open', true, true, ['elm']],
        ['channel:home/#ours', false, true, []],
        ['channel:home/#members', false, true, []],
        ['channel:home/#shared', true, true, ['elm']],
      ],
    );
  });
});

describe('any configuration', () => {
  test('gives each room one place, in the order it is written, below a parent that came before', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'coop');
    const groups = fc.uniqueArray(fc.record({ id, parent: fc.option(id, { nil: undefined }), hidden: fc.boolean() }), {
      selector: (each) => each.id,
    });
    const channels = fc.array(fc.record({ group: fc.option(id, { nil: undefined }) }), { maxLength: 30 });
    fc.assert(
      fc.property(groups, channels, (someGroups, someChannels) => {
        const list = rooms(
          { space: '#s', groups: someGroups.map((each) => group(each.id, each)) },
          someChannels.map((each, i) => channel(`#${i}`, each)),
        );
        assert.equal(list.length, 1 + someGroups.length + someChannels.length);
        const before = new Set<string | undefined>();
        const places = new Set<string>();
        const last = new Map<string, string>();
        for (const room of list) {
          assert.ok(room.id === 'space:coop' || before.has(room.parent), `${room.id} in ${room.parent}`);
          before.add(room.id);
          assert.match(room.order, /^[\x20-\x7e]{1,50}$/);
          places.add(`${room.parent} ${room.order}`);
          const key = `${room.parent} ${room.kind}`;
          assert.ok((last.get(key) ?? '') < room.order);
          last.set(key, room.order);
        }
        assert.equal(places.size, list.length);
      }),
    );
  });
});
