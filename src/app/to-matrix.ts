import { joinable, joinLines } from '../core/convert/join-lines.ts';
import type { BridgeError, Result } from '../core/errors.ts';
import type { Effect, SendToMatrix } from '../core/events.ts';
import { lanePortal } from '../core/ids.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { LinkRow, OutboxRow } from '../ports/stores.ts';
import { Backoff } from './backoff.ts';
import type { Echoes } from './echoes.ts';
import type { Kit } from './kit.ts';
import type { LaneQueue } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { findSent } from './matrix-doubt.ts';
import type { MatrixEffects } from './matrix-effects.ts';
import { parseEffect } from './parse-effect.ts';
import type { PortalTable } from './portal-table.ts';

/** Rows marked `sending` in one commit: what may have to be looked up after a crash. */
const MARK_AHEAD = 16;
/** A line that waited so long is joined with those behind it: the homeserver is slower than the talk. */
const BACKLOG_MS = 1_200;
/** Confirmed sends whose rows are not deleted yet. */
const MAX_UNFINISHED = 64;
/**
 * How long a send whose answer was lost may still surface. Dendrite takes a request whose connection was cut on to the
 * end; a look before that would miss it.
 */
const SETTLE_MS = [50, 200, 500, 1_000, 2_000] as const;

export type ToMatrixParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly effects: MatrixEffects;
  readonly echoes: Echoes;
  readonly isOurs: (userId: string) => boolean;
  /** Last id given by an earlier process: rows up to it that are `sending` are in doubt. */
  readonly bootId: number;
};

/** Carries out the effects of one portal on Matrix: one at a time, each once. */
export class ToMatrixDriver {
  readonly #parts: ToMatrixParts;
  readonly #unfinished = new Set<Promise<void>>();
  /** Rows of an earlier process that were looked up and never arrived. */
  readonly #cleared = new Set<number>();
  /** Rows of this process whose send lost its answer. */
  readonly #uncertain = new Set<number>();

  constructor(parts: ToMatrixParts) {
    this.#parts = parts;
  }

  readonly drive = async (queue: LaneQueue): Promise<void> => {
    const { kit, lanes } = this.#parts;
    const backoff = new Backoff(kit.clock, 200, 5_000);
    while (!lanes().stopping) {
      const rows = await queue.peek(64);
      const head = rows[0];
      if (head === undefined) return;
      if (this.#isDoubtful(head)) {
        const settled = await this.#resolveDoubts(queue);
        if (!settled.ok) await this.#wait(settled.error, backoff);
        continue;
      }
      const effect = parseEffect(head.payload);
      if (effect === undefined) {
        await this.#park(queue, head, 'the stored effect cannot be read');
        continue;
      }
      if (head.state === 'pending') {
        await this.#markSending(queue, rows);
        continue;
      }
      await this.#step(queue, rows, head, effect, backoff);
    }
  };

