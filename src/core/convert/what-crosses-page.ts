import type { Crossing, Way } from './crossings/crossing.ts';
import { WHAT_CROSSES } from './what-crosses.ts';

const HEAD = `# What crosses

What becomes of each kind of thing that people do, in each direction. This page is made from the rows in
\`src/core/convert/crossings/\`, and a test compares them. "Without" is what happens where the network has not what the row needs; where
nothing is said of that, it makes no difference. Tests that show a row stand in the table.

| What | Needs | Matrix → network | without | Network → Matrix | without |
|---|---|---|---|---|---|
`;

/** docs/what-crosses.md */
export const whatCrossesPage = (rows: readonly Crossing[] = WHAT_CROSSES): string =>
  `${HEAD}${rows.map(rowOf).join('\n')}\n`;

const rowOf = ({ what, needs, toNetwork, toMatrix }: Crossing): string =>
  `| ${[what, needs ?? '', ...cellsOf(toNetwork), ...cellsOf(toMatrix)].join(' | ')} |`;

const cellsOf = (way: Way | null): readonly string[] => [way?.able ?? 'there is none', way?.unable ?? ''];
