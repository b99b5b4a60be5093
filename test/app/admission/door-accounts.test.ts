import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Admission } from '../../../src/app/admission/admission.ts';
import { DoorAccounts } from '../../../src/app/admission/door-accounts.ts';
import type { Resource } from '../../../src/core/authority/access.ts';
import { asNetworkId } from '../../../src/core/ids.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const HOME = asNetworkId('home');
const channel = (name: string, more: Partial<Resource> = {}): Resource => ({
  id: `channel:home/${name}`,
  kind: 'channel',
  label: name,
  groupState: 'active',
  require: 'member',
  staleness: 'members',
  ...more,
});

/** Members by account with where they belong, and how often somebody's standing was asked for. */
async function made(t: TestContext) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const clock = new ManualClock();
  const members = new Map([
    ['ada', 'in'],
    ['bea', 'out'],
    ['cem', 'banned'],
    ['dan', 'unchanged'],
  ]);
  let asked = 0;
  const admission = {
    *accountsOn() {
      for (const account of members.keys()) yield { member: account, accounts: [account] };
    },
    standingFor(account: string) {
      asked++;
      return { membership: members.get(account) };
    },
  } as unknown as Admission;
  const accounts = new DoorAccounts(kitFor(db, clock), admission);
  return { accounts, clock, members, asked: () => asked };
}

describe('who may come into a channel', () => {
  test('is whoever belongs there, or of whom nothing is known now; who is expelled is banned', async (t) => {
    const { accounts } = await made(t);
    assert.deepEqual(await accounts.of(HOME, channel('#a')), {
      membersOnly: true,
      accounts: ['ada', 'dan'],
      bannedAccounts: ['cem'],
    });
    assert.deepEqual(await accounts.of(HOME, channel('#a', { require: 'none' })), {
      membersOnly: false,
      accounts: [],
      bannedAccounts: ['cem'],
    });
  });

  test('is worked out once for all channels that ask for the same, also at the same time', async (t) => {
    const { accounts, asked } = await made(t);
    await Promise.all(['#a', '#b', '#c'].map((name) => accounts.of(HOME, channel(name))));
    assert.equal(asked(), 4);
    await accounts.of(HOME, channel('#garden', { group: 'garden' }));
    await accounts.of(asNetworkId('far'), channel('#a'));
    assert.equal(asked(), 12);
  });

  test('is worked out anew when something else is known, and after a while', async (t) => {
    const { accounts, clock, members, asked } = await made(t);
    await accounts.of(HOME, channel('#a'));
    members.set('ada', 'out');
    accounts.forget();
    assert.deepEqual((await accounts.of(HOME, channel('#a'))).accounts, ['dan']);
    clock.advance(10_000);
    await accounts.of(HOME, channel('#a'));
    assert.equal(asked(), 12);
  });
});
