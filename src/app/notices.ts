import type { BridgeError } from '../core/errors.ts';
import type {
  InviteOnNetwork,
  NoticeToMatrix,
  PinsOnNetwork,
  ReactOnNetwork,
  RedactOnNetwork,
  RemoveOnNetwork,
  RulesOnNetwork,
  SayOnNetwork,
  TopicOnNetwork,
} from '../core/events.ts';
import { isDirectId, makeLaneId, type PortalId } from '../core/ids.ts';
import type { OutboxRow } from '../ports/stores.ts';
import { OPTED_OUT } from './gates/opted-out-gate.ts';
import type { Kit } from './kit.ts';
import type { Entry, Ledger } from './lanes/ledger.ts';
import { ToldLately } from './timing/told-lately.ts';
import type { DeliveryMarks } from './to-network/delivery-marks.ts';

/** An outage shorter than this is nobody's business. */
const PATIENCE_MS = 60_000;

type NetworkEffect =
  | SayOnNetwork
  | TopicOnNetwork
  | PinsOnNetwork
  | ReactOnNetwork
  | RedactOnNetwork
  | RemoveOnNetwork
  | RulesOnNetwork
  | InviteOnNetwork;

/** What did not happen, before the name of the channel. */
const FAILED: Partial<Record<NetworkEffect['op'], string>> = {
  'network.pins': 'Not pinned in',
  'network.redact': 'Not deleted in',
  'network.remove': 'They are still in',
  'network.rules': 'What people may do stays as it is in',
  'network.invite': 'Not invited to',
};

/** Words of a network may say it whole already. */
function wordsFor({ op, channel }: NetworkEffect, reason: string, isPrivate: boolean): string {
  if (isPrivate && op === 'network.redact') return `Not deleted for ${channel}: ${reason}`;
  const failed = FAILED[op];
  if (failed !== undefined) return `${failed} ${channel}: ${reason}`;
  return reason.startsWith('Not delivered') ? reason : `Not delivered to ${channel}: ${reason}`;
}

/** Tells people what became of their message, in the room, in words, once. */
export class Notices {
  readonly #kit: Kit;
  readonly #ledger: Ledger;
  readonly #marks: DeliveryMarks;
  readonly #told: ToldLately;
  /** Since when the network was away when a room was last told so. */
  readonly #heldSinceMs = new Map<PortalId, number>();

  constructor(kit: Kit, ledger: Ledger, marks: DeliveryMarks) {
    this.#kit = kit;
    this.#marks = marks;
    this.#ledger = ledger;
    this.#told = new ToldLately(kit.clock);
  }

  /** The network refused a line for good: its row ends, its sender is told in reply. One commit. */
  async refused(portal: PortalId, row: OutboxRow, effect: NetworkEffect, error: BridgeError): Promise<void> {
    const { stores, clock, metrics } = this.#kit;
    // In private silence would mean that it was heard: each message that was not is told of, once.
    const whom = isDirectId(portal) ? effect.eventId : effect.userId;
    // Whoever was told that somebody is still there was not told that somebody else was not invited.
    const cause = `${portal}|${whom}|${FAILED[effect.op] ?? ''}|${error.code}`;
    // Whoever does not want to be bridged need not hear of it in each room; in private the other one may be meant.
    const isNew = (error.code !== OPTED_OUT || isDirectId(portal)) && this.#isNew(cause);
    metrics.notices.add({ audience: 'sender', outcome: isNew ? 'sent' : 'suppressed' });
    const notice: NoticeToMatrix = {
      op: 'matrix.notice',
      room: effect.room,
      body: wordsFor(effect, error.text, isDirectId(portal)),
      replyTo: { eventId: effect.eventId, userId: effect.userId },
    };
    await this.#write(isNew ? cause : undefined, async (entry) => {
      await stores.outbox.finish(entry.sql, [row.id]);
      await this.#marks.refused(entry, portal, effect, error);
      if (isNew)
        await entry.enqueue(
          makeLaneId(portal, 'to-matrix'),
          [{ key: `refused|${row.key}`, effect: notice }],
          clock.nowMs(),
        );
    });
  }

  /**
   * Lines wait because the network is away; after a minute the room is told, once per outage and not more often than once in ten minutes.
   * @param rows what waits, the first of it
   */
  async heldUp(
    portal: PortalId,
    effect: NetworkEffect,
    error: BridgeError,
    sinceMs: number,
    rows: readonly OutboxRow[],
  ): Promise<void> {
    await this.#marks.waiting(portal, rows, error);
    const { clock, metrics } = this.#kit;
    const nowMs = clock.nowMs();
    const cause = `${portal}|held`;
    const isTold = this.#heldSinceMs.get(portal) === sinceMs;
    if (nowMs - sinceMs < PATIENCE_MS || isTold || !this.#isNew(cause)) return;
    metrics.notices.add({ audience: 'room', outcome: 'sent' });
    const since = new Date(sinceMs).toISOString().slice(11, 16);
    const notice: NoticeToMatrix = {
      op: 'matrix.notice',
      room: effect.room,
      body: `${effect.channel} cannot be reached since ${since} UTC: ${error.text} Messages are kept and will be sent in order.`,
    };
    await this.#write(cause, (entry) =>
      entry.enqueue(makeLaneId(portal, 'to-matrix'), [{ key: `held|${portal}|${sinceMs}`, effect: notice }], nowMs),
    );
    this.#heldSinceMs.set(portal, sinceMs);
  }

  /** Nobody was told before it is stored. */
  async #write(cause: string | undefined, work: (entry: Entry) => Promise<void>): Promise<void> {
    try {
      await this.#ledger.write(work);
    } catch (error) {
      if (cause !== undefined) this.#told.forget(cause);
      throw error;
    }
  }

  #isNew(cause: string): boolean {
    if (this.#told.has(cause)) return false;
    this.#told.note(cause);
    return true;
  }
}
