import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgreementBook } from '../../../src/app/visitors/agreement-book.ts';
import { agreement, OWN } from '../../core/authority/agreement-fixture.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

async function book() {
  const db = await openForTest('sqlite::memory:');
  const clock = new ManualClock();
  const kit = kitFor(db, clock);
  const open = () => new AgreementBook(kit, OWN);
  return { clock, open, one: open() };
}

describe('Agreements as last heard', () => {
  test('end once, for the reason that is given, and are as new with another decision (invariant 32)', async () => {
    const { one } = await book();
    assert.deepEqual(one.learned([agreement()], 1), { ended: [], isNews: true });
    assert.deepEqual(one.servers(), ['elm.example']);
    const revoked = agreement({ state: 'revoked', endedBy: 'willow-vote-9' });
    assert.deepEqual(one.learned([revoked], 2), { ended: ['willow-elm'], isNews: true });
    assert.deepEqual(one.learned([revoked], 3), { ended: [], isNews: false });
    assert.deepEqual(one.servers(), []);
    assert.equal(
      one.endedWith('elm.example')?.ending?.why,
      'The agreement willow-elm with elm.example is revoked, so it lets nobody in. The decision is willow-vote-9.',
    );
    assert.deepEqual(one.learned([agreement({ version: 4 })], 4), { ended: [], isNews: true });
    assert.equal(one.endedWith('elm.example'), undefined);
  });

  test('that never were in force do not end', async () => {
    const { one } = await book();
    one.learned([agreement({ state: 'proposed' })], 1);
    assert.deepEqual(one.learned([agreement({ state: 'revoked' })], 2).ended, []);
    assert.equal(one.endedWith('elm.example'), undefined);
  });

  test('that are named no more ended without a decision', async () => {
    const { one } = await book();
    one.learned([agreement()], 1);
    assert.deepEqual(one.learned([], 2).ended, ['willow-elm']);
    assert.equal(one.get('willow-elm')?.ending?.code, 'agreement-gone');
  });

  test('are over by the clock', async () => {
    const { one, clock } = await book();
    one.learned([agreement({ notAfterMs: clock.nowMs() + 1_000 })], 1);
    assert.deepEqual(one.settle(), []);
    clock.advance(1_000);
    assert.deepEqual([one.servers(), one.settle(), one.settle()], [[], ['willow-elm'], []]);
  });

  test('do not change by what is older', async () => {
    const { one } = await book();
    one.learned([agreement({ state: 'revoked', version: 4 })], 5);
    one.learned([agreement()], 4);
    assert.equal(one.get('willow-elm')?.agreement.version, 4);
    assert.deepEqual(one.servers(), []);
  });

  test('are those of before after a restart, with how far their end was carried out', async () => {
    const { one, open } = await book();
    const other = agreement({ id: 'willow-oak', peer: { ...agreement().peer, homeserver: 'oak.example' } });
    one.learned([agreement(), other], 1);
    one.learned([agreement({ state: 'revoked' }), other], 2);
    one.advance('willow-elm', 'out');
    await one.save();
    const again = open();
    await again.load();
    assert.deepEqual(again.all(), one.all());
    assert.deepEqual([again.servers(), again.get('willow-elm')?.ending?.stage], [['oak.example'], 'out']);
  });

  test('give way after a restart to what the authority says, though its clock was set back meanwhile', async () => {
    const { one, open } = await book();
    one.learned([agreement()], 1_000);
    await one.save();
    const again = open();
    await again.load();
    assert.deepEqual(again.learned([agreement({ state: 'revoked' })], 10).ended, ['willow-elm']);
    assert.deepEqual(again.learned([agreement()], 9).isNews, false, 'from then on what is older changes nothing');
  });

  test('vouch for a server of a network as long as one of them is in force', async () => {
    const { one } = await book();
    one.learned([agreement(), agreement({ id: 'second' })], 1);
    one.learned([agreement({ state: 'revoked' }), agreement({ id: 'second' })], 2);
    assert.equal(one.endedOrigin('irc.elm.example'), undefined);
    one.learned([agreement({ state: 'revoked' }), agreement({ id: 'second', state: 'suspended' })], 3);
    assert.notEqual(one.endedOrigin('irc.elm.example'), undefined);
    assert.equal(one.endedOrigin('irc.oak.example'), undefined);
  });
});
