import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { PowerWrite } from '../../../src/app/admission/keep-plan.ts';
import { KeepSteps } from '../../../src/app/admission/keep-steps.ts';
import type { Step } from '../../../src/core/authority/plan-members.ts';
import { ok } from '../../../src/core/errors.ts';
import type { AuditEntry } from '../../../src/ports/audit.ts';
import type { Homeserver } from '../../../src/ports/matrix.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ROOM = '!room:x';

/** A homeserver that does as it is told, and what was called and recorded. */
async function carriedOut(
  t: TestContext,
  steps: readonly Step[],
  {
    stillWanted = () => true,
    isOvertaken = false,
    isRecorded = true,
    powers,
  }: {
    stillWanted?: (step: Step) => boolean;
    isOvertaken?: boolean;
    isRecorded?: boolean;
    powers?: PowerWrite;
  } = {},
) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const calls: string[] = [];
  const audited: AuditEntry[] = [];
  const undone: string[] = [];
  const member = (name: string) => async (_as: string, _room: string, userId: string) => {
    calls.push(`${name} ${userId}`);
    return ok(undefined);
  };
  const homeserver = {
    botId: '@bot:x',
    ...Object.fromEntries(['invite', 'kick', 'ban', 'unban', 'rejectKnock'].map((name) => [name, member(name)])),
    sendState: async (_as: string, _room: string, type: string, _key: string, content: { users?: object }) => {
      calls.push(content.users === undefined ? type : `${type} ${JSON.stringify(content.users)}`);
      return ok('$1');
    },
  } as unknown as Homeserver;
  const keep = new KeepSteps({
    kit: kitFor(db, new ManualClock(), { homeserver }),
    audit: {
      problem: undefined,
      write: async (entries) => {
        audited.push(...entries);
        return isRecorded;
      },
      close: async () => {},
    },
    onBegin: () => () => {},
    onDone: () => {},
    onUndone: (room) => undone.push(room),
    subjectOf: (userId) => `x ${userId}`,
    refusal: async () => undefined,
  });
  const done = await keep.run({
    resource: 'space:coop',
    roomId: ROOM,
    cause: 'authority@1',
    plan: {
      members: { steps, powers: new Map(), hashText: '' },
      powers,
      writes: [{ type: 'm.room.join_rules', state_key: '', content: {}, why: 'It has to be so.' }],
    },
    stillWanted,
    between: async () => isOvertaken,
  });
  const records = audited.map(({ phase, action, result }) => [phase, action, result ?? ''].join(' ').trim());
  return { done, calls, records, audited, undone };
}

const step = (kind: Step['kind'], userId: string): Step =>
  ({ kind, userId, why: 'x', code: 'suspended', revision: 1 }) as Step;

describe('What is done to a room', () => {
  test('is recorded before and after, what takes away first', async (t) => {
    const { done, calls, records } = await carriedOut(t, [step('invite', '@a:x'), step('kick', '@b:x')]);
    assert.deepEqual(
      [done, calls],
      [ok({ steps: 3, isPassedOver: false }), ['kick @b:x', 'm.room.join_rules', 'invite @a:x']],
    );
    assert.deepEqual(records, [
      'intent kick',
      'intent m.room.join_rules',
      'intent invite',
      'outcome kick done',
      'outcome m.room.join_rules done',
      'outcome invite done',
    ]);
  });

  test('takes each out in the way that fits how they are in', async (t) => {
    const { calls } = await carriedOut(t, [step('ban', '@a:x'), step('withdraw', '@b:x'), step('reject', '@c:x')]);
    assert.deepEqual(calls.slice(0, 3), ['ban @a:x', 'kick @b:x', 'rejectKnock @c:x']);
  });

  test('has an end in the record also where it is not needed any more', async (t) => {
    const { done, calls, records } = await carriedOut(t, [step('kick', '@a:x'), step('kick', '@b:x')], {
      stillWanted: ({ userId }) => userId !== '@a:x',
      isOvertaken: true,
    });
    assert.deepEqual([done, calls], [ok({ steps: 1, isPassedOver: true }), ['kick @b:x']]);
    assert.deepEqual(records.slice(3), [
      'outcome kick not-needed',
      'outcome kick done',
      'outcome m.room.join_rules not-needed',
    ]);
  });

  const POWERS: PowerWrite = {
    content: { users: { '@up:x': 50, '@down:x': -1 } },
    less: { users: { '@up:x': 0, '@down:x': -1 } },
    notes: [
      { userId: '@up:x', why: 'Power 0 becomes 50. A coordinator.', revision: 7, isRaise: true },
      { userId: '@down:x', why: 'Power 0 becomes -1. They hibernate.', revision: 7, isRaise: false },
    ],
  };

  test('to powers is recorded for each person, with what it rests on', async (t) => {
    const { calls, audited } = await carriedOut(t, [], { powers: POWERS });
    assert.deepEqual(calls, ['m.room.power_levels {"@up:x":50,"@down:x":-1}', 'm.room.join_rules']);
    const records = audited
      .filter(({ action }) => action === 'power')
      .map(({ phase, subject, why, revision, result }) => [phase, subject, why, revision, result]);
    const [up, down] = ['@up:x: Power 0 becomes 50. A coordinator.', '@down:x: Power 0 becomes -1. They hibernate.'];
    assert.deepEqual(records, [
      ['intent', 'x @up:x', up, 7, undefined],
      ['intent', 'x @down:x', down, 7, undefined],
      ['outcome', 'x @up:x', up, 7, 'done'],
      ['outcome', 'x @down:x', down, 7, 'done'],
    ]);
  });

  test('and cannot be recorded, takes away and gives nothing, and is looked for again', async (t) => {
    const steps = [step('invite', '@a:x'), step('kick', '@b:x')];
    const { calls, undone } = await carriedOut(t, steps, { isRecorded: false, powers: POWERS });
    assert.deepEqual(calls, ['kick @b:x', 'm.room.power_levels {"@up:x":0,"@down:x":-1}', 'm.room.join_rules']);
    assert.deepEqual([...new Set(undone)], [ROOM]);
  });

  test('and cannot be recorded, raises nobody where that is all there is to do', async (t) => {
    const { calls } = await carriedOut(t, [], { isRecorded: false, powers: { ...POWERS, less: undefined } });
    assert.deepEqual(calls, ['m.room.join_rules']);
  });
});
