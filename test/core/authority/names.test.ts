import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mapRoles, mapStatus } from '../../../src/core/authority/names.ts';

describe('invariant 5: words of an authority', () => {
  const words = { sabbatical: 'hibernating', Gone: 'departed', active: 'provisional' } as const;
  const table: ReadonlyArray<readonly [string, string]> = [
    ['suspended', 'suspended'],
    ['Expelled', 'expelled'],
    [' sabbatical ', 'hibernating'],
    ['SABBATICAL', 'hibernating'],
    ['gone', 'departed'],
    ['Active', 'provisional'],
    ['on the moon', 'unmapped'],
    ['', 'unmapped'],
    ['constructor', 'unmapped'],
    ['__proto__', 'unmapped'],
  ];
  for (const [word, wanted] of table)
    test(`“${word}” means ${wanted}`, () => {
      assert.equal(mapStatus(word, words), wanted);
    });

  test('the exact word comes before the same in other letters', () => {
    assert.equal(mapStatus('Leave', { leave: 'departed', Leave: 'hibernating' }), 'hibernating');
  });

  test('roles come from least to most, each once; words that mean nothing are named and give nothing', () => {
    assert.deepEqual(mapRoles(['Board', 'MEMBER', 'council', 'wizard', 'wizard'], { board: 'council' }), {
      roles: ['member', 'council'],
      dropped: ['wizard'],
    });
  });
});
