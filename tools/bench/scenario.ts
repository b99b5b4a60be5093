import type { World, WorldOptions } from './world.ts';

/** One line of the result table: ours beside what the same servers do without us, one value per run. */
export type Row = {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  /** The bare calls; absent where there is nothing to compare with. */
  readonly limit?: readonly number[];
  /** What is held against the goal: ours / limit, ours − limit, or ours alone, of medians. */
  readonly measure: 'ratio' | 'difference' | 'value';
  readonly goal?: { readonly op: '>=' | '<='; readonly value: number };
  /** What a reader has to know to believe it. */
  readonly note?: string;
};

export type BenchContext = {
  /** How many runs to take the median of. */
  readonly runs: number;
  /** Smaller crowds and fewer lines, to try the benchmark itself. */
  readonly quick: boolean;
  /** Servers of this scenario's own; closed when it ends. */
  readonly world: (options?: WorldOptions) => Promise<World>;
  /** One line of progress. */
  readonly say: (text: string) => void;
  /** Ends with the scenario's time. */
  readonly signal: AbortSignal;
};

export type Scenario = {
  readonly name: string;
  readonly title: string;
  /** After that it is given up, and its processes are ended. */
  readonly timeoutMs: number;
  readonly run: (context: BenchContext) => Promise<readonly Row[]>;
};
