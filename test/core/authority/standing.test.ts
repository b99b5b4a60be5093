import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MOST_POWER, type Resource } from '../../../src/core/authority/access.ts';
import type { At } from '../../../src/core/authority/at.ts';
import { type Lookup, type Member, ROLES, STATUSES, type Status } from '../../../src/core/authority/member.ts';
import { type Standing, shut, standing } from '../../../src/core/authority/standing.ts';
import {
  adminRoom,
  channel,
  confidential,
  coopSpace,
  FRESH,
  garden,
  gardenSpace,
  lobby,
  NOW_MS,
  open,
  person,
  removed,
  saidOf,
  seat,
  silentFor,
  stranger,
  unknown,
  withStatus,
} from './fixture.ts';

/** `membership power speaks puppet irc`, as one reads it in a table. */
function row(who: Lookup<Member>, where: Resource, at: At = FRESH): string {
  const { membership, power, speaks, puppet, ircStatus } = standing(who, where, at);
  return [membership, power, speaks ? 'speaks' : 'silent', puppet ? 'puppet' : '-', ircStatus || '-'].join(' ');
}

const GARDENER = { seats: [seat('garden', 'member')] };

describe('the table of standings', () => {
  const OUT = 'out 0 silent - -';
  const BANNED = 'banned 0 silent - -';
  const READS = 'may -1 silent - -';
  const table: ReadonlyArray<readonly [Status, string, string, string, string]> = [
    //              Space                    group's room             open room                lobby
    ['applicant', OUT, OUT, 'may 0 speaks - -', 'may 0 speaks - -'],
    ['provisional', OUT, OUT, 'may 0 speaks - -', 'in 0 speaks - -'],
    ['active', 'in 0 speaks puppet v', 'in 0 speaks puppet v', 'in 0 speaks puppet v', 'may 0 speaks puppet v'],
    ['hibernating', READS, READS, READS, READS],
    ['suspended', OUT, OUT, OUT, OUT],
    ['departed', OUT, OUT, OUT, OUT],
    ['expelled', BANNED, BANNED, BANNED, BANNED],
  ];
  for (const [status, ...wanted] of table)
    test(`invariant 19: ${status}`, () => {
      const who = withStatus(status, GARDENER);
      assert.deepEqual(
        [coopSpace, garden, open, lobby].map((where) => row(who, where)),
        wanted,
      );
    });

  test('somebody whom the authority does not name may be where nothing is asked, and is out of all else', () => {
    for (const nobody of [stranger(), removed()])
      assert.deepEqual(
        [coopSpace, garden, open, lobby].map((where) => row(nobody, where)),
        [OUT, OUT, 'may 0 speaks puppet -', 'may 0 speaks - -'],
      );
  });

  test('a hibernating member keeps what they have a seat in, and nothing else', () => {
    const who = withStatus('hibernating', GARDENER);
    assert.equal(row(who, channel({ group: 'kitchen' })), OUT);
    assert.equal(row(who, garden), READS);
  });

  test('who is expelled or suspended is so without a seat as well, and is told that and not that a seat is missing', () => {
    const own = (['expelled', 'suspended', 'departed'] as const).map((status) =>
      standing(withStatus(status), garden, FRESH),
    );
    assert.deepEqual(
      own.map(({ membership, code }) => [membership, code]),
      [
        ['banned', 'expelled'],
        ['out', 'suspended'],
        ['out', 'departed'],
      ],
    );
  });

  test('whatever their roles, only active members hold them', () => {
    for (const status of STATUSES.filter((each) => each !== 'active'))
      for (const where of [coopSpace, garden, open, lobby, adminRoom]) {
        const who = withStatus(status, { seats: [seat('garden', 'coordinator')], roles: [{ role: 'council' }] });
        const { power, ircStatus } = standing(who, where, FRESH);
        assert.deepEqual(
          { power, ircStatus },
          { power: power === -1 ? -1 : 0, ircStatus: '' },
          `${status} ${where.id}`,
        );
      }
  });
});