  /** Waits for confirmed sends to be written down. */
  async finish(): Promise<void> {
    await Promise.all(this.#unfinished);
  }

  async #step(
    queue: LaneQueue,
    rows: readonly OutboxRow[],
    head: OutboxRow,
    effect: Effect,
    backoff: Backoff,
  ): Promise<void> {
    const { kit, portals } = this.#parts;
    if (this.#uncertain.has(head.id) && !(await this.#lookAgain(queue, rows, effect, backoff))) return;
    const batch = effect.op === 'matrix.message' ? this.#batch(rows, effect) : [head];
    const whole = effect.op === 'matrix.message' ? this.#joined(batch, effect) : effect;
    const keys = batch.map((row) => row.key);
    const labels = { direction: 'to-matrix', network: portals.networkOf(lanePortal(queue.id)) } as const;
    if (backoff.attempt > 0) kit.metrics.retries.add(labels);
    const result = await this.#attempt(whole, keys);
    if (result.ok) {
      kit.failpoint('after-matrix-answer');
      kit.metrics.sends.add({ ...labels, outcome: 'confirmed' });
      if (batch.length > 1) kit.metrics.coalesced.add({ network: labels.network }, batch.length - 1);
      backoff.reset();
      await this.#settled(queue, batch, result.value);
    } else if (result.error.retry === 'lookup' && isSend(effect)) {
      kit.metrics.sends.add({ ...labels, outcome: 'unknown' });
      for (const row of batch) this.#uncertain.add(row.id);
    } else if (result.error.retry === 'never') {
      kit.metrics.sends.add({ ...labels, outcome: 'refused' });
      kit.metrics.refusals.add({ ...labels, cause: result.error.code });
      for (const row of batch) await this.#park(queue, row, result.error.text);
    } else {
      kit.metrics.sends.add({ ...labels, outcome: 'failed' });
      await this.#wait(result.error, backoff);
    }
  }

  /**
   * Looks for sends whose answer was lost until they must have surfaced, and settles those that did.
   * @returns whether the first row certainly never arrived and may be sent again
   */
  async #lookAgain(queue: LaneQueue, rows: readonly OutboxRow[], effect: Effect, backoff: Backoff): Promise<boolean> {
    const { kit, echoes, isOurs, lanes } = this.#parts;
    const uncertain = rows.filter((row) => this.#uncertain.has(row.id));
    const keys = uncertain.map((row) => row.key);
    for (const waitMs of SETTLE_MS) {
      await lanes().pause(waitMs);
      if (lanes().stopping) return false;
      const found = await findSent(kit, echoes, isOurs, roomOf(effect), keys);
      if (!found.ok) {
        await this.#wait(found.error, backoff);
        return false;
      }
      const arrived = uncertain.filter((row) => found.value.has(row.key));
      if (arrived.length === 0) continue;
      for (const row of arrived) {
        this.#uncertain.delete(row.id);
        await this.#settled(queue, [row], found.value.get(row.key) ?? '');
      }
      return false;
    }
    for (const row of uncertain) this.#uncertain.delete(row.id);
    return true;
  }

  async #attempt(effect: Effect, keys: readonly string[]): Promise<Result<string>> {
    const result = await this.#parts.effects.run(effect, keys);
    if (result.ok && result.value !== '') this.#parts.echoes.sent(keys, result.value);
    return result;
  }

  /** Consecutive lines of one person, when the lane is behind. */
  #batch(rows: readonly OutboxRow[], first: SendToMatrix): readonly OutboxRow[] {
    const head = rows[0];
    if (head === undefined || this.#parts.kit.clock.nowMs() - head.createdAtMs < BACKLOG_MS) return rows.slice(0, 1);
    const effects: SendToMatrix[] = [first];
    for (const row of rows.slice(1)) {
      const effect = row.state === 'sending' && !this.#isDoubtful(row) ? parseEffect(row.payload) : undefined;
      if (effect?.op !== 'matrix.message') break;
      effects.push(effect);
    }
    return rows.slice(0, joinable(effects));
  }

