import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Admission } from '../../../src/app/admission/admission.ts';
import { Invitations } from '../../../src/app/admission/invitations.ts';
import type { ManagedRooms } from '../../../src/app/admission/managed-rooms.ts';
import { Requests } from '../../../src/app/admission/requests.ts';
import type { Say } from '../../../src/app/admission/say.ts';
import type { Standing } from '../../../src/core/authority/standing.ts';
import { ok } from '../../../src/core/errors.ts';
import type { AuditEntry } from '../../../src/ports/audit.ts';
import type { Homeserver } from '../../../src/ports/matrix.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const RESOURCE = 'channel:home/#board';
const ADA = '@ada:x';

type Setting = { standing?: Partial<Standing>; refusal?: string; isRecorded?: boolean };

async function world(t: TestContext, setting: Setting = {}) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const now = { isRecorded: true, ...setting };
  const invited: string[] = [];
  const records: AuditEntry[] = [];
  const homeserver = {
    botId: '@bot:x',
    invite: async (_as: string, room: string, userId: string) => {
      invited.push(`${userId} ${room}`);
      return ok(undefined);
    },
  } as unknown as Homeserver;
  const kit = kitFor(db, new ManualClock(), { homeserver });
  const audit = {
    problem: undefined,
    close: async () => {},
    write: async (entries: readonly AuditEntry[]) => {
      records.push(...entries);
      return now.isRecorded;
    },
  };
  const plain = { membership: 'in', code: 'admitted', why: 'So it is.', revision: 7 };
  const rooms = {
    roomIdOf: () => '!board:x',
    get: () => ({ name: '#board' }),
    known: () => undefined,
  } as unknown as ManagedRooms;
  const member = { kind: 'found', freshness: { asOfMs: 0, revision: 7, via: 'push' }, value: {} };
  const admission = {
    standingOf: () => ({ ...plain, ...now.standing }),
    subjectOf: (userId: string) => `shard ${userId}`,
    isAdmin: () => true,
    matrixUser: () => ({
      ...member,
      value: { status: 'active', statusText: '', subject: { iss: 'x', sub: 'ada' }, seats: [], roles: [], handles: [] },
    }),
    resource: () => ({
      ...{ id: RESOURCE, kind: 'channel', label: '#board', groupState: 'active', require: 'member' },
      staleness: 'members',
    }),
    at: () => ({ nowMs: 0, ageMs: 0, softMs: 1, hardMs: 2 }),
  } as unknown as Admission;
  const refusal = async () => now.refusal;
  const invitations = new Invitations({ kit, audit, rooms, admission: () => admission, refusal });
  const say = { inRoom: async () => {} } as unknown as Say;
  const requests = new Requests({ kit, admission, rooms, audit, say, invitations });
  const wish = { actor: '@admin:x', cause: 'request', userId: ADA, resource: RESOURCE, why: 'Approved.' };
  return { ...{ now, invited, records, requests }, invite: () => invitations.invite(wish) };
}

const phases = (records: readonly AuditEntry[]) =>
  records.map(({ phase, subject, why, revision, result }) => [phase, subject, why, revision, result]);

describe('an invitation that follows from somebody’s word', () => {
  test('is recorded before and after, with what it rests on', async (t) => {
    const { invite, invited, records } = await world(t);
    assert.deepEqual([await invite(), invited], [{ kind: 'invited' }, [`${ADA} !board:x`]]);
    const why = `${ADA}: Approved.`;
    assert.deepEqual(phases(records), [
      ['intent', `shard ${ADA}`, why, 7, undefined],
      ['outcome', `shard ${ADA}`, why, 7, 'done'],
    ]);
  });

  test('is none where the policy engine says no', async (t) => {
    const { invite, invited, records } = await world(t, { refusal: 'The policy says no.' });
    assert.deepEqual([await invite(), invited], [{ kind: 'refused', text: 'The policy says no.' }, []]);
    assert.deepEqual(phases(records), [['denied', `shard ${ADA}`, `${ADA}: The policy says no.`, 7, undefined]]);
  });

  for (const standing of [
    { membership: 'out', code: 'suspended' },
    { membership: 'may', code: 'waiting' },
    { membership: 'may', code: 'hibernating' },
    { membership: 'unchanged', code: 'unknown' },
  ] as const)
    test(`is none where their standing is ${standing.membership}, ${standing.code}`, async (t) => {
      const { invite, invited } = await world(t, { standing });
      assert.deepEqual([await invite(), invited], [{ kind: 'refused', text: 'So it is.' }, []]);
    });

  test('is none while it cannot be recorded', async (t) => {
    const { invite, invited } = await world(t, { isRecorded: false });
    assert.deepEqual([(await invite()).kind, invited], ['unrecorded', []]);
  });
});

describe('a request that is approved', () => {
  const asked = async (t: TestContext, setting: Setting = {}) => {
    const made = await world(t, setting);
    assert.match(await made.requests.ask(ADA, RESOURCE), /was passed on/);
    return { ...made, approve: () => made.requests.answer('abcd2', { name: '@admin:x', isAdmin: true }, true) };
  };

  test('asks the policy engine as well', async (t) => {
    const { approve, invited } = await asked(t, { refusal: 'The policy says no.' });
    const text = `${ADA} cannot be let in now: The policy says no.`;
    assert.deepEqual([await approve(), invited], [{ ok: false, text }, []]);
  });

  test('can be approved again where it could not be recorded', async (t) => {
    const { approve, invited, now } = await asked(t, { isRecorded: false });
    assert.match((await approve()).text, /Approve again once it can\.$/);
    now.isRecorded = true;
    assert.deepEqual([await approve(), invited], [{ ok: true, text: `${ADA} is invited.` }, [`${ADA} !board:x`]]);
  });
});