describe('the table of roles', () => {
  const operations = channel({ id: 'channel:home/#machines', label: '#machines', isOperations: true });
  const council = { roles: [{ role: 'council' as const }] };
  const operator = { roles: [{ role: 'operator' as const }] };
  const gardenCoordinator = { seats: [seat('garden', 'coordinator')] };
  const table: ReadonlyArray<readonly [string, Partial<Member>, Resource, number, string]> = [
    ['a member of the garden group, in its room', GARDENER, garden, 0, 'v'],
    ['the garden’s coordinator, in its room', gardenCoordinator, garden, 50, 'o'],
    ['the garden’s coordinator, in its Space', gardenCoordinator, gardenSpace, 50, 'o'],
    ['the garden’s coordinator, in the cooperative’s Space', gardenCoordinator, coopSpace, 0, 'v'],
    [
      'the garden’s coordinator, as a member in the kitchen',
      { seats: [seat('garden', 'coordinator'), seat('kitchen')] },
      channel({ group: 'kitchen' }),
      0,
      'v',
    ],
    ['the council, in a room of all', council, channel(), 75, 'o'],
    ['the council, in the admin room', council, adminRoom, 75, 'o'],
    ['the council, in a group where they have a seat', { ...council, ...GARDENER }, garden, 75, 'o'],
    ['a coordinator “of the whole cooperative”', { roles: [{ role: 'coordinator' }] }, channel(), 0, 'v'],
    ['an operator', operator, channel(), 0, 'v'],
    ['an operator, where the machines are spoken about', operator, operations, 50, 'v'],
  ];
  for (const [who, more, where, power, ircStatus] of table)
    test(`${who}: ${power}`, () => {
      const own = standing(withStatus('active', more), where, FRESH);
      assert.deepEqual(
        { membership: own.membership, power: own.power, ircStatus: own.ircStatus },
        { membership: 'in', power, ircStatus },
      );
    });

  test('the council has no place in a group without a seat there', () => {
    assert.equal(standing(withStatus('active', council), garden, FRESH).code, 'no-seat');
  });

  test('nothing comes from a group that stands above', () => {
    const who = withStatus('active', { seats: [seat('house', 'coordinator')] });
    assert.equal(standing(who, garden, FRESH).membership, 'out');
  });

  test('a role that is asked for is asked in the group', () => {
    const forCoordinators = channel({ group: 'garden', require: 'coordinator' });
    assert.equal(standing(withStatus('active', GARDENER), forCoordinators, FRESH).code, 'role-required');
    assert.equal(standing(withStatus('active', gardenCoordinator), forCoordinators, FRESH).membership, 'in');
  });

  test('a room of all coordinators is for coordinators of anything, and gives none of them power', () => {
    const all = channel({ require: 'coordinator' });
    assert.equal(row(withStatus('active', gardenCoordinator), all), 'in 0 speaks puppet v');
    assert.equal(standing(withStatus('active', GARDENER), all, FRESH).code, 'role-required');
  });

  test('into an open room of a group its own people are called, and others may come', () => {
    const openGarden = channel({ group: 'garden', require: 'none' });
    assert.equal(standing(withStatus('active', GARDENER), openGarden, FRESH).membership, 'in');
    assert.equal(standing(withStatus('active'), openGarden, FRESH).membership, 'may');
  });
});

describe('terms', () => {
  const elected = (notBeforeMs: number, notAfterMs: number): Lookup<Member> =>
    saidOf(person('ada', { seats: [seat('garden'), { ...seat('garden', 'coordinator'), notBeforeMs, notAfterMs }] }));
  const powerAt = (who: Lookup<Member>, nowMs: number, ageMs = 0) =>
    standing(who, garden, { ...FRESH, nowMs, ageMs }).power;

  test('invariant 16: a role ends at its end, with no event and the authority down', () => {
    const who = elected(0, NOW_MS + 1_000_000);
    assert.equal(powerAt(who, NOW_MS + 999_999, 999_999), 50);
    assert.equal(powerAt(who, NOW_MS + 1_000_000, 1_000_000), 0);
  });

  test('a seat that ends takes its place with it', () => {
    const who = saidOf(person('ada', { seats: [{ ...seat('garden'), notAfterMs: NOW_MS }] }));
    assert.equal(standing(who, garden, FRESH).code, 'no-seat');
  });

  test('a role begins at its beginning, and only while the authority is heard', () => {
    const who = elected(NOW_MS + 100_000, NOW_MS + 9_000_000);
    assert.equal(powerAt(who, NOW_MS + 99_999), 0);
    assert.equal(powerAt(who, NOW_MS + 100_000, 0), 50);
    assert.equal(powerAt(who, NOW_MS + 100_000, 100_000), 0);
  });
});

