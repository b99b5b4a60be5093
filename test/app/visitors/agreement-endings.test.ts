import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgreementBook } from '../../../src/app/visitors/agreement-book.ts';
import { AgreementEndings, type AgreementEndingsParts } from '../../../src/app/visitors/agreement-endings.ts';
import type { Visitors } from '../../../src/app/visitors/visitors.ts';
import type { Agreement } from '../../../src/core/authority/agreement.ts';
import { noAudit } from '../../../src/ports/audit.ts';
import { agreement, OWN } from '../../core/authority/agreement-fixture.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

/** How far the end of an agreement comes while the authority does not answer. */
async function whileSilent(end: (clock: ManualClock) => Agreement, isOver: boolean) {
  const clock = new ManualClock();
  const kit = kitFor(await openForTest('sqlite::memory:'), clock);
  const book = new AgreementBook(kit, OWN);
  const looks: string[] = [];
  book.learned([agreement()], 1);
  book.learned([end(clock)], 2);
  if (isOver) clock.advance(1_000);
  book.settle();
  const endings = new AgreementEndings({
    ...{ kit, audit: noAudit, mode: () => 'enforce', rooms: () => [], known: () => undefined },
    authority: { agreements: async () => ({ kind: 'unknown', reason: 'unreachable', text: 'Nobody answers.' }) },
    visitors: { book, peopleOf: () => [] } as unknown as Visitors,
    onLook: (_resources: readonly string[], cause: string) => looks.push(cause),
    onPeople: () => {},
    say: async () => {},
  } as unknown as AgreementEndingsParts);
  endings.begin(['willow-elm']);
  await clock.pass(60_000);
  endings.stop();
  return { looks, stage: book.get('willow-elm')?.ending?.stage };
}

test('an agreement that is over by the clock is ended with the authority down', async () => {
  const over = (clock: ManualClock) => agreement({ notAfterMs: clock.nowMs() + 1_000 });
  assert.deepEqual(await whileSilent(over, true), { looks: ['agreement willow-elm@3'], stage: 'told' });
});

test('one that was revoked waits until the authority has said so once more, and is cut meanwhile', async () => {
  const revoked = () => agreement({ state: 'revoked' });
  assert.deepEqual(await whileSilent(revoked, false), { looks: [], stage: 'cut' });
});
