import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
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
  }: { stillWanted?: (step: Step) => boolean; isOvertaken?: boolean } = {},
) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const calls: string[] = [];
  const audited: AuditEntry[] = [];
  const member = (name: string) => async (_as: string, _room: string, userId: string) => {
    calls.push(`${name} ${userId}`);
    return ok(undefined);
  };
  const homeserver = {
    botId: '@bot:x',
    ...Object.fromEntries(['invite', 'kick', 'ban', 'unban', 'rejectKnock'].map((name) => [name, member(name)])),
    sendState: async (_as: string, _room: string, type: string) => {
      calls.push(type);
      return ok('$1');
    },
  } as unknown as Homeserver;
  const keep = new KeepSteps({
    kit: kitFor(db, new ManualClock(), { homeserver }),
    audit: {
      problem: undefined,
      write: async (entries) => {
        audited.push(...entries);
        return true;
      },
      close: async () => {},
    },
    onDone: () => {},
    onRefused: () => {},
    subjectOf: (userId) => `x ${userId}`,
    refusal: async () => undefined,
  });
  const done = await keep.run({
    resource: 'space:coop',
    roomId: ROOM,
    cause: 'authority@1',
    plan: {
      members: { steps, powers: new Map(), hashText: '' },
      powers: undefined,
      writes: [{ type: 'm.room.join_rules', state_key: '', content: {}, why: 'It has to be so.' }],
    },
    stillWanted,
    between: async () => isOvertaken,
  });
  const records = audited.map(({ phase, action, result }) => [phase, action, result ?? ''].join(' ').trim());
  return { done, calls, records };
}

const step = (kind: Step['kind'], userId: string): Step =>
  ({ kind, userId, why: 'x', code: 'suspended', revision: 1 }) as Step;

describe('What is done to a room', () => {
  test('is recorded before and after, what takes away first', async (t) => {
    const { done, calls, records } = await carriedOut(t, [step('invite', '@a:x'), step('kick', '@b:x')]);
    assert.deepEqual([done, calls], [ok(3), ['kick @b:x', 'm.room.join_rules', 'invite @a:x']]);
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
    const { calls, records } = await carriedOut(t, [step('kick', '@a:x'), step('kick', '@b:x')], {
      stillWanted: ({ userId }) => userId !== '@a:x',
      isOvertaken: true,
    });
    assert.deepEqual(calls, ['kick @b:x']);
    assert.deepEqual(records.slice(3), [
      'outcome kick not-needed',
      'outcome kick done',
      'outcome m.room.join_rules not-needed',
    ]);
  });
});
