import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { numbersOf } from '../../tools/bench/lines.ts';
import { SCENARIOS } from '../../tools/bench/scenarios.ts';
import { median, percentile, short } from '../../tools/bench/stats.ts';
import { judge, renderTable } from '../../tools/bench/table.ts';

describe('The result table', () => {
  test('compares run by run, so that a slow minute meets both', () => {
    const rate = { what: 'rate', unit: 'lines/s', measure: 'ratio', goal: { op: '>=', value: 0.9 } } as const;
    const verdict = judge({ ...rate, ours: [60, 9, 58], limit: [62, 10, 60] });
    assert.deepEqual([Number(verdict.result.toFixed(3)), verdict.met], [0.967, true]);
    assert.equal(judge({ ...rate, ours: [50, 50, 50], limit: [60, 60, 60] }).met, false);
    const lag = { what: 'lag', unit: 'ms', measure: 'difference', goal: { op: '<=', value: 2 } } as const;
    assert.deepEqual(judge({ ...lag, ours: [17, 31, 18], limit: [15, 30, 17] }).result, 1);
    assert.equal(judge({ what: 'x', unit: 's', measure: 'value', ours: [4, 9, 3] }).result, 4);
    assert.equal(judge({ what: 'x', unit: 's', measure: 'value', ours: [4, 9, 3] }).met, undefined);
  });

  test('says in words whether a goal was reached', () => {
    const text = renderTable([
      { what: 'one room', unit: 'lines/s', ours: [60], limit: [62], measure: 'ratio', goal: { op: '>=', value: 0.9 } },
      {
        what: 'lag',
        unit: 'ms',
        ours: [19],
        limit: [15],
        measure: 'difference',
        goal: { op: '<=', value: 2 },
        note: 'quiet',
      },
      { what: 'start', unit: 'ms', ours: [612], measure: 'value' },
    ]);
    assert.equal(
      text,
      [
        'what              ours          bare  compared       goal',
        'one room  60.0 lines/s  62.0 lines/s    0.97 ×   ≥ 0.90 ×  reached',
        'lag            19.0 ms       15.0 ms   4.00 ms  ≤ 2.00 ms   MISSED',
        'start           612 ms',
        '',
        '  lag: quiet',
      ].join('\n'),
    );
  });
});

describe('Counting', () => {
  test('takes the median and the nearest rank', () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])], [2, 2.5, 7]);
    assert.ok(Number.isNaN(median([])));
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    assert.deepEqual([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile([5], 0.95)], [50, 95, 5]);
    assert.deepEqual([short(1234.5), short(12.34), short(1.234), short(Number.NaN)], ['1235', '12.3', '1.23', '-']);
  });

  test('finds each line of a run in joined lines, and no other', () => {
    assert.deepEqual(numbersOf('run-1 0 some words\nrun-1 1\nrun-10 2\nother 3\nrun-1 4 x', 'run-1'), [0, 1, 4]);
  });

  test('has a name of its own for every scenario', () => {
    const names = SCENARIOS.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names);
    for (const { name, timeoutMs } of SCENARIOS) assert.ok(timeoutMs > 0 && timeoutMs <= 1_200_000, name);
  });
});
