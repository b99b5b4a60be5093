import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Nonces } from '../../src/http/nonces.ts';

test('a nonce is good once, for ten seconds, and only where it was made', () => {
  let nowMs = 5_000;
  const nonces = new Nonces(() => nowMs);
  const [one, two, late] = [nonces.make(), nonces.make(), nonces.make()];
  assert.notEqual(one, two);
  assert.deepEqual([nonces.use(one), nonces.use(one), nonces.use(two)], [true, false, true]);
  for (const made of [new Nonces(() => nowMs).make(), '', 'a.b.c', late.replace(/^[^.]+/, 'zzzz'), `${late}x`])
    assert.equal(nonces.use(made), false, made);
  nowMs += 10_001;
  assert.equal(nonces.use(late), false);
  assert.equal(nonces.use(one), false);
});
