import type { Direction, NetworkId } from '../core/ids.ts';

/**
 * Every number that Causeway counts, in one table: it gives the methods, the Prometheus names and `docs/metrics.md`.
 *
 * A label is either a closed list of values, or `network` (an id of the configuration), or `code` (the code of a
 * BridgeError or of another closed vocabulary of the program). Never a nick, a user, a room or a channel: those are people's business, and without bound.
 * Names follow what other bridges export (`bridge_…`, `matrix_request_seconds`) where they export the same.
 */

const direction = ['to-matrix', 'to-network'] as const satisfies readonly Direction[];
/** Seconds. From one commit on an idle machine to a homeserver that was away for a night. */
const lagBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 43_200] as const;
/** Seconds. For single calls and commits. */
const callBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] as const;

const counter = <const L extends LabelTable>(name: string, help: string, labels: L) =>
  ({ type: 'counter', name, help, labels }) as const;
const gauge = <const L extends LabelTable>(name: string, help: string, labels: L) =>
  ({ type: 'gauge', name, help, labels }) as const;
const histogram = <const L extends LabelTable>(name: string, help: string, labels: L, buckets: readonly number[]) =>
  ({ type: 'histogram', name, help, labels, buckets }) as const;

export const METRICS = {
  messages: counter(
    'bridge_messages_total',
    'Messages that reached their end: delivered, refused by the other side, dropped by policy, or parked because handling them failed.',
    { direction, network: 'network', outcome: ['delivered', 'refused', 'dropped', 'parked'] },
  ),
  deliverySeconds: histogram(
    'bridge_delivery_seconds',
    'Lag: from the moment a message was received until the other side confirmed it.',
    { direction, network: 'network' },
    lagBuckets,
  ),
  sends: counter('bridge_sends_total', 'Attempts to send. `unknown`: nobody can say yet whether it arrived.', {
    direction,
    network: 'network',
    outcome: ['confirmed', 'failed', 'refused', 'unknown'],
  }),
  retries: counter('bridge_retries_total', 'Attempts to send to Matrix that were not the first for their message.', {
    network: 'network',
  }),
  refusals: counter('bridge_refusals_total', 'Messages that the other side refused for good, by reason.', {
    direction,
    network: 'network',
    cause: 'code',
  }),
  coalesced: counter(
    'bridge_coalesced_lines_total',
    'Lines that went into the event of the line before, under backlog.',
    {
      network: 'network',
    },
  ),
  lookups: counter('bridge_lookups_total', 'Doubtful sends that were looked up, by what was found.', {
    direction,
    network: 'network',
    answer: ['arrived', 'absent', 'unknown'],
  }),
  queueDepth: gauge('bridge_queue_depth', 'Messages stored and not yet confirmed by the other side.', {
    direction,
    network: 'network',
  }),
  queueOldestSeconds: gauge('bridge_queue_oldest_seconds', 'Age of the oldest of them; 0 when there is none.', {
    direction,
    network: 'network',
  }),
  inDoubt: gauge('bridge_in_doubt', 'Messages of which it is not known yet whether they arrived.', {
    network: 'network',
  }),
  parked: gauge('bridge_parked', 'Events set aside because handling them failed; they wait for somebody to look.', {
    network: 'network',
  }),
  duplicates: counter(
    'bridge_duplicates_total',
    'Arrivals that were known already and were dropped. With push and sync running each event comes twice: that is how it should be.',
    { source: ['push', 'sync', 'live', 'history'] },
  ),
  transactions: counter('bridge_transactions_total', 'Transactions of the homeserver, by how they were answered.', {
    outcome: ['stored', 'refused', 'failed'],
  }),
  transactionEvents: counter('bridge_transaction_events_total', 'Events in stored transactions.', {}),
  lastTransaction: gauge('bridge_last_transaction_timestamp_seconds', 'When the last transaction was stored.', {}),
  lastSync: gauge('bridge_last_sync_timestamp_seconds', 'When the companion sync was last answered.', {}),
  readBacks: counter('bridge_read_backs_total', 'Rooms read back through /messages after a break, by how that ended.', {
    outcome: ['complete', 'bounded', 'failed'],
  }),
  readBackEvents: counter('bridge_read_back_events_total', 'Events that only reading back brought.', {}),
  matrixRequestSeconds: histogram(
    'matrix_request_seconds',
    'Calls to the homeserver.',
    {
      call: ['send', 'state', 'join', 'leave', 'register', 'profile', 'create', 'messages', 'media', 'other'],
      outcome: ['ok', 'refused', 'failed'],
    },
    callBuckets,
  ),
  joins: counter('bridge_ghost_joins_total', 'Ghosts that were to join a room, by how that ended.', {
    network: 'network',
    outcome: ['joined', 'refused', 'failed'],
  }),
  leaves: counter('bridge_ghost_leaves_total', 'Ghosts that left a room.', {
    network: 'network',
    reason: ['parted', 'idle'],
  }),
  puppets: gauge('bridge_puppets', 'Connections for people: those that should be, those that are.', {
    network: 'network',
    state: ['wanted', 'connected'],
  }),
  portals: gauge('bridge_portals', 'Links between channel and room.', {
    network: 'network',
    state: ['linked', 'waiting', 'broken'],
  }),
  connected: gauge('bridge_network_connected', '1 while the listener of a network is connected, else 0.', {
    network: 'network',
  }),
  reconnects: counter('bridge_reconnects_total', 'Connections of a listener that were lost and made again.', {
    network: 'network',
  }),
  gapSeconds: counter(
    'bridge_gap_seconds_total',
    'Seconds during which the listener was not in a channel, and which no history fills.',
    { network: 'network' },
  ),
  historyLines: counter('bridge_history_lines_total', 'Lines that history brought after a gap.', {
    network: 'network',
  }),
  notices: counter('bridge_notices_total', 'Notices with which people were told of a failure.', {
    audience: ['room', 'sender'],
    outcome: ['sent', 'suppressed'],
  }),
  authorityAge: gauge(
    'authority_age_seconds',
    'How old the newest word of the authority is; before its first, how long it has been waited for.',
    {},
  ),
  authorityUpdates: counter(
    'authority_updates_total',
    'What the authority said, by what became of it. `unknown`: it said nothing that counts.',
    { outcome: ['applied', 'unchanged', 'unknown'] },
  ),
  securityEvents: counter(
    'authority_events_total',
    'Security events that were pushed to us, by what became of them. `known`: brought before; `refused`: they count for nothing; `unknown`: the keys to check them could not be had.',
    { outcome: ['taken', 'known', 'refused', 'unknown'] },
  ),
  denied: counter(
    'bridge_denied_total',
    'What people wrote or asked for and the authority does not allow, by reason.',
    {
      direction,
      cause: 'code',
    },
  ),
  enforced: counter(
    'bridge_enforced_total',
    'Steps that make rooms and channels follow the authority, by how they ended.',
    { step: 'code', outcome: ['done', 'failed'] },
  ),
  heldPlans: gauge('bridge_held_plans', 'Plans that would remove many people and wait for a confirmation.', {}),
  drift: counter(
    'bridge_drift_total',
    'Changes in managed rooms that somebody made against the authority, and that were corrected.',
    {},
  ),
  auditHealthy: gauge(
    'bridge_audit_healthy',
    '1 while the audit log can be written, else 0: nobody is let in then.',
    {},
  ),
  commitSeconds: histogram('bridge_database_commit_seconds', 'Durable commits.', {}, callBuckets),
  databaseHealthy: gauge('bridge_database_healthy', '1 while the database takes commits, else 0.', {}),
  loopDelaySeconds: histogram(
    'bridge_loop_delay_seconds',
    'How late a timer of this process fired: what everything else here had to wait for too.',
    {},
    callBuckets,
  ),
  reloads: counter('bridge_reloads_total', 'Configuration read again on SIGHUP.', { outcome: ['applied', 'refused'] }),
  lastReload: gauge('bridge_config_reload_success_timestamp_seconds', 'When a configuration was last applied.', {}),
  logRecords: counter('bridge_log_records_total', 'Records logged as a warning or worse.', {
    level: ['error', 'warn'],
  }),
} as const;

