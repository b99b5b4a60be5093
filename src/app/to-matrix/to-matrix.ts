import { joinable, joinLines } from '../../core/convert/join-lines.ts';
import type { BridgeError, Result } from '../../core/errors.ts';
import type { Effect, SendToMatrix } from '../../core/events.ts';
import { lanePortal } from '../../core/ids.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import { allowedNow } from '../gates/allowed-now.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import { handBack, park } from '../lanes/lane-rows.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { parseEffect } from '../lanes/parse-effect.ts';
import { Stuck } from '../lanes/stuck.ts';
import type { Withdrawals } from '../lanes/withdrawals.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Echoes } from './echoes.ts';
import { type MatrixDoubts, SETTLE_MS } from './matrix-doubt.ts';
import type { MatrixEffects } from './matrix-effects.ts';
import type { MatrixReceipts } from './matrix-receipts.ts';

/** Rows marked `sending` in one commit: what may have to be looked up after a crash. */
const MARK_AHEAD = 64;
/** A line that waited so long is joined with those behind it: the homeserver is slower than the talk. */
const BACKLOG_MS = 1_200;
const IN_SIGHT = 64;

export type ToMatrixParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly effects: MatrixEffects;
  readonly gate: LineGate;
  readonly echoes: Echoes;
  readonly doubts: MatrixDoubts;
  readonly receipts: MatrixReceipts;
  readonly withdrawals: Withdrawals;
};

/** Carries out the effects of one portal on Matrix: one at a time, each once. */
export class ToMatrixDriver {
  readonly #parts: ToMatrixParts;
  /** Rows of this process whose send lost its answer, by the number of rows that their event stood for. */
  readonly #uncertain = new Map<number, number>();

  constructor(parts: ToMatrixParts) {
    this.#parts = parts;
  }

  readonly drive = async (queue: LaneQueue): Promise<void> => {
    const { kit, lanes, doubts } = this.#parts;
    const backoff = new Backoff(kit.clock, 200, 5_000);
    const stuck = new Stuck(kit);
    while (!lanes().stopping) {
      const rows = await queue.peek(IN_SIGHT);
      const head = rows[0];
      if (head === undefined) return;
      if (doubts.isDoubtful(head)) {
        const settled = await this.#resolveDoubts(queue);
        if (!settled.ok) await this.#wait(settled.error, backoff);
        continue;
      }
      const effect = parseEffect(head.payload);
      if (effect === undefined) await this.#park(queue, head, 'the stored effect cannot be read');
      else if (head.state === 'pending') await this.#markSending(queue, rows);
      else await this.#step(queue, rows, head, effect, backoff, stuck);
    }
    await this.#handBack(queue);
  };

