import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Proofs, type Side } from '../../../src/app/admission/proofs.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import type { Audit, AuditEntry } from '../../../src/ports/audit.ts';
import type { Network } from '../../../src/ports/network.ts';
import { openForTest } from '../../db/kit.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { configOf, kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ADA = { iss: 'shard', sub: 'ada' };
const MATRIX: Side = { kind: 'matrix', userId: '@ada:x', subject: ADA };
const NICK: Side = { kind: 'network', network: HOME, nick: 'ada', account: null };
const ACCOUNT: Side = { ...NICK, account: 'ada' };

async function world(t: TestContext, isRecorded: (entries: readonly AuditEntry[]) => boolean = () => true) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const nicks = { isTaken: () => true, nickOf: () => undefined };
  const network = { id: HOME, nicks, fold: (name: string) => name.toLowerCase() } as unknown as Network;
  const kit = kitFor(db, new ManualClock(), { networks: new Map([[HOME, network]]) });
  const portals = new PortalTable();
  for (const channel of configOf([{ channel: '#commons', room: '#commons' }]).networks[0]?.channels ?? [])
    portals.add(HOME, channel);
  const audit: Audit = { problem: undefined, write: async (entries) => isRecorded(entries), close: async () => {} };
  const proofs = new Proofs(kit, audit, portals);
  const codeFor = (side: Side): string => {
    const begun = proofs.begin(side);
    return 'code' in begun ? begun.code : begun.text;
  };
  return { proofs, codeFor };
}

test('nobody is linked while that cannot be recorded', async (t) => {
  let isRecorded = false;
  const { proofs, codeFor } = await world(t, () => isRecorded);
  for (const side of [ACCOUNT, NICK]) {
    const linked = await proofs.finish(codeFor(side), MATRIX);
    assert.match(linked.text, /^The record of decisions cannot be written now, so nothing was linked\./);
    assert.deepEqual([linked.ok, proofs.all(), proofs.ofNick(HOME, 'ada')], [false, [], undefined]);
  }
  isRecorded = true;
  assert.equal((await proofs.finish(codeFor(ACCOUNT), MATRIX)).ok, true);
  assert.deepEqual(
    proofs.all().map(({ subject }) => subject),
    [ADA],
  );
});

test('an account that is proven to be another’s is taken from the one before it is given, all in one record', async (t) => {
  const recorded: string[][] = [];
  const { proofs, codeFor } = await world(t, (entries) => {
    recorded.push(entries.map(({ action, subject }) => `${action} ${subject}`));
    return true;
  });
  await proofs.finish(codeFor(ACCOUNT), MATRIX);
  const bea: Side = { kind: 'matrix', userId: '@bea:x', subject: { iss: 'shard', sub: 'bea' } };
  const linked = await proofs.finish(codeFor(ACCOUNT), bea);
  assert.deepEqual(linked.ok && linked.relinked, ['shard bea', 'shard ada']);
  assert.deepEqual(recorded, [['link shard ada'], ['unlink shard ada', 'link shard bea']]);
});

test('a nick that is given up while its link is written down is not linked', async (t) => {
  const member = { nick: 'Ada' } as never;
  const leave: (() => void)[] = [];
  const { proofs, codeFor } = await world(t, () => {
    leave.shift()?.();
    return true;
  });
  leave.push(() => proofs.rosterChanged(HOME, { kind: 'leave', member, netsplit: false }));
  assert.equal((await proofs.finish(codeFor(NICK), MATRIX)).ok, false);
  leave.push(() => proofs.forgetNicks(HOME));
  assert.equal((await proofs.finish(codeFor(NICK), MATRIX)).ok, false);
  assert.equal(proofs.ofNick(HOME, 'ada'), undefined);
  assert.equal((await proofs.finish(codeFor(NICK), MATRIX)).ok, true);
  assert.deepEqual(proofs.ofNick(HOME, 'ADA'), ADA);
});
