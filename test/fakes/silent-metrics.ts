import { METRICS, type Metrics } from '../../src/ports/metrics.ts';

/** Counts nothing. */
export const silentMetrics: Metrics = Object.freeze(
  Object.fromEntries(Object.keys(METRICS).map((key) => [key, { add() {}, set() {}, observe() {} }])),
) as unknown as Metrics;