  async #step(
    queue: LaneQueue,
    rows: readonly OutboxRow[],
    head: OutboxRow,
    effect: Effect,
    backoff: Backoff,
    stuck: Stuck,
  ): Promise<void> {
    const { kit, portals, receipts, echoes } = this.#parts;
    const before = this.#uncertain.get(head.id);
    if (before !== undefined && !(await this.#lookAgain(queue, rows, backoff))) return;
    if (this.#isWithdrawn(queue, effect)) return this.#drop(queue, head);
    const allowed = allowedNow(this.#parts.gate, lanePortal(queue.id), effect);
    if (!allowed.ok) return this.#deny(queue, head, allowed.error);
    // What was sent before is sent again as it was, under its transaction id: a homeserver that remembers it makes no second.
    const batch = before === undefined ? this.#batch(queue, rows, effect) : rows.slice(0, before);
    const keys = batch.map((row) => row.key);
    const labels = { direction: 'to-matrix', network: portals.networkOf(lanePortal(queue.id)) } as const;
    if (backoff.attempt > 0) kit.metrics.retries.add({ network: labels.network });
    // All of it is looked at once more: a mark stands before each line of what is joined.
    const whole =
      batch.length === 1 ? allowed : allowedNow(this.#parts.gate, lanePortal(queue.id), joined(batch, effect));
    if (!whole.ok) return this.#deny(queue, head, whole.error);
    const result = await this.#parts.effects.run(whole.value, keys);
    if (result.ok) {
      if (result.value !== '') echoes.sent(keys, result.value);
      kit.failpoint('after-matrix-answer');
      kit.metrics.sends.add({ ...labels, outcome: 'confirmed' });
      if (batch.length > 1) kit.metrics.coalesced.add({ network: labels.network }, batch.length - 1);
      backoff.reset();
      await receipts.settled(queue, batch, result.value);
      return;
    }
    const { error } = result;
    if (error.retry === 'never') {
      kit.metrics.sends.add({ ...labels, outcome: 'refused' });
      kit.metrics.refusals.add({ ...labels, cause: error.code });
      for (const row of batch) await this.#park(queue, row, error.text);
      return;
    }
    const isUnknown = error.retry === 'lookup' && isSend(effect);
    kit.metrics.sends.add({ ...labels, outcome: isUnknown ? 'unknown' : 'failed' });
    if (isUnknown) for (const row of batch) this.#uncertain.set(row.id, batch.length);
    if (stuck.isHopeless(head, error) && (await this.#tellStuck(head, effect)))
      for (const row of batch) await this.#park(queue, row, error.text);
    else if (!isUnknown) await this.#wait(error, backoff);
  }

  /**
   * Looks for sends whose answer was lost until they must have surfaced, and settles those that did.
   * @returns whether the first row certainly never arrived and may be sent again
   */
  async #lookAgain(queue: LaneQueue, rows: readonly OutboxRow[], backoff: Backoff): Promise<boolean> {
    const { lanes, doubts, receipts } = this.#parts;
    const uncertain = rows.filter((row) => this.#uncertain.has(row.id));
    for (const waitMs of SETTLE_MS) {
      await lanes().pause(waitMs);
      if (lanes().stopping) return false;
      const found = await doubts.find(uncertain);
      if (!found.ok) {
        await this.#wait(found.error, backoff);
        return false;
      }
      const arrived = uncertain.filter((row) => found.value.has(row.key));
      if (arrived.length === 0) continue;
      for (const row of arrived) {
        this.#uncertain.delete(row.id);
        await receipts.settled(queue, [row], found.value.get(row.key) ?? '');
      }
      return false;
    }
    for (const row of uncertain) this.#uncertain.delete(row.id);
    return true;
  }

  /** Consecutive lines of one person, when the lane is behind. */
  #batch(queue: LaneQueue, rows: readonly OutboxRow[], first: Effect): readonly OutboxRow[] {
    const [head] = rows;
    if (head === undefined || first.op !== 'matrix.message') return rows.slice(0, 1);
    if (this.#parts.kit.clock.nowMs() - head.createdAtMs < BACKLOG_MS) return [head];
    const effects: SendToMatrix[] = [first];
    for (const row of rows.slice(1)) {
      const mayGo = row.state === 'sending' && !this.#parts.doubts.isDoubtful(row) && !this.#uncertain.has(row.id);
      const effect = mayGo ? parseEffect(row.payload) : undefined;
      if (effect?.op !== 'matrix.message' || this.#isWithdrawn(queue, effect)) break;
      effects.push(effect);
    }
    return rows.slice(0, joinable(effects));
  }

  /** Deleted on its network before it was said here, or what it was to change: by somebody who may. */
  #isWithdrawn(queue: LaneQueue, effect: Effect): boolean {
    if (effect.op !== 'matrix.message') return false;
    const { gate, withdrawals } = this.#parts;
    const deletion =
      withdrawals.deletionOf(effect, effect.messageKey) ??
      (effect.edits === undefined ? undefined : withdrawals.deletionOf(effect, effect.edits));
    return deletion !== undefined && allowedNow(gate, lanePortal(queue.id), deletion).ok;
  }

  async #drop(queue: LaneQueue, row: OutboxRow): Promise<void> {
    const { kit, portals } = this.#parts;
    const network = portals.networkOf(lanePortal(queue.id));
    await kit.db.transaction((sql) => kit.stores.outbox.finish(sql, [row.id]));
    queue.take(row.id);
    this.#uncertain.delete(row.id);
    kit.metrics.messages.add({ direction: 'to-matrix', network, outcome: 'dropped' });
  }

  async #deny(queue: LaneQueue, row: OutboxRow, error: BridgeError): Promise<void> {
    const { kit, portals } = this.#parts;
    const network = portals.networkOf(lanePortal(queue.id));
    await this.#drop(queue, row);
    const portal = portals.get(lanePortal(queue.id));
    if (portal !== undefined) portal.notLetIn++;
    kit.metrics.denied.add({ direction: 'to-matrix', cause: error.code });
    kit.log.info('a line was not let in', { network, cause: error.code });
  }

  async #markSending(queue: LaneQueue, rows: readonly OutboxRow[]): Promise<void> {
    const { kit, doubts } = this.#parts;
    const marked: OutboxRow[] = [];
    for (const row of rows.slice(0, MARK_AHEAD)) {
      if (row.state !== 'pending') break;
      marked.push({ ...row, state: 'sending' });
    }
    const ids = marked.map((row) => row.id);
    await kit.db.transaction((sql) => kit.stores.outbox.markSending(sql, ids, new Map()));
    kit.failpoint('after-sending-marked');
    for (const row of marked) {
      doubts.cleared(row);
      queue.update(row);
    }
  }

  /** Finds out which of the sends of an earlier process arrived. What did not has time to come to light first. */
  async #resolveDoubts(queue: LaneQueue): Promise<Result<void>> {
    const { kit, portals, lanes, doubts, receipts } = this.#parts;
    const doubtful = (await queue.peek(256)).filter((row) => doubts.isDoubtful(row));
    const isFinal = doubts.unsettledMs === 0;
    const found = await doubts.find(doubtful);
    if (!found.ok) return found;
    const network = portals.networkOf(lanePortal(queue.id));
    for (const row of doubtful) {
      const eventId = found.value.get(row.key);
      if (eventId === undefined && !isFinal) continue;
      const answer = eventId === undefined ? 'absent' : 'arrived';
      kit.metrics.lookups.add({ direction: 'to-matrix', network, answer });
      if (eventId === undefined) doubts.cleared(row);
      else await receipts.settled(queue, [row], eventId);
    }
    if (!isFinal && doubtful.some((row) => !found.value.has(row.key)))
      await lanes().pause(Math.min(doubts.unsettledMs, 500));
    return { ok: true, value: undefined };
  }

  #handBack(queue: LaneQueue): Promise<void> {
    const { kit, doubts } = this.#parts;
    return handBack(kit, queue, 256, (row) => doubts.isDoubtful(row) || this.#uncertain.has(row.id));
  }

  /**
   * The homeserver fails at one row again and again. Whether it takes anything in that room shows when the room is told so.
   * @returns whether it was
   */
  async #tellStuck(head: OutboxRow, effect: Effect): Promise<boolean> {
    if (!('room' in effect)) return true;
    const who = effect.op === 'matrix.message' ? ` of ${effect.nick}` : '';
    const body = `A message${who} could not be delivered here: the homeserver fails at it again and again.`;
    const notice = { op: 'matrix.notice', room: effect.room, body, cause: 'stuck' } as const;
    const told = await this.#parts.effects.run(notice, [`stuck|${head.key}`]);
    return told.ok;
  }

  async #park(queue: LaneQueue, row: OutboxRow, why: string): Promise<void> {
    await park(this.#parts.kit, this.#parts.portals, queue, row, why);
    this.#uncertain.delete(row.id);
  }

  async #wait(error: BridgeError, backoff: Backoff): Promise<void> {
    const { kit, lanes } = this.#parts;
    const waitMs = Math.max(error.waitMs ?? 0, error.retry === 'now' ? 0 : backoff.nextMs());
    kit.log.debug('waiting before the next try', { code: error.code, waitMs: Math.round(waitMs) });
    await lanes().pause(waitMs);
  }
}

/** State events and membership are harmless when repeated; messages are not. */
const isSend = ({ op }: Effect): boolean => op === 'matrix.message' || op === 'matrix.notice' || op === 'matrix.react';

function joined(batch: readonly OutboxRow[], first: Effect): Effect {
  if (first.op !== 'matrix.message') return first;
  const rest = batch
    .slice(1)
    .map((row) => parseEffect(row.payload))
    .filter((effect) => effect?.op === 'matrix.message');
  return rest.length === 0 ? first : joinLines([first, ...rest]);
}
