import type { Row } from './scenario.ts';
import { median, short } from './stats.ts';

export type Verdict = Row & { readonly result: number; readonly met: boolean | undefined };

const COMPARED: Readonly<Record<Row['measure'], (ours: number, limit: number) => number>> = {
  ratio: (ours, limit) => ours / limit,
  difference: (ours, limit) => ours - limit,
  value: (ours) => ours,
};

/**
 * What a row comes to, held against its goal. Run by run where ours and bare took turns, so that whatever else the
 * machine did between the runs falls out; then the median.
 */
export function judge(row: Row): Verdict {
  const limit = row.limit ?? [];
  const compare = COMPARED[row.measure];
  const result =
    row.ours.length === limit.length
      ? median(row.ours.map((value, run) => compare(value, limit[run] ?? Number.NaN)))
      : compare(median(row.ours), median(limit));
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
