import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { NetworkId } from '../core/ids.ts';
import { type LabelKind, METRICS, type MetricSpec, type Metrics, type MetricsPage } from '../ports/metrics.ts';

/** Different values of a `code` label that are told apart; what comes later counts as `other`. */
const MAX_CODES = 200;
const CODE = /^[A-Za-z0-9_.-]{1,60}$/;

export type Prometheus = MetricsPage & {
  readonly metrics: Metrics;
  /** Series of these networks exist from now on, at zero: a rate needs a first value. */
  announce(networks: readonly NetworkId[]): void;
  /** Called before each scrape, to set gauges that nobody keeps up to date; bounded by the caller. */
  beforeScrape(refresh: () => void | Promise<void>): void;
};

/** The metrics table on prom-client, with what Node says about its process (`process_…`, `nodejs_…`). */
export function makePrometheus(version: string): Prometheus {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'bridge_info',
    help: 'Always 1; the version of Causeway and of Node are its labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);

  const refreshers: (() => void | Promise<void>)[] = [];
  const entries = Object.entries(METRICS).map(([key, spec]) => [key, registered(spec, registry)] as const);
  for (const [, series] of entries) series.announce([]);

  return {
    metrics: Object.freeze(Object.fromEntries(entries.map(([key, series]) => [key, series.methods]))) as Metrics,
    announce(networks) {
      for (const [, series] of entries) series.announce(networks);
    },
    beforeScrape(refresh) {
      refreshers.push(refresh);
    },
    contentType: registry.contentType,
    async text() {
      await Promise.allSettled(refreshers.map(async (refresh) => refresh()));
      return registry.metrics();
    },
  };
}

type LabelValues = Record<string, string>;
type Series = { readonly methods: object; announce(networks: readonly NetworkId[]): void };

/** One row of the table in the registry. A metric without labels is called with the value alone. */
function registered(spec: MetricSpec, registry: Registry): Series {
  const labelNames = Object.keys(spec.labels);
  const options = { name: spec.name, help: spec.help, labelNames, registers: [registry] };
  const labelled = labelNames.length > 0;
  const bound = boundedCodes(spec);
  const split = (args: unknown[], otherwise: number): [LabelValues, number] =>
    labelled ? [bound(args[0] as LabelValues), finite(args[1], otherwise)] : [{}, finite(args[0], otherwise)];

  switch (spec.type) {
    case 'counter': {
      const counter = new Counter(options);
      const add = (...args: unknown[]): void => {
        const [labels, by] = split(args, 1);
        if (by > 0) counter.inc(labels, by);
      };
      return { methods: { add }, announce: (networks) => each(spec, networks, (labels) => counter.inc(labels, 0)) };
    }
    case 'gauge': {
      const gauge = new Gauge(options);
      return { methods: { set: (...args: unknown[]) => gauge.set(...split(args, 0)) }, announce: () => {} };
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...(spec.buckets ?? [])] });
      const observe = (...args: unknown[]): void => {
        const [labels, value] = split(args, 0);
        // A wall clock that was set back must not take anything from the sum.
        histogram.observe(labels, Math.max(0, value));
      };
      return { methods: { observe }, announce: (networks) => each(spec, networks, (labels) => histogram.zero(labels)) };
    }
  }
}

const finite = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

/** Codes come from servers' numerics among others: their number is bounded here. */
function boundedCodes(spec: MetricSpec): (labels: LabelValues) => LabelValues {
  const names = Object.keys(spec.labels).filter((name) => spec.labels[name] === 'code');
  if (names.length === 0) return (labels) => labels;
  const known = new Set<string>();
  return (labels) => {
    const bounded = { ...labels };
    for (const name of names) {
      const code = bounded[name] ?? '';
      if (known.has(code)) continue;
      if (CODE.test(code) && known.size < MAX_CODES) known.add(code);
      else bounded[name] = 'other';
    }
    return bounded;
  };
}

/** Every combination of labels that can be known beforehand; none where a code is among them. */
function each(spec: MetricSpec, networks: readonly NetworkId[], visit: (labels: LabelValues) => void): void {
  const values = (kind: LabelKind): readonly string[] => (kind === 'network' ? networks : kind === 'code' ? [] : kind);
  let combinations: LabelValues[] = [{}];
  for (const [name, kind] of Object.entries(spec.labels))
    combinations = combinations.flatMap((labels) => values(kind).map((value) => ({ ...labels, [name]: value })));
  for (const labels of combinations) visit(labels);
}