describe('ignorance', () => {
  const nothingChanges = ({ membership, power }: Standing) => ({ membership, power });
  const UNCHANGED = { membership: 'unchanged', power: 'unchanged' };

  test('invariant 1: an unknown answer moves nobody, wherever and however long', () => {
    for (const where of [coopSpace, garden, open, lobby, adminRoom, confidential])
      for (const ageMs of [0, 61_000, 901_000, Number.POSITIVE_INFINITY])
        assert.deepEqual(nothingChanges(standing(unknown, where, silentFor(ageMs))), UNCHANGED);
  });

  test('invariant 5: a standing that nobody explained moves nobody and gives nothing', () => {
    const who = withStatus('unmapped', { seats: [seat('garden', 'coordinator')], statusText: 'gardening leave' });
    const own = standing(who, garden, FRESH);
    assert.deepEqual(nothingChanges(own), UNCHANGED);
    assert.deepEqual([own.speaks, own.ircStatus, own.code], [true, '', 'unmapped']);
    assert.match(own.why, /gardening leave/);
    const seatless = standing(withStatus('unmapped'), garden, FRESH);
    assert.deepEqual([seatless.speaks, seatless.puppet], [false, false], 'and no seat where there is none');
  });

  const silence: ReadonlyArray<readonly [string, number, boolean, boolean, boolean]> = [
    //                                  open, members, confidential
    ['answers are fresh', 1_000, true, true, true],
    ['answers are older than soft', 61_000, true, true, true],
    ['answers are older than hard', 901_000, true, true, false],
  ];
  for (const [when, ageMs, ...speaks] of silence)
    test(`while ${when}, members go on as the room’s staleness says`, () => {
      const rooms = (['open', 'members', 'confidential'] as const).map((staleness) => channel({ staleness }));
      const member = saidOf(person('ada'), ageMs);
      for (const who of [member, unknown])
        assert.deepEqual(
          rooms.map((where) => standing(who, where, silentFor(ageMs)).speaks),
          speaks,
        );
    });

  test('older than soft nobody is called in, and whoever is there stays', () => {
    const own = standing(saidOf(person('ada'), 61_000), channel(), silentFor(61_000));
    assert.deepEqual([own.membership, own.code, own.speaks], ['may', 'waiting', true]);
  });

  test('older than soft a revocation that was said still holds', () => {
    const late = silentFor(3_600_000);
    assert.equal(standing(saidOf(person('bo', { status: 'suspended' }), 3_600_000), channel(), late).membership, 'out');
    assert.equal(standing(removed(3_600_000), channel(), late).membership, 'out');
  });

  test('older than soft nobody is removed for never having been named, nor heard', () => {
    const own = standing(stranger(61_000), channel(), silentFor(61_000));
    assert.deepEqual([own.membership, own.speaks], ['unchanged', false]);
  });

  test('a push about one person is fresh for that person', () => {
    const own = standing(saidOf(person('ada'), 1_000), channel(), silentFor(500_000));
    assert.equal(own.membership, 'in');
  });
});

describe('a group that rests', () => {
  for (const groupState of ['hibernating', 'archived'] as const)
    test(`${groupState}: everybody stays, reads, keeps their power and is silent; who is out stays out`, () => {
      const resting = channel({ group: 'garden', groupState });
      assert.equal(row(withStatus('active', { seats: [seat('garden', 'coordinator')] }), resting), 'may 50 silent - o');
      assert.equal(row(withStatus('expelled', GARDENER), resting), 'banned 0 silent - -');
      assert.equal(row(withStatus('active'), resting), 'out 0 silent - -');
      assert.equal(standing(withStatus('active', GARDENER), resting, FRESH).code, `group-${groupState}`);
    });
});

describe('whoever a trusted side says was shut out', () => {
  const of = (who: Lookup<Member>, where: Resource): unknown[] => {
    const { membership, speaks, code } = shut(standing(who, where, FRESH), where);
    return [membership, speaks, code];
  };

  test('stays where they are, and is silent; nobody calls them in', () => {
    assert.deepEqual(of(withStatus('active', GARDENER), garden), ['may', false, 'shut']);
    assert.deepEqual(of(stranger(), open), ['may', false, 'shut']);
    assert.deepEqual(of(unknown, garden), ['unchanged', false, 'shut']);
  });

  test('is told what the authority itself said where they were silent before', () => {
    assert.deepEqual(of(withStatus('hibernating', GARDENER), garden), ['may', false, 'hibernating']);
    assert.deepEqual(of(withStatus('expelled'), garden), ['banned', false, 'expelled']);
  });
});

