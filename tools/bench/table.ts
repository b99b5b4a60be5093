import type { Row } from './scenario.ts';
import { median, short } from './stats.ts';

export type Verdict = Row & { readonly result: number; readonly met: boolean | undefined };

const RESULT: Readonly<Record<Row['measure'], (ours: number, limit: number) => number>> = {
  ratio: (ours, limit) => ours / limit,
  difference: (ours, limit) => ours - limit,
  value: (ours) => ours,
};

/** Medians of the runs, held against the goal. */
export function judge(row: Row): Verdict {
  const result = RESULT[row.measure](median(row.ours), median(row.limit ?? []));
  const { goal } = row;
  return {
    ...row,
    result,
    met: goal === undefined ? undefined : goal.op === '>=' ? result >= goal.value : result <= goal.value,
  };
}

/** The rows as a table for a terminal: medians, and what they come to. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const verdict = judge(row);
    const result = `${short(verdict.result)}${row.measure === 'ratio' ? ' ×' : ` ${row.unit}`}`;
    const { goal } = row;
    return [
      row.what,
      `${short(median(row.ours))} ${row.unit}`,
      row.limit === undefined ? '' : `${short(median(row.limit))} ${row.unit}`,
      row.measure === 'value' ? '' : result,
      goal === undefined
        ? ''
        : `${goal.op === '>=' ? '≥' : '≤'} ${short(goal.value)}${row.measure === 'ratio' ? ' ×' : ` ${row.unit}`}`,
      verdict.met === undefined ? '' : verdict.met ? 'reached' : 'MISSED',
    ];
  });
  const head = ['what', 'ours', 'bare', 'compared', 'goal', ''];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const notes = rows.flatMap(({ what, note }) => (note === undefined ? [] : [`  ${what}: ${note}`]));
  return [line(head), ...cells.map(line), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}
