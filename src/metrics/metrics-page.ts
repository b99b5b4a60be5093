import { type LabelKind, METRICS, type MetricSpec } from '../ports/metrics.ts';

const LABEL_KINDS = { network: '*id of a network*', code: '*code of an error*' } as const;

/** `docs/metrics.md`, made from the table, so that it cannot say anything else. */
export function metricsPage(): string {
  const rows = Object.values<MetricSpec>(METRICS).map(
    (spec) => `| \`${spec.name}\` | ${spec.type} | ${labels(spec)} | ${spec.help.replaceAll('|', '\\|')} |`,
  );
  return `<!-- Made by \`node src/metrics/metrics-page.ts > docs/metrics.md\`; a test keeps it so. -->
# Metrics

\`GET /metrics\` at \`http.listen\` answers in the Prometheus text format. Durations are in seconds, times are seconds since
1970. There are no labels for people, rooms or channels: those would be private, and without bound. Lag and queues of a
single link are in \`causeway status\`.

| name | type | labels | what |
| --- | --- | --- | --- |
${rows.join('\n')}
| \`bridge_info\` | gauge | \`version\`, \`node\` | Always 1; the versions are its labels. |

Besides, Node's own: \`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`, \`process_open_fds\`,
\`nodejs_eventloop_lag_p99_seconds\`, \`nodejs_heap_size_used_bytes\`, \`nodejs_gc_duration_seconds\` and their kin.
What to watch and at which values to be woken is in [operating.md](operating.md#alerts-worth-having).
`;
}

function labels(spec: MetricSpec): string {
  const parts = Object.entries(spec.labels).map(([name, kind]) => `\`${name}\`: ${labelValues(kind)}`);
  return parts.length === 0 ? '' : parts.join('; ');
}

const labelValues = (kind: LabelKind): string =>
  typeof kind === 'string' ? LABEL_KINDS[kind] : kind.map((value) => `\`${value}\``).join(' ');

if (import.meta.main) process.stdout.write(metricsPage());
