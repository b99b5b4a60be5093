import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { globWeight, matchesGlob } from '../../../src/core/text/glob.ts';

/** The same by a regular expression, which is right and may take for ever. */
const reference = (pattern: string): RegExp =>
  new RegExp(`^${[...pattern].map((char) => (char === '*' ? '.*' : char === '?' ? '.' : char)).join('')}$`, 's');

describe('a pattern with * and ?', () => {
  test('matches what the same regular expression matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (mask, name) => {
        assert.equal(matchesGlob(mask, name), reference(mask).test(name));
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes no more steps than its weight allows, where a regular expression would never end', () => {
    const steps = { count: 0 };
    const text = `${'a'.repeat(254)}b`;
    const counted = new Proxy(Object(text) as object, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) steps.count++;
        return Reflect.get(target, key) as unknown;
      },
    }) as unknown as string;
    for (const mask of [`${'*a'.repeat(120)}c`, `*${'a'.repeat(120)}c*`, '?*'.repeat(120), `*${'?'.repeat(120)}c`]) {
      steps.count = 0;
      matchesGlob(mask, counted);
      assert.ok(steps.count <= (globWeight(mask) + 2) * text.length, `${mask.slice(0, 10)} took ${steps.count} steps`);
    }
  });
});
