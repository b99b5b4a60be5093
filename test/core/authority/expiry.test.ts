import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextChangeAtMs } from '../../../src/core/authority/expiry.ts';
import { person, seat } from './fixture.ts';

const ada = person('ada', { seats: [{ ...seat('garden'), notBeforeMs: 300, notAfterMs: 900 }] });
const bo = person('bo', { roles: [{ role: 'council', notAfterMs: 500 }, { role: 'operator' }] });

test('invariant 16: the next moment at which a seat or role begins or ends by itself', () => {
  const moments = [0, 299, 300, 499, 500, 899, 900].map((nowMs) => nextChangeAtMs([ada, bo], nowMs));
  assert.deepEqual(moments, [300, 300, 500, 500, 900, 900, undefined]);
});

test('without terms there is none', () => {
  assert.equal(nextChangeAtMs([person('cy', { seats: [seat('garden')] })], 0), undefined);
});
