import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Resource } from '../../../src/core/authority/access.ts';
import { VISITOR_ACTIONS, type VisitorAction } from '../../../src/core/authority/agreement.ts';
import { planMembers } from '../../../src/core/authority/plan-members.ts';
import { type Standing, standing } from '../../../src/core/authority/standing.ts';
import {
  commonGrants,
  DECIDED_ENDINGS,
  effectiveActions,
  endedStanding,
  takesVisitors,
  united,
  visitStanding,
} from '../../../src/core/authority/visit.ts';
import { ALL, agreement, commons, grant, visit } from './agreement-fixture.ts';
import {
  channel,
  confidential,
  FRESH,
  person,
  saidOf,
  seat,
  silentFor,
  stranger,
  unknown,
  withStatus,
} from './fixture.ts';

const actions = fc.subarray([...VISITOR_ACTIONS]);
const brief = (own: Standing | undefined) =>
  own === undefined ? undefined : `${own.membership} ${own.power} ${own.speaks ? 'speaks' : 'silent'} ${own.code}`;
const live = (resource = commons, at = FRESH) => visitStanding(visit(), agreement(), resource, at);
const ended = (code: 'visit-ended' | 'agreement-ended' | 'agreement-gone', isCut = false): Standing =>
  endedStanding({ code, isCut, why: 'It ended.', revision: 9 });
const openTo = (more: Partial<Resource>): Resource => ({ ...commons, ...more });

describe('A visit (invariant 30)', () => {
  test('gives exactly what agreement, assertion and our own rules all grant', () => {
    fc.assert(
      fc.property(actions, actions, fc.boolean(), (agreed, asserted, isOpen) => {
        const resource = openTo({ visitors: isOpen });
        const one = visit({ grants: [grant(commons.id, ...asserted)] });
        const found = effectiveActions(one, agreement({ grants: [grant(commons.id, ...agreed)] }), resource);
        const wanted = VISITOR_ACTIONS.filter((each) => isOpen && agreed.includes(each) && asserted.includes(each));
        assert.deepEqual([...found].sort(), [...wanted].sort());
      }),
    );
  });

  test('never gives more than either list, resource by resource', () => {
    const resources = fc.constantFrom('channel:home/#a', 'channel:home/#b', 'space:coop');
    const grants = fc.array(fc.record({ resource: resources, actions }));
    const has = (
      list: readonly { resource: string; actions: readonly VisitorAction[] }[],
      at: string,
      what: VisitorAction,
    ) => list.some(({ resource, actions: own }) => resource === at && own.includes(what));
    fc.assert(
      fc.property(grants, grants, (one, other) => {
        const common = commonGrants(one, other);
        for (const { resource, actions: own } of common) {
          assert.ok(own.length > 0);
          for (const what of own) assert.ok(has(one, resource, what) && has(other, resource, what));
        }
        for (const { resource, actions: own } of one)
          for (const what of own) assert.equal(has(common, resource, what), has(other, resource, what));
      }),
    );
  });

  test('lets in and lets speak; without a word for it lets read; without a place gives nothing', () => {
    const readOnly = agreement({ grants: [grant(commons.id, 'channel.join', 'channel.read')] });
    const notIn = agreement({ grants: [grant(commons.id, 'channel.read', 'channel.send')] });
    assert.deepEqual(
      [
        brief(live()),
        brief(visitStanding(visit(), readOnly, commons, FRESH)),
        visitStanding(visit(), notIn, commons, FRESH),
      ],
      ['in 0 speaks visitor', 'in -1 silent visitor', undefined],
    );
  });

  test('is to active rooms that visitors may come to at all, and that ask for no more than membership', () => {
    const rooms = [
      {},
      { require: 'none' },
      { visitors: false },
      { require: 'coordinator' },
      { require: 'council' },
      { groupState: 'hibernating' },
      { kind: 'admin' },
      { kind: 'lobby' },
    ] as const;
    assert.deepEqual(
      rooms.map((more) => takesVisitors(openTo(more))),
      [true, true, false, false, false, false, false, false],
    );
  });

  test('calls nobody while the authority is silent, and is silent where that is asked for', () => {
    assert.equal(brief(live(commons, silentFor(61_000))), 'may 0 speaks waiting');
    assert.equal(
      brief(live({ ...confidential, id: commons.id, visitors: true }, silentFor(901_000))),
      'may 0 silent stale',
    );
  });
});

