import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Proofs, type Side } from '../../../src/app/admission/proofs.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import type { Audit } from '../../../src/ports/audit.ts';
import type { Network } from '../../../src/ports/network.ts';
import { openForTest } from '../../db/kit.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { configOf, kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ADA = { iss: 'shard', sub: 'ada' };
const MATRIX: Side = { kind: 'matrix', userId: '@ada:x', subject: ADA };
const NICK: Side = { kind: 'network', network: HOME, nick: 'ada', account: null };
const ACCOUNT: Side = { ...NICK, account: 'ada' };

async function world(t: TestContext, isRecorded: () => boolean = () => true) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const nicks = { isTaken: () => true, nickOf: () => undefined };
  const network = { id: HOME, nicks, fold: (name: string) => name.toLowerCase() } as unknown as Network;
  const kit = kitFor(db, new ManualClock(), { networks: new Map([[HOME, network]]) });
  const portals = new PortalTable();
  for (const channel of configOf([{ channel: '#commons', room: '#commons' }]).networks[0]?.channels ?? [])
    portals.add(HOME, channel);
  const audit: Audit = { problem: undefined, write: async () => isRecorded(), close: async () => {} };
  return new Proofs(kit, audit, portals);
}

test('nobody is linked while that cannot be recorded', async (t) => {
  let isRecorded = false;
  const proofs = await world(t, () => isRecorded);
  for (const side of [ACCOUNT, NICK]) {
    const linked = await proofs.finish(proofs.begin(side), MATRIX);
    assert.match(linked.text, /^The record of decisions cannot be written now, so nothing was linked\./);
    assert.deepEqual([linked.ok, proofs.all(), proofs.ofNick(HOME, 'ada')], [false, [], undefined]);
  }
  isRecorded = true;
  assert.equal((await proofs.finish(proofs.begin(ACCOUNT), MATRIX)).ok, true);
  assert.deepEqual(
    proofs.all().map(({ subject }) => subject),
    [ADA],
  );
});

test('a code that a nick asked for is nobody’s once the nick was given up', async (t) => {
  const proofs = await world(t);
  const member = { nick: 'Ada' } as never;
  for (const leave of [
    () => proofs.rosterChanged(HOME, { kind: 'leave', member, netsplit: false }),
    () => proofs.forgetNicks(HOME),
  ]) {
    const code = proofs.begin(NICK);
    leave();
    assert.match((await proofs.finish(code, MATRIX)).text, /^This code is not valid/);
    assert.equal(proofs.ofNick(HOME, 'ada'), undefined);
  }
  const code = proofs.begin(ACCOUNT);
  proofs.rosterChanged(HOME, { kind: 'leave', member, netsplit: false });
  assert.equal((await proofs.finish(code, MATRIX)).ok, true, 'an account is the same person, wherever they are');
});
