import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type ActualPerson,
  isGiven,
  type MemberPlan,
  type MembersInput,
  type Present,
  planMembers,
} from '../../../src/core/authority/plan-members.ts';
import { type Standing, standing } from '../../../src/core/authority/standing.ts';
import {
  channel,
  FRESH,
  garden,
  person,
  removed,
  saidOf,
  seat,
  silentFor,
  stranger,
  unknown,
  withStatus,
} from './fixture.ts';

const BOT = '@_causeway:willow.example';
const GARDENER = { seats: [seat('garden')] };
const STANDINGS = {
  member: standing(withStatus('active', GARDENER), garden, FRESH),
  coordinator: standing(withStatus('active', { seats: [seat('garden', 'coordinator')] }), garden, FRESH),
  seatless: standing(withStatus('active'), garden, FRESH),
  hibernating: standing(withStatus('hibernating', GARDENER), garden, FRESH),
  suspended: standing(withStatus('suspended', GARDENER), garden, FRESH),
  expelled: standing(withStatus('expelled', GARDENER), garden, FRESH),
  stranger: standing(stranger(), garden, FRESH),
  guest: standing(stranger(), channel({ require: 'none' }), FRESH),
  removed: standing(removed(), garden, FRESH),
  unknown: standing(unknown, garden, FRESH),
  waiting: standing(saidOf(person('bo', GARDENER), 61_000), garden, silentFor(61_000)),
  oldStranger: standing(stranger(61_000), garden, silentFor(61_000)),
} satisfies Record<string, Standing>;
type Who = keyof typeof STANDINGS;

const input = (
  people: Readonly<Record<string, readonly [Present | 'nowhere', number, Standing | undefined]>>,
  more: Partial<MembersInput> = {},
): MembersInput => ({
  resource: garden,
  botId: BOT,
  actual: new Map(
    Object.entries(people).flatMap(([userId, [membership, power]]) =>
      membership === 'nowhere' ? [] : [[userId, { membership, power }] as const],
    ),
  ),
  wanted: new Map(
    Object.entries(people).flatMap(([userId, [, , own]]) => (own === undefined ? [] : [[userId, own] as const])),
  ),
  bannedByUs: new Set(),
  beyondReach: new Set(),
  ...more,
});
const stepsOf = (plan: MemberPlan): string[] => plan.steps.map(({ kind, userId }) => `${kind} ${userId}`);

describe('one person', () => {
  const table: ReadonlyArray<readonly [Who, Readonly<Record<Present | 'nowhere', string>>]> = [
    ['member', { nowhere: 'invite', join: '', invite: '', knock: 'invite', leave: 'invite', ban: '' }],
    ['hibernating', { nowhere: '', join: '', invite: '', knock: '', leave: '', ban: '' }],
    ['suspended', { nowhere: '', join: 'kick', invite: 'withdraw', knock: 'reject', leave: '', ban: '' }],
    ['seatless', { nowhere: '', join: 'kick', invite: 'withdraw', knock: 'reject', leave: '', ban: '' }],
    ['stranger', { nowhere: '', join: 'kick', invite: 'withdraw', knock: 'reject', leave: '', ban: '' }],
    ['removed', { nowhere: '', join: 'kick', invite: 'withdraw', knock: 'reject', leave: '', ban: '' }],
    ['expelled', { nowhere: 'ban', join: 'ban', invite: 'ban', knock: 'ban', leave: 'ban', ban: '' }],
    ['guest', { nowhere: '', join: '', invite: '', knock: '', leave: '', ban: '' }],
    ['waiting', { nowhere: '', join: '', invite: '', knock: '', leave: '', ban: '' }],
    ['unknown', { nowhere: '', join: '', invite: '', knock: '', leave: '', ban: '' }],
    ['oldStranger', { nowhere: '', join: '', invite: '', knock: '', leave: '', ban: '' }],
  ];
  for (const [who, wanted] of table)
    test(`${who}, wherever they are`, () => {
      const found = Object.keys(wanted).map((where) => {
        const { steps } = planMembers(input({ '@bo:x': [where as Present, 0, STANDINGS[who]] }));
        return [where, steps.map(({ kind }) => kind).join()];
      });
      assert.deepEqual(Object.fromEntries(found), wanted);
    });
});