describe('A visitor', () => {
  test('has the power of a visitor, whatever else is said of them (invariant 31)', () => {
    const both = agreement({ grants: [grant(commons.id, ...ALL)] });
    const power = visitStanding(visit(), both, commons, FRESH)?.power;
    assert.equal(power, 0);
    const claimed = { ...visit(), roles: ['council'] };
    assert.equal(visitStanding(claimed, both, commons, FRESH)?.power, 0);
    assert.equal(visitStanding(claimed, both, commons, FRESH)?.ircStatus, 'v');
  });

  test('is in a room on whatever ground there is', () => {
    const garden = openTo({ group: 'garden' });
    const of = (who: Parameters<typeof standing>[0], visiting: Standing | undefined, room = commons) =>
      brief(united(standing(who, room, FRESH), visiting));
    const member = saidOf(person('vera', { seats: [seat('garden', 'coordinator')] }));
    assert.equal(of(stranger(), live()), 'in 0 speaks visitor');
    assert.equal(of(member, live(), garden), 'in 50 speaks admitted');
    assert.equal(of(saidOf(person('vera')), live(), garden), 'in 0 speaks visitor');
    assert.equal(of(member, ended('agreement-ended'), garden), 'in 50 speaks admitted');
    assert.equal(of(stranger(), ended('agreement-ended')), 'out 0 silent agreement-ended');
    assert.equal(of(stranger(), ended('visit-ended')), 'out 0 silent visit-ended');
  });

  test('is none where our own authority shut them out', () => {
    for (const status of ['suspended', 'departed', 'expelled', 'hibernating', 'unmapped'] as const) {
      const own = standing(withStatus(status), commons, FRESH);
      assert.deepEqual(united(own, live()), own, status);
    }
  });

  test('is put out although the authority is silent, and not while nobody can tell them from a member', () => {
    const silent = standing(stranger(901_000), commons, silentFor(901_000));
    assert.equal(brief(united(silent, ended('visit-ended'))), 'out 0 silent visit-ended');
    assert.equal(
      brief(united(standing(unknown, commons, FRESH), ended('visit-ended'))),
      'unchanged unchanged silent visit-ended',
    );
  });

  test('may stay behind an open door, unless their server was shut out', () => {
    const open = openTo({ require: 'none' });
    const own = standing(stranger(), open, FRESH);
    assert.deepEqual(united(own, ended('visit-ended')), own);
    assert.equal(brief(united(own, ended('agreement-ended'))), 'out 0 silent agreement-ended');
    assert.equal(brief(united(own, live(open))), 'in 0 speaks visitor');
  });

  test('whose agreement was just cut says nothing, and is put out only afterwards (invariant 32)', () => {
    const cut = united(standing(stranger(), commons, FRESH), ended('agreement-ended', true));
    assert.deepEqual([brief(cut), cut.puppet], ['unchanged unchanged silent agreement-ended', true]);
  });
});

describe('A plan that puts visitors out', () => {
  const plan = (code: string) => {
    const ids = Array.from({ length: 20 }, (_, at) => `@v${at}:elm.example`);
    return planMembers({
      resource: channel(),
      botId: '@bot:willow.example',
      actual: new Map(ids.map((id) => [id, { membership: 'join', power: 0 } as const])),
      wanted: new Map(ids.map((id) => [id, { ...ended('visit-ended'), code }])),
      bannedByUs: new Set(),
      beyondReach: new Set(),
    });
  };

  test('counts for the guard only where nobody decided it (invariant 32)', () => {
    assert.deepEqual([...DECIDED_ENDINGS].sort(), ['agreement-ended', 'visit-ended']);
    assert.equal(plan('agreement-ended').removes?.length, 0);
    assert.equal(plan('agreement-ended').steps.length, 20);
    assert.equal(plan('agreement-gone').removes?.length, 20);
  });
});