  #joined(batch: readonly OutboxRow[], first: SendToMatrix): SendToMatrix {
    const rest = batch
      .slice(1)
      .map((row) => parseEffect(row.payload))
      .filter((effect) => effect?.op === 'matrix.message');
    return rest.length === 0 ? first : joinLines([first, ...rest]);
  }

  #isDoubtful(row: OutboxRow): boolean {
    return row.state === 'sending' && row.id <= this.#parts.bootId && !this.#cleared.has(row.id);
  }

  async #markSending(queue: LaneQueue, rows: readonly OutboxRow[]): Promise<void> {
    const { kit } = this.#parts;
    const marked: OutboxRow[] = [];
    for (const row of rows.slice(0, MARK_AHEAD)) {
      if (row.state !== 'pending') break;
      marked.push({ ...row, state: 'sending' });
    }
    await kit.db.transaction((sql) =>
      kit.stores.outbox.markSending(
        sql,
        marked.map((row) => row.id),
        new Map(),
      ),
    );
    kit.failpoint('after-sending-marked');
    for (const row of marked) {
      this.#cleared.add(row.id);
      queue.update(row);
    }
  }

  /** Finds out which of the sends of an earlier process arrived. */
  async #resolveDoubts(queue: LaneQueue): Promise<Result<void>> {
    const { kit, echoes, isOurs, portals } = this.#parts;
    const doubtful = (await queue.peek(256)).filter((row) => this.#isDoubtful(row));
    const byRoom = Map.groupBy(doubtful, (row) => {
      const effect = parseEffect(row.payload);
      return effect === undefined ? '' : roomOf(effect);
    });
    const network = portals.networkOf(lanePortal(queue.id));
    for (const [room, rows] of byRoom) {
      const found =
        room === ''
          ? undefined
          : await findSent(
              kit,
              echoes,
              isOurs,
              room,
              rows.map((row) => row.key),
            );
      if (found?.ok === false && found.error.retry !== 'never') return found;
      for (const row of rows) {
        const eventId = found?.ok === true ? found.value.get(row.key) : undefined;
        kit.metrics.lookups.add({
          direction: 'to-matrix',
          network,
          answer: eventId === undefined ? 'absent' : 'arrived',
        });
        if (eventId === undefined) this.#cleared.add(row.id);
        else await this.#settled(queue, [row], eventId);
      }
    }
    return { ok: true, value: undefined };
  }

  async #settled(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): Promise<void> {
    for (const row of batch) queue.take(row.id);
    const written = this.#writeDown(queue, batch, eventId).finally(() => this.#unfinished.delete(written));
    this.#unfinished.add(written);
    if (this.#unfinished.size > MAX_UNFINISHED) await Promise.race(this.#unfinished);
  }

  /** Deletes the rows and links message and event, in one commit; tries until the database took it. */
  async #writeDown(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): Promise<void> {
    const { kit, lanes, portals } = this.#parts;
    const nowMs = kit.clock.nowMs();
    const portal = lanePortal(queue.id);
    const links: LinkRow[] = [];
    for (const row of batch) {
      const effect = parseEffect(row.payload);
      if (effect?.op !== 'matrix.message') continue;
      links.push({
        network: effect.network,
        messageKey: effect.messageKey,
        room: effect.room,
        eventId,
        direction: 'to-matrix',
        createdAtMs: nowMs,
      });
      kit.metrics.deliverySeconds.observe(
        { direction: 'to-matrix', network: effect.network },
        (nowMs - row.createdAtMs) / 1000,
      );
      kit.metrics.messages.add({ direction: 'to-matrix', network: effect.network, outcome: 'delivered' });
      portals.delivered(portal, 'to-matrix', nowMs, nowMs - row.createdAtMs);
      if (kit.logLines())
        kit.log.info('bridged', {
          direction: 'to-matrix',
          portal,
          from: effect.nick,
          text: effect.body,
          lagMs: nowMs - row.createdAtMs,
        });
    }
    for (;;) {
      try {
        await kit.db.transaction(async (sql) => {
          await kit.stores.outbox.finish(
            sql,
            batch.map((row) => row.id),
          );
          if (links.length > 0) {
            await kit.stores.link.insert(sql, links);
            await kit.stores.portal.touch(sql, portal, 'to-matrix', nowMs);
          }
        });
        kit.failpoint('after-matrix-done');
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (lanes().stopping) return; // still marked: it is looked up at the next start
        await lanes().pause(500);
      }
    }
  }

  async #park(queue: LaneQueue, row: OutboxRow, why: string): Promise<void> {
    const { kit, portals } = this.#parts;
    const network = portals.networkOf(lanePortal(queue.id));
    await kit.db.transaction((sql) => kit.stores.outbox.park(sql, row.id, why));
    queue.take(row.id);
    kit.metrics.messages.add({ direction: 'to-matrix', network, outcome: 'parked' });
    kit.log.warn('a message for Matrix was set aside; `causeway status` counts it as parked', { lane: queue.id, why });
  }

  async #wait(error: BridgeError, backoff: Backoff): Promise<void> {
    const { kit, lanes } = this.#parts;
    const waitMs = Math.max(error.waitMs ?? 0, error.retry === 'now' ? 0 : backoff.nextMs());
    kit.log.debug('waiting before the next try', { code: error.code, waitMs: Math.round(waitMs) });
    await lanes().pause(waitMs);
  }
}

/** State events and membership are harmless when repeated; messages are not. */
const isSend = (effect: Effect): boolean => effect.op === 'matrix.message' || effect.op === 'matrix.notice';

const roomOf = (effect: Effect): string => ('room' in effect ? effect.room : '');