describe('a plan', () => {
  test('has nothing left to give to whoever came in, or was called, while it was carried out; what takes away is always done', () => {
    const left = (kind: 'invite' | 'kick'): Present[] =>
      (['join', 'invite', 'knock', 'leave', 'ban'] as const).filter(
        (membership) => !isGiven({ kind, userId: '@bo:x', why: '', code: '', revision: 1 }, { membership }),
      );
    assert.deepEqual(left('invite'), ['knock', 'leave', 'ban']);
    assert.deepEqual(left('kick'), ['join', 'invite', 'knock', 'leave', 'ban']);
  });

  test('takes before it gives, and names who, why and by which statement', () => {
    const plan = planMembers(
      input({
        '@new:x': ['nowhere', 0, STANDINGS.member],
        '@out:x': ['join', 50, STANDINGS.suspended],
        '@called:x': ['invite', 0, STANDINGS.stranger],
        '@never:x': ['join', 0, STANDINGS.expelled],
        '@up:x': ['join', 0, STANDINGS.coordinator],
        '@down:x': ['join', 50, STANDINGS.member],
      }),
    );
    assert.deepEqual(stepsOf(plan), ['ban @never:x', 'kick @out:x', 'withdraw @called:x', 'invite @new:x']);
    assert.deepEqual(
      [...plan.powers],
      [
        ['@down:x', 0],
        ['@out:x', 0],
        ['@up:x', 50],
      ],
    );
    assert.deepEqual(plan.steps[1], {
      kind: 'kick',
      userId: '@out:x',
      why: STANDINGS.suspended.why,
      code: 'suspended',
      revision: 7,
    });
    assert.deepEqual([plan.removes, plan.demotes], [['@called:x', '@never:x', '@out:x'], ['@down:x']]);
    assert.equal(
      plan.hashText,
      'channel:home/#garden\nban @never:x\nkick @out:x\nwithdraw @called:x\ninvite @new:x\npower @down:x 0\npower @out:x 0\npower @up:x 50',
    );
  });

  test('that does nothing is empty', () => {
    const { steps, powers, hashText } = planMembers(input({ '@a:x': ['join', 0, STANDINGS.member] }));
    assert.deepEqual([steps, [...powers], hashText], [[], [], '']);
  });

  test('invariant 11: suspended and back in a moment, nothing stays but the power they had', () => {
    const back = planMembers(input({ '@ada:x': ['leave', 0, STANDINGS.coordinator] }));
    assert.deepEqual([stepsOf(back), [...back.powers]], [['invite @ada:x'], [['@ada:x', 50]]]);
  });

  test('invariant 19: who hibernates stays and is silenced, and has their power back after', () => {
    const asleep = planMembers(input({ '@ada:x': ['join', 50, STANDINGS.hibernating] }));
    assert.deepEqual([stepsOf(asleep), [...asleep.powers]], [[], [['@ada:x', -1]]]);
    const awake = planMembers(input({ '@ada:x': ['join', -1, STANDINGS.coordinator] }));
    assert.deepEqual([stepsOf(awake), [...awake.powers]], [[], [['@ada:x', 50]]]);
  });

  test('gives power ahead to who may come, and silences nobody who is not there', () => {
    const plan = planMembers(
      input({ '@ada:x': ['nowhere', 0, STANDINGS.coordinator], '@bo:x': ['leave', 0, STANDINGS.hibernating] }),
    );
    assert.deepEqual([...plan.powers], [['@ada:x', 50]]);
  });

  test('lifts our own ban of somebody who is let in again, and nobody else’s', () => {
    const people = { '@ada:x': ['ban', 0, STANDINGS.member], '@bo:x': ['ban', 0, STANDINGS.member] } as const;
    assert.deepEqual(stepsOf(planMembers(input(people, { bannedByUs: new Set(['@ada:x']) }))), [
      'unban @ada:x',
      'invite @ada:x',
    ]);
  });

  for (const who of [
    'expelled',
    'stranger',
    'removed',
    'guest',
    'unknown',
    'waiting',
    'suspended',
    'seatless',
  ] as const)
    test(`lifts no ban of somebody ${who}`, () => {
      const plan = planMembers(input({ '@a:x': ['ban', 0, STANDINGS[who]] }, { bannedByUs: new Set(['@a:x']) }));
      assert.deepEqual(stepsOf(plan), []);
    });

  test('invariant 18: whoever has as much power as the bot is neither put out nor demoted, and may be invited', () => {
    const beyondReach = new Set(['@a:x', '@b:x', '@c:x']);
    const plan = planMembers(
      input(
        {
          '@a:x': ['join', 100, STANDINGS.suspended],
          '@b:x': ['join', 100, STANDINGS.member],
          '@c:x': ['leave', 100, STANDINGS.member],
        },
        { beyondReach },
      ),
    );
    assert.deepEqual([stepsOf(plan), [...plan.powers], plan.removes, plan.demotes], [['invite @c:x'], [], [], []]);
  });

  test('invariant 10: the bot, and those of whom nothing is said never appear', () => {
    const plan = planMembers(
      input({
        [BOT]: ['join', 100, STANDINGS.suspended],
        '@guest:x': ['join', 50, undefined],
      }),
    );
    assert.deepEqual([plan.steps, [...plan.powers]], [[], []]);
  });

  test('nobody is removed without a statement, whatever the caller says', () => {
    const plan = planMembers(input({ '@a:x': ['join', 0, { ...STANDINGS.suspended, revision: null }] }));
    assert.deepEqual(plan.steps, []);
  });

  test('invariant 17: no wish makes a person the bot’s equal', () => {
    const plan = planMembers(input({ '@a:x': ['join', 0, { ...STANDINGS.member, power: 100 }] }));
    assert.deepEqual([...plan.powers], [['@a:x', 75]]);
  });
});

