import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Resource } from '../../../src/core/authority/access.ts';
import { ACTION_TABLE, decide } from '../../../src/core/authority/decide.ts';
import { ACTIONS, type Action, type Lookup, type Member, STATUSES } from '../../../src/core/authority/member.ts';
import { standing } from '../../../src/core/authority/standing.ts';
import {
  channel,
  confidential,
  FRESH,
  garden,
  lobby,
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

/** What somebody may do, in the order of the closed list. */
const may = (who: Lookup<Member>, where: Resource, at = FRESH): Action[] =>
  ACTIONS.filter((action) => decide(action, who, where, at).allow);

const JOINS: Action[] = ['space.join', 'channel.join'];
const TALKS: Action[] = ['channel.read', 'channel.send'];
const COMES_AND_READS: Action[] = [...JOINS, 'channel.read'];
const RUNS: Action[] = ['channel.invite', 'channel.moderate', 'channel.configure', 'channel.bridge'];
const MEMBER = [...JOINS, ...TALKS];
const COORDINATOR: Action[] = [...MEMBER, ...RUNS, 'visitor.admit'];
const COUNCIL: Action[] = [...MEMBER, ...RUNS, 'role.grant', 'visitor.admit'];

describe('standing × role × action', () => {
  const gardener = { seats: [seat('garden')] };
  const coordinator = { seats: [seat('garden', 'coordinator')] };
  const council = { roles: [{ role: 'council' as const }] };
  const active = (more: Partial<Member>) => withStatus('active', more);
  const table: ReadonlyArray<readonly [string, Lookup<Member>, Resource, readonly Action[]]> = [
    ['a member, in the group’s room', active(gardener), garden, MEMBER],
    ['a member without a seat, in the group’s room', active({}), garden, []],
    ['a member, in an open room', active({}), open, [...MEMBER, 'channel.invite']],
    ['a coordinator, in the group’s room', active(coordinator), garden, COORDINATOR],
    ['a coordinator, in a room of all', active(coordinator), channel(), MEMBER],
    ['the council, in a room of all', active(council), channel(), COUNCIL],
    ['the council, in a group without a seat', active(council), garden, []],
    ['an operator, in a room of all', active({ roles: [{ role: 'operator' }] }), channel(), MEMBER],
    ['a coordinator who hibernates', withStatus('hibernating', coordinator), garden, COMES_AND_READS],
    ['a provisional member', withStatus('provisional', coordinator), garden, []],
    ['a provisional member, in the lobby', withStatus('provisional'), lobby, MEMBER],
    ['an applicant, in the lobby', withStatus('applicant'), lobby, MEMBER],
    ['somebody suspended', withStatus('suspended', council), open, []],
    ['somebody departed', withStatus('departed', council), open, []],
    ['somebody expelled', withStatus('expelled', council), open, []],
    ['a stranger, in an open room', stranger(), open, MEMBER],
    ['a stranger, in a room of members', stranger(), channel(), []],
    ['somebody who was a member', removed(), channel(), []],
    [
      'a member of a group that hibernates',
      active(gardener),
      { ...garden, groupState: 'hibernating' },
      COMES_AND_READS,
    ],
  ];
  for (const [who, lookup, where, wanted] of table)
    test(`${who}: ${wanted.length === 0 ? 'nothing' : wanted.join(', ')}`, () => {
      assert.deepEqual(
        may(lookup, where),
        ACTIONS.filter((action) => wanted.includes(action)),
      );
    });
});

describe('invariant 1: ignorance grants nothing', () => {
  test('unknown: whoever talked goes on talking, nothing is granted', () => {
    assert.deepEqual(may(unknown, garden), TALKS);
    assert.deepEqual(may(withStatus('unmapped', { roles: [{ role: 'council' }] }), channel()), TALKS);
    assert.deepEqual(may(unknown, confidential, silentFor(901_000)), []);
  });

  test('older than soft nothing is granted, and coordinators still moderate', () => {
    const who = saidOf(person('ada', { seats: [seat('garden', 'coordinator')] }), 61_000);
    assert.deepEqual(may(who, garden, silentFor(61_000)), [...TALKS, 'channel.moderate']);
    const { code, why } = decide('channel.join', who, garden, silentFor(61_000));
    assert.equal(code, 'waiting');
    assert.match(why, /Try again when it answers/);
  });

  test('older than hard a confidential room is neither read nor spoken in', () => {
    for (const status of ['active', 'hibernating'] as const) {
      const who = saidOf(person('ada', { status }), 901_000);
      assert.deepEqual(may(who, confidential, silentFor(901_000)), []);
    }
  });
});

test('a refusal says what is and what to do next', () => {
  for (const status of STATUSES)
    for (const action of ACTIONS) {
      const { allow, why, code } = decide(action, withStatus(status), garden, FRESH);
      assert.equal(allow, false);
      assert.ok(code.length > 0);
      assert.match(why, /^[A-Z#].*[.]$/);
    }
});

test('whoever may send is whoever speaks, and nobody out may do anything', () => {
  const anyone = fc
    .tuple(fc.constantFrom(...STATUSES), fc.boolean(), fc.boolean())
    .map(([status, hasSeat, isCouncil]) =>
      withStatus(status, {
        seats: hasSeat ? [seat('garden', 'coordinator')] : [],
        roles: isCouncil ? [{ role: 'council' }] : [],
      }),
    );
  const anywhere = fc.constantFrom(garden, open, lobby, channel(), confidential);
  fc.assert(
    fc.property(anyone, anywhere, fc.nat(2_000_000), (who, where, ageMs) => {
      const at = silentFor(ageMs);
      const own = standing(who, where, at);
      assert.equal(decide('channel.send', who, where, at).allow, own.speaks);
      if (own.membership === 'out' || own.membership === 'banned') assert.deepEqual(may(who, where, at), []);
      if (ageMs > at.softMs && who.kind === 'found' && who.freshness.asOfMs < at.nowMs - at.softMs)
        assert.deepEqual(
          may(who, where, at).filter((action) => ACTION_TABLE[action].grants),
          [],
        );
    }),
  );
});
