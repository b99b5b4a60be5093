import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LineGate, Speaker, Verdict } from '../../../src/app/gates/line-gate.ts';
import { OptOuts } from '../../../src/app/gates/opt-outs.ts';
import { OptedOutGate } from '../../../src/app/gates/opted-out-gate.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import { makeDirectId } from '../../../src/core/ids.ts';
import { openForTest } from '../../db/kit.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ANNA = '@anna:willow.example';
const ZOE: Speaker = { nick: 'zoe', account: 'zoe', assurance: 'local' };
const everything: LineGate = {
  toNetwork: () => ({ kind: 'yes' }),
  toMatrix: () => ({ kind: 'yes' }),
  mayKick: () => true,
};

const words = (verdict: Verdict): string => (verdict.kind === 'yes' ? 'yes' : verdict.error.text);

/** A private conversation of anna with zoe. */
async function inPrivate() {
  const optOuts = await OptOuts.open(kitFor(await openForTest('sqlite::memory:'), new ManualClock()));
  const portals = new PortalTable();
  const subject = { kind: 'account', name: 'zoe' } as const;
  const id = makeDirectId(HOME, ANNA, subject);
  const { nick } = ZOE;
  portals.addDirect(id, HOME, { userId: ANNA, peer: { subject, nick, host: null }, blocked: false, isOpen: true });
  return { optOuts, gate: new OptedOutGate(everything, portals, optOuts), id };
}

describe('a private conversation', () => {
  test('ends where one of the two does not want to be bridged, and the other is told why', async () => {
    const { optOuts, gate, id } = await inPrivate();
    assert.deepEqual([words(gate.toNetwork(id, ANNA)), words(gate.toMatrix(id, ZOE))], ['yes', 'yes']);
    await optOuts.set(HOME, ZOE, true);
    assert.deepEqual(
      [words(gate.toNetwork(id, ANNA)), words(gate.toMatrix(id, ZOE))],
      ['zoe does not want to be bridged.', 'This person does not want to be bridged.'],
    );
    await optOuts.set(HOME, ZOE, false);
    await optOuts.setUser(ANNA, true);
    assert.deepEqual(
      [words(gate.toNetwork(id, ANNA)), words(gate.toNetwork(id, ANNA, true)), words(gate.toMatrix(id, ZOE))],
      ['you do not want to be bridged. `!causeway optin` undoes that.', 'yes', 'They do not want to be bridged.'],
    );
  });

  test('goes on where an account of the same name at another server is out', async () => {
    const { optOuts, gate, id } = await inPrivate();
    await optOuts.set(HOME, { ...ZOE, origin: 'oak.example' }, true);
    assert.deepEqual([words(gate.toNetwork(id, ANNA)), words(gate.toMatrix(id, ZOE))], ['yes', 'yes']);
  });
});

test('of whom a list has only a name, nothing passes while somebody is out by an account: it may be them', async () => {
  const { optOuts, gate, id } = await inPrivate();
  const named: Speaker = { nick: 'zo', account: null, origin: '?', assurance: 'anonymous', onlyNamed: true };
  assert.equal(words(gate.toMatrix(id, named)), 'yes');
  await optOuts.set(HOME, { ...ZOE, account: 'did:plc:other' }, true);
  const { onlyNamed: _, ...heard } = named;
  assert.deepEqual(
    [words(gate.toMatrix(id, named)), words(gate.toMatrix(id, heard))],
    ['This person does not want to be bridged.', 'yes'],
  );
});

test('who asked not to be bridged while the database was away, and asks again, is out after a restart', async () => {
  const sql = await openForTest('sqlite::memory:');
  let isAway = false;
  const transaction: typeof sql.transaction = (work) =>
    isAway ? Promise.reject(new Error('the database is away')) : sql.transaction(work);
  const kit = kitFor({ ...sql, transaction }, new ManualClock());
  const optOuts = await OptOuts.open(kit);
  isAway = true;
  await assert.rejects(optOuts.setUser(ANNA, true));
  assert.equal(optOuts.hasUser(ANNA), true);
  isAway = false;
  await optOuts.setUser(ANNA, true);
  assert.equal((await OptOuts.open(kit)).hasUser(ANNA), true);
});