describe('whatever a room is', () => {
  const users = ['@a:x', '@b:x', '@c:x', '@d:x', BOT];
  const anyActual = fc.record({
    membership: fc.constantFrom<Present>('join', 'invite', 'knock', 'leave', 'ban'),
    power: fc.constantFrom(-1, 0, 50, 75, 99, 100),
  });
  const some = <T>(value: fc.Arbitrary<T>) =>
    fc.dictionary(fc.constantFrom(...users), value).map((entries) => new Map(Object.entries(entries)));
  const anyInput: fc.Arbitrary<MembersInput> = fc.record({
    resource: fc.constant(garden),
    botId: fc.constant(BOT),
    actual: some(anyActual),
    wanted: some(fc.constantFrom(...Object.values<Standing>(STANDINGS))),
    bannedByUs: fc.subarray(users).map((each) => new Set(each)),
    beyondReach: fc.subarray(users, { maxLength: 2 }).map((each) => new Set(each)),
  });
  const AFTER = {
    invite: 'invite',
    kick: 'leave',
    withdraw: 'leave',
    reject: 'leave',
    ban: 'ban',
    unban: 'leave',
  } as const;
  function carriedOut({ actual }: MembersInput, { steps, powers }: MemberPlan): ReadonlyMap<string, ActualPerson> {
    const room = new Map(actual);
    const at = (userId: string): ActualPerson => room.get(userId) ?? { membership: 'leave', power: 0 };
    for (const { kind, userId } of steps) room.set(userId, { ...at(userId), membership: AFTER[kind] });
    for (const [userId, power] of powers) room.set(userId, { ...at(userId), power });
    return room;
  }

  test('invariant 6: carried out, a plan leaves nothing to do', () => {
    fc.assert(
      fc.property(anyInput, (before) => {
        const again = planMembers({ ...before, actual: carriedOut(before, planMembers(before)) });
        assert.deepEqual([again.steps, [...again.powers], again.hashText], [[], [], '']);
      }),
      { numRuns: 1_000 },
    );
  });

  test('invariants 4, 10: every removal has its statement, and nobody is touched who is not ours to touch', () => {
    fc.assert(
      fc.property(anyInput, (before) => {
        const { steps, powers } = planMembers(before);
        for (const step of steps) {
          if (step.kind !== 'invite' && step.kind !== 'unban') assert.equal(typeof step.revision, 'number');
          if (step.kind === 'unban') assert.ok(before.bannedByUs.has(step.userId));
        }
        for (const userId of [...steps.map((step) => step.userId), ...powers.keys()])
          assert.ok(userId !== BOT && before.wanted.has(userId));
        for (const userId of before.beyondReach) {
          const kinds = steps.filter((step) => step.userId === userId).map(({ kind }) => kind);
          assert.deepEqual([kinds.filter((kind) => kind !== 'invite'), powers.has(userId)], [[], false]);
        }
        for (const power of powers.values()) assert.ok(power <= 75);
      }),
      { numRuns: 500 },
    );
  });

  test('the same room gives the same plan, in whatever order people are named', () => {
    fc.assert(
      fc.property(anyInput, (before) => {
        const reversed = new Map([...before.wanted].reverse());
        assert.deepEqual(planMembers({ ...before, wanted: reversed }), planMembers(before));
      }),
    );
  });
});
