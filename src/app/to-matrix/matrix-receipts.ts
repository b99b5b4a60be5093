import type { Effect } from '../../core/events.ts';
import {
  keyOfNamedReaction,
  keyOfReaction,
  lanePortal,
  type MessageKey,
  makeGhostId,
  type PortalId,
} from '../../core/ids.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { NewLink, OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { parseEffect } from '../lanes/parse-effect.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { Targets } from '../to-network/targets.ts';

/** Confirmed sends wait so long for others to share a commit with, while their lane has more to send. */
const GATHER_MS = 200;
const MAX_GATHERED = 32;
/** Commits under way: more than one only while the database is slow or away. */
const MAX_WRITING = 8;
const STORE_RETRY_MS = 500;

/** One send that the homeserver confirmed. */
type Receipt = {
  readonly portal: PortalId;
  readonly rowIds: readonly number[];
  readonly links: readonly NewLink[];
  readonly nowMs: number;
};

/**
 * Writes down what became of lines that the homeserver took, behind the sends and not between them. In talk several share
 * a commit: while ours is flushed to the disk, the homeserver's own wait, and so does the next send. A crash before it
 * costs a look-up.
 */
export class MatrixReceipts {
  readonly #kit: Kit;
  readonly #lanes: () => Lanes;
  readonly #portals: PortalTable;
  readonly #targets: Targets;
  readonly #writing = new Set<Promise<void>>();
  #gathered: Receipt[] = [];
  #cancelFlush: (() => void) | undefined;

  constructor(kit: Kit, lanes: () => Lanes, portals: PortalTable, targets: Targets) {
    this.#kit = kit;
    this.#lanes = lanes;
    this.#portals = portals;
    this.#targets = targets;
  }

  /** The rows are done: they leave their lane now and the disk soon. Waits only while very many are unfinished. */
  async settled(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): Promise<void> {
    for (const row of batch) queue.take(row.id);
    const { links, nowMs } = this.#told(queue, batch, eventId);
    this.#targets.linked(links);
    this.#gathered.push({ portal: lanePortal(queue.id), rowIds: batch.map((row) => row.id), links, nowMs });
    if (queue.isEmpty || this.#gathered.length >= MAX_GATHERED) this.#flush();
    else this.#cancelFlush ??= this.#kit.clock.after(GATHER_MS, () => this.#flush());
    if (this.#writing.size > MAX_WRITING) await Promise.race(this.#writing);
  }

  /** Waits for confirmed sends to be written down. */
  async finish(): Promise<void> {
    this.#flush();
    await Promise.all(this.#writing);
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const receipts = this.#gathered;
    if (receipts.length === 0) return;
    this.#gathered = [];
    const written = this.#write(receipts)
      .catch((error: unknown) =>
        this.#kit.log.error('delivered lines could not be written down; they are looked up at the next start', {
          portals: [...new Set(receipts.map(({ portal }) => portal))].join(' '),
          error: String(error),
        }),
      )
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  /** Deletes the rows and links messages and events, in one commit; tries until the database took it. */
  async #write(receipts: readonly Receipt[]): Promise<void> {
    const kit = this.#kit;
    const rowIds = receipts.flatMap((receipt) => receipt.rowIds);
    const links = receipts.flatMap((receipt) => receipt.links);
    const touched = new Map(receipts.filter(said).map(({ portal, nowMs }) => [portal, nowMs]));
    for (;;) {
      try {
        await kit.db.transaction(async (sql) => {
          await kit.stores.outbox.finish(sql, rowIds);
          if (links.length > 0) await kit.stores.link.insert(sql, links.map(this.#targets.asItStands));
          for (const [portal, nowMs] of touched) await kit.stores.portal.touch(sql, portal, 'to-matrix', nowMs);
        });
        kit.failpoint('after-matrix-done');
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#lanes().stopping) return; // still marked: it is looked up at the next start
        await this.#lanes().pause(STORE_RETRY_MS);
      }
    }
  }

  /** Counts and logs the lines. @returns what links them to their event */
  #told(queue: LaneQueue, batch: readonly OutboxRow[], eventId: string): { links: NewLink[]; nowMs: number } {
    const { clock, metrics, log, logLines } = this.#kit;
    const nowMs = clock.nowMs();
    const portal = lanePortal(queue.id);
    const links: NewLink[] = [];
    for (const row of batch) {
      const effect = parseEffect(row.payload);
      if (effect === undefined) continue;
      links.push(...this.#linksOf(effect, this.#portals.get(portal)?.roomId, eventId, nowMs));
      if (effect.op !== 'matrix.message') continue;
      const { network } = effect;
      const lagMs = nowMs - row.createdAtMs;
      metrics.deliverySeconds.observe({ direction: 'to-matrix', network }, lagMs / 1000);
      metrics.messages.add({ direction: 'to-matrix', network, outcome: 'delivered' });
      this.#portals.delivered(portal, 'to-matrix', nowMs, lagMs);
      if (logLines())
        log.info('bridged', { direction: 'to-matrix', portal, from: effect.nick, text: effect.body, lagMs });
    }
    return { links, nowMs };
  }

  /**
   * Which message the event stands for; nothing for one that never came to be. A new version stands for its message as well,
   * and the message that brought it for the event that it replaced: whoever answers it means that.
   */
  #linksOf(effect: Effect, here: string | undefined, eventId: string, createdAtMs: number): NewLink[] {
    if ((effect.op !== 'matrix.message' && effect.op !== 'matrix.react') || eventId === '') return [];
    const { network, subject, nick } = effect;
    // The room may have been replaced since it was written.
    const room = here ?? effect.room;
    const { homeserver, digest } = this.#kit;
    const { original, thread } = this.#targets.belongingOf(eventId);
    const sender = makeGhostId(network, subject, homeserver.serverName, digest);
    const provenance = JSON.stringify(effect.provenance);
    const link = (messageKey: MessageKey, to: string): NewLink => ({
      ...{ network, messageKey, room, eventId: to, direction: 'to-matrix', createdAtMs },
      ...{ sender, nick, thread: thread ?? null, gone: false, provenance },
    });
    const { messageKey } = effect;
    if (effect.op === 'matrix.react')
      return [
        keyOfReaction(effect.target, effect.emoji, subject),
        keyOfNamedReaction(effect.target, effect.emoji, nick),
        messageKey,
      ].map((key) => link(key, eventId));
    const { edits } = effect;
    if (original === undefined || edits === undefined) return [link(messageKey, eventId)];
    return [link(edits, eventId), link(messageKey, original)];
  }
}

const said = ({ links }: Receipt): boolean => links.length > 0;