/** Values of a label: a closed list, an id of the configuration, or a code (the first 200 are told apart). */
export type LabelKind = readonly string[] | 'network' | 'code';
export type LabelTable = Readonly<Record<string, LabelKind>>;
export type MetricSpec = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: LabelTable;
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
};
export type MetricKey = keyof typeof METRICS;

type LabelValue<K> = K extends readonly (infer V)[] ? V : K extends 'network' ? NetworkId : string;
type Labels<T> = { readonly [L in keyof T]: LabelValue<T[L]> };
/** A metric without labels is called without them. */
type Args<T, Rest extends unknown[]> = [keyof T] extends [never] ? Rest : [labels: Labels<T>, ...rest: Rest];

export type Counter<T> = {
  /** @param by not negative; one when left out */
  add(...args: Args<T, [by?: number]>): void;
};
export type Gauge<T> = { set(...args: Args<T, [value: number]>): void };
export type Histogram<T> = { observe(...args: Args<T, [value: number]>): void };

type MetricOf<S> = S extends { type: infer K; labels: infer T }
  ? K extends 'counter'
    ? Counter<T>
    : K extends 'gauge'
      ? Gauge<T>
      : Histogram<T>
  : never;

/** What app and adapters count with: `metrics.messages.add({direction, network, outcome})`. Never throws. */
export type Metrics = { readonly [K in MetricKey]: MetricOf<(typeof METRICS)[K]> };

/** All numbers as they stand, for whoever scrapes them. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}