const anySeat = fc.record({
  group: fc.constantFrom('garden', 'kitchen'),
  roles: fc.subarray([...ROLES]),
  visibility: fc.constant('canonical' as const),
});
const anyMember = fc
  .record({
    status: fc.constantFrom(...STATUSES, 'unmapped' as const),
    seats: fc.array(anySeat, { maxLength: 4 }),
    roles: fc.array(fc.record({ role: fc.constantFrom(...ROLES) }), { maxLength: 3 }),
  })
  .map((more) => person('any', more));
const anyPerson = fc.oneof(
  fc.tuple(anyMember, fc.nat(2_000_000)).map(([member, ageMs]) => saidOf(member, ageMs)),
  fc.nat(2_000_000).map(removed),
  fc.nat(2_000_000).map(stranger),
  fc.constant(unknown),
);
const anyResource = fc
  .record({
    kind: fc.constantFrom('space' as const, 'channel' as const, 'lobby' as const, 'admin' as const),
    group: fc.constantFrom(undefined, 'garden', 'kitchen'),
    groupState: fc.constantFrom('active' as const, 'hibernating' as const, 'archived' as const),
    require: fc.constantFrom('none' as const, 'member' as const, 'coordinator' as const, 'council' as const),
    staleness: fc.constantFrom('open' as const, 'members' as const, 'confidential' as const),
    isOperations: fc.boolean(),
  })
  .map(({ group, ...more }) => channel({ ...more, ...(group !== undefined && { group }) }));
const anyAt = fc.nat(2_000_000).map(silentFor);

describe('whatever the authority says', () => {
  test('invariant 17: nobody ever has as much power as the bot, and power only where they may be', () => {
    fc.assert(
      fc.property(anyPerson, anyResource, anyAt, (who, where, at) => {
        const { power, membership } = standing(who, where, at);
        if (power === 'unchanged') return;
        assert.ok(power <= MOST_POWER && MOST_POWER < 100);
        if (membership === 'out' || membership === 'banned') assert.equal(power, 0);
      }),
    );
  });

  test('invariant 4: somebody is out only by a statement with a revision', () => {
    fc.assert(
      fc.property(anyPerson, anyResource, anyAt, (who, where, at) => {
        const { membership, revision, why } = standing(who, where, at);
        if (membership === 'out' || membership === 'banned') assert.notEqual(revision, null);
        assert.match(why, /^\S.*[.]$/s);
      }),
    );
  });

  test('nobody speaks who is out, and nobody is invited who may not speak', () => {
    fc.assert(
      fc.property(anyPerson, anyResource, anyAt, (who, where, at) => {
        const own = standing(who, where, at);
        if (own.membership === 'out' || own.membership === 'banned') assert.ok(!own.speaks && !own.puppet);
        if (own.membership === 'in') assert.ok(own.speaks);
        if (own.puppet) assert.ok(own.speaks || own.code === 'stale');
      }),
    );
  });

  test('invariant 14: losing one seat takes only what no other seat gives', () => {
    fc.assert(
      fc.property(anyMember, anyResource, (member, where) => {
        fc.pre(where.group === 'garden' || where.require !== 'coordinator');
        const lost = where.group === 'garden' ? 'kitchen' : 'garden';
        fc.pre(where.group !== lost);
        const without = { ...member, seats: member.seats.filter(({ group }) => group !== lost) };
        assert.deepEqual(standing(saidOf(without), where, FRESH), standing(saidOf(member), where, FRESH));
      }),
    );
  });

  test('age never gives anybody anything', () => {
    const rank = { banned: 0, out: 1, unchanged: 2, may: 3, in: 4 };
    fc.assert(
      fc.property(anyPerson, anyResource, anyAt, (who, where, { ageMs }) => {
        const young = who.kind === 'unknown' ? who : { ...who, freshness: { ...who.freshness, asOfMs: NOW_MS } };
        const old = who.kind === 'unknown' ? who : { ...who, freshness: { ...who.freshness, asOfMs: NOW_MS - ageMs } };
        const [now, later] = [standing(young, where, FRESH), standing(old, where, silentFor(ageMs))];
        assert.ok(Number(later.speaks) <= Number(now.speaks));
        if (later.membership === 'unchanged') return;
        assert.ok(rank[later.membership] <= rank[now.membership]);
      }),
    );
  });
});
