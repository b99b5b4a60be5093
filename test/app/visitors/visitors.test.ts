import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Visitors } from '../../../src/app/visitors/visitors.ts';
import type { Resource } from '../../../src/core/authority/access.ts';
import type { Agreement } from '../../../src/core/authority/agreement.ts';
import { agreement, assertion, commons, OWN } from '../../core/authority/agreement-fixture.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const VERA = '@vera:elm.example';

async function world() {
  const clock = new ManualClock();
  const kit = kitFor(await openForTest('sqlite::memory:'), clock);
  const said: string[] = [];
  let revision = 0;
  const open = () =>
    new Visitors({
      kit,
      own: OWN,
      ownServers: () => [OWN.homeserver],
      onServers: () => said.push('servers'),
      onPeople: (userIds) => said.push(`people ${userIds}`),
      onEnded: (ids) => said.push(`ended ${ids}`),
    });
  const visitors = open();
  const agree = (...agreements: readonly Agreement[]) =>
    visitors.learned(agreements, { asOfMs: clock.nowMs(), revision: ++revision, via: 'push' });
  const at = () => ({ nowMs: clock.nowMs(), ageMs: 0, softMs: 60_000, hardMs: 900_000 });
  const stands = (resource: Resource = commons, one = visitors): string => {
    const standing = one.standingIn(VERA, resource, at());
    return standing === undefined ? 'nothing' : `${standing.membership} ${standing.code}`;
  };
  const come = async (jti: string, forMs = 300_000, id = 'willow-elm', version = 3) => {
    const record = visitors.book.inForce(id);
    assert.ok(record !== undefined);
    const [issuedAtMs, untilMs] = [clock.nowMs(), clock.nowMs() + forMs];
    const begun = await visitors.visits.begin(assertion({ agreement: id, version, jti, issuedAtMs, untilMs }), record);
    visitors.begun(VERA);
    return begun;
  };
  return { clock, said, visitors, open, agree, stands, come };
}

describe('A visitor', () => {
  test('is one from the moment at which they come, by an assertion that counts once', async () => {
    const { agree, come, stands, said } = await world();
    await agree(agreement());
    assert.equal(stands(), 'nothing');
    assert.deepEqual([await come('a'), await come('a'), stands()], ['begun', 'used', 'in visitor']);
    assert.deepEqual(said, ['servers', `people ${VERA}`, `people ${VERA}`]);
  });

  test('is none any more once the visit is over, and everybody concerned is told at that moment', async () => {
    const { agree, come, stands, said, clock } = await world();
    await agree(agreement());
    await come('a', 5_000);
    said.length = 0;
    clock.advance(4_999);
    assert.deepEqual([stands(), said], ['in visitor', []]);
    clock.advance(1);
    assert.deepEqual([stands(), said], ['out visit-ended', [`people ${VERA}`]]);
  });

  test('is put out though somebody else comes in the moment in which their visit ends', async () => {
    const { agree, come, said, clock } = await world();
    await agree(agreement(), agreement({ id: 'second' }));
    await come('a', 5_000);
    // The timer is due and has not run, and another visit begins.
    let isRead = false;
    const nowMs = clock.nowMs.bind(clock);
    clock.nowMs = () => nowMs() + (isRead ? 5_000 : 0);
    isRead = true;
    await come('b', 300_000, 'second');
    said.length = 0;
    clock.advance(5_000);
    assert.deepEqual(said, [`people ${VERA}`]);
  });

  test('is cut first and put out later where the agreement ends; another version brings nobody back (invariant 32)', async () => {
    const { agree, come, stands, said, visitors } = await world();
    await agree(agreement());
    await come('a');
    said.length = 0;
    await agree(agreement({ state: 'suspended' }));
    assert.deepEqual(
      [stands(), said],
      ['unchanged agreement-ended', ['ended willow-elm', 'servers', `people ${VERA}`]],
    );
    visitors.book.advance('willow-elm', 'out');
    assert.equal(stands(), 'out agreement-ended');
    await agree(agreement());
    assert.equal(stands(), 'out visit-ended', 'not even the same version');
    await agree(agreement({ version: 4 }));
    assert.equal(stands(), 'out visit-ended');
  });

  test('has to come again with another version', async () => {
    const { agree, come, stands } = await world();
    await agree(agreement());
    await come('a');
    await agree(agreement({ version: 4 }));
    assert.equal(stands(), 'out visit-ended');
    assert.deepEqual([await come('b', 300_000, 'willow-elm', 4), stands()], ['begun', 'in visitor']);
  });

  test('by a second agreement stays when the first ends', async () => {
    const { agree, come, stands } = await world();
    const second = agreement({ id: 'second' });
    await agree(agreement(), second);
    await come('a');
    await come('b', 5_000, 'second');
    await agree(agreement({ state: 'revoked' }), second);
    assert.equal(stands(), 'in visitor');
  });

  test('is known after a restart, and is none where the agreement ran out meanwhile', async () => {
    const { agree, come, stands, open, clock } = await world();
    await agree(agreement({ notAfterMs: clock.nowMs() + 60_000 }));
    await come('a');
    const again = open();
    await again.load();
    assert.equal(stands(commons, again), 'in visitor');
    clock.advance(60_000);
    const late = open();
    await late.load();
    assert.equal(stands(commons, late), 'unchanged agreement-ended');
  });
});
