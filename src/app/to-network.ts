import type { BridgeError, Result } from '../core/errors.ts';
import type { Effect, PartOnNetwork, SayOnNetwork, TopicOnNetwork } from '../core/events.ts';
import { lanePortal, type NetworkId } from '../core/ids.ts';
import type { Network, OutgoingLine, Receipt, Voice } from '../ports/network.ts';
import type { OutboxRow } from '../ports/stores.ts';
import { Backoff } from './backoff.ts';
import type { Kit } from './kit.ts';
import type { LaneQueue } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { NetworkDoubts } from './network-doubt.ts';
import type { NetworkReceipts } from './network-receipts.ts';
import type { Notices } from './notices.ts';
import { parseEffect } from './parse-effect.ts';
import type { People } from './people.ts';
import type { PortalTable } from './portal-table.ts';
import type { Signal } from './signal.ts';

/** Lines of one person that may be on their way at once. */
const PIPELINE = 16;
/** Networks say when something changed; this is for those that forget to. */
const RECHECK_MS = 2_000;

export type ToNetworkParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly people: People;
  readonly notices: Notices;
  readonly doubts: NetworkDoubts;
  readonly receipts: NetworkReceipts;
  /** Raised when a network or a channel came up or went down. */
  readonly networkChanged: Signal;
};

/** A line handed to a socket and not yet confirmed. */
type InFlight = {
  readonly row: OutboxRow;
  readonly effect: SayOnNetwork;
  readonly line: OutgoingLine;
  readonly voice: string;
  readonly done: Promise<void>;
};

/**
 * Carries out the effects of one portal on its network: lines of one person follow each other at once, another person's
 * line waits until those before it are confirmed, since it goes over another socket.
 */
export class ToNetworkDriver {
  readonly #parts: ToNetworkParts;

  constructor(parts: ToNetworkParts) {
    this.#parts = parts;
  }

  readonly drive = async (queue: LaneQueue): Promise<void> => {
    await new LaneRun(this.#parts, queue).run();
  };
}

/** One spell of work of a lane, with what is in flight. */
class LaneRun {
  readonly #parts: ToNetworkParts;
  readonly #queue: LaneQueue;
  readonly #backoff: Backoff;
  #inFlight: InFlight[] = [];
  /** Lines whose connection was lost before they were confirmed; looked up before anything else goes out. */
  #lost: { row: OutboxRow; effect: SayOnNetwork; line: OutgoingLine }[] = [];
  #waitingSinceMs: number | undefined;

  constructor(parts: ToNetworkParts, queue: LaneQueue) {
    this.#parts = parts;
    this.#queue = queue;
    this.#backoff = new Backoff(parts.kit.clock, 250, 10_000);
  }

  async run(): Promise<void> {
    const { lanes, doubts } = this.#parts;
    try {
      while (!lanes().stopping) {
        if (this.#lost.length > 0) {
          await this.#drain();
          await this.#resolveLost();
          continue;
        }
        const rows = await this.#queue.peek(this.#inFlight.length + PIPELINE);
        const next = rows.filter((row) => !this.#inFlight.some((line) => line.row.id === row.id));
        const head = next[0];
        if (head === undefined) {
          if (this.#inFlight.length === 0) return;
          await Promise.race(this.#inFlight.map((line) => line.done));
          continue;
        }
        const effect = parseEffect(head.payload);
        if (effect === undefined) await this.#park(head, 'the stored effect cannot be read');
        else if (doubts.isDoubtful(head) && effect.op === 'network.say') this.#takeOver(next);
        else await this.#step(head, next, effect);
      }
    } finally {
      await this.#drain();
    }
  }

  async #step(head: OutboxRow, next: readonly OutboxRow[], effect: Effect): Promise<void> {
    const network = this.#network(effect);
    if (network === undefined) {
      await this.#park(head, 'its network is not in the configuration any more');
      return;
    }
    switch (effect.op) {
      case 'network.say':
        return this.#say(head, next, effect, network);
      case 'network.topic':
        await this.#drain();
        return this.#topic(head, effect, network);
      case 'network.part':
        await this.#drain();
        return this.#part(head, effect, network);
      default:
        return this.#park(head, `${effect.op} is not for a network`);
    }
  }

  async #say(head: OutboxRow, next: readonly OutboxRow[], effect: SayOnNetwork, network: Network): Promise<void> {
    const person = await this.#parts.people.person(effect.room, effect.userId);
    const voice = await network.voice(person, effect.channel);
    if (!voice.ok) return this.#failed(head, effect, voice.error);
    this.#waitingSinceMs = undefined;
    const before = this.#inFlight[0];
    if (before !== undefined && (before.voice !== voice.value.id || this.#inFlight.length >= PIPELINE)) {
      if (before.voice === voice.value.id) await before.done;
      else await this.#drain();
      return;
    }
    if (head.detail === null || head.state !== 'sending') return this.#prepare(next, effect, voice.value);
    const line: OutgoingLine = { id: head.key, style: effect.style, parts: partsOf(head) };
    const sending = voice.value.say(line);
    const labels = { direction: 'to-network', network: effect.network } as const;
    const done = sending.confirmed.then(async (result) => {
      this.#inFlight = this.#inFlight.filter((other) => other.row.id !== head.id);
      await this.#confirmed(head, effect, line, result, labels);
    });
    this.#inFlight.push({ row: head, effect, line, voice: voice.value.id, done });
    await Promise.race([sending.written, done]);
  }

  /** Splits the lines that will go out next and marks them, in one commit, before any of them is on the wire. */
  async #prepare(next: readonly OutboxRow[], first: SayOnNetwork, voice: Voice): Promise<void> {
    const { kit } = this.#parts;
    const marked: OutboxRow[] = [];
    for (const row of next.slice(0, PIPELINE)) {
      const effect = parseEffect(row.payload);
      if (effect?.op !== 'network.say' || effect.userId !== first.userId || this.#parts.doubts.isDoubtful(row)) break;
      marked.push({ ...row, state: 'sending', detail: JSON.stringify(voice.split(effect.line, effect.style)) });
    }
    const details = new Map(marked.map((row) => [row.id, row.detail ?? '[]']));
    await kit.db.transaction((sql) => kit.stores.outbox.markSending(sql, [...details.keys()], details));
    kit.failpoint('after-sending-marked');
    for (const row of marked) {
      this.#parts.doubts.markedNow(row.id);
      this.#queue.update(row);
    }
  }

  async #confirmed(
    row: OutboxRow,
    effect: SayOnNetwork,
    line: OutgoingLine,
    result: Result<Receipt>,
    labels: { readonly direction: 'to-network'; readonly network: NetworkId },
  ): Promise<void> {
    const { kit, receipts } = this.#parts;
    if (result.ok) {
      this.#backoff.reset();
      kit.metrics.sends.add({ ...labels, outcome: 'confirmed' });
      this.#queue.take(row.id);
      await receipts.write(lanePortal(this.#queue.id), row, effect, result.value.keys);
      return;
    }
    if (result.error.retry === 'lookup') {
      kit.metrics.sends.add({ ...labels, outcome: 'unknown' });
      this.#lost.push({ row, effect, line });
      return;
    }
    await this.#failed(row, effect, result.error);
  }

  /** Rows of an earlier process that may have been written. */
  #takeOver(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      const effect = parseEffect(row.payload);
      if (effect?.op !== 'network.say' || !this.#parts.doubts.isDoubtful(row)) break;
      this.#lost.push({ row, effect, line: { id: row.key, style: effect.style, parts: partsOf(row) } });
    }
  }

  /** Asks the network what became of lines, in their order; what never arrived is sent again from its place. */
  async #resolveLost(): Promise<void> {
    const { kit, doubts, receipts, lanes } = this.#parts;
    const lost = this.#lost.sort((a, b) => a.row.id - b.row.id);
    const answers = await doubts.ask(lost);
    if (answers === undefined) {
      await this.#pause(this.#backoff.nextMs());
      return;
    }
    this.#lost = [];
    for (const { row, effect } of lost) {
      const answer = answers.get(row.key) ?? 'unknown';
      kit.metrics.lookups.add({ direction: 'to-network', network: effect.network, answer });
      if (answer === 'arrived') {
        this.#queue.take(row.id);
        await receipts.write(lanePortal(this.#queue.id), row, effect, []);
      } else if (answer === 'unknown' && doubts.policy(effect.network) === 'drop') {
        kit.log.warn('a line may or may not have arrived; it is dropped as configured (inDoubt: drop)', {
          network: effect.network,
        });
        this.#queue.take(row.id);
        await receipts.drop(row, effect);
      } else {
        if (answer === 'unknown')
          kit.log.warn('a line may or may not have arrived; it is sent again as configured (inDoubt: resend)', {
            network: effect.network,
          });
        doubts.cleared(row.id);
        this.#queue.update({ ...row, state: 'pending', detail: null });
      }
    }
    if (lanes().stopping) return;
  }

  async #failed(row: OutboxRow, effect: SayOnNetwork, error: BridgeError): Promise<void> {
    const { kit, notices, portals } = this.#parts;
    const labels = { direction: 'to-network', network: effect.network } as const;
    if (error.retry === 'never') {
      kit.metrics.sends.add({ ...labels, outcome: 'refused' });
      kit.metrics.messages.add({ ...labels, outcome: 'refused' });
      kit.metrics.refusals.add({ ...labels, cause: error.code });
      const portal = portals.get(lanePortal(this.#queue.id));
      if (portal !== undefined) portal.refused++;
      await notices.refused(lanePortal(this.#queue.id), row, effect, error);
      this.#queue.take(row.id);
      return;
    }
    kit.metrics.sends.add({ ...labels, outcome: 'failed' });
    await this.#holdUp(effect, error);
  }

  async #topic(row: OutboxRow, effect: TopicOnNetwork, network: Network): Promise<void> {
    const person = await this.#parts.people.person(effect.room, effect.userId);
    const set = await network.setTopic(person, effect.channel, effect.topic);
    if (!set.ok && set.error.retry !== 'never') return this.#holdUp(effect, set.error);
    if (!set.ok) await this.#parts.notices.refused(lanePortal(this.#queue.id), row, effect, set.error);
    else await this.#finish(row);
    this.#queue.take(row.id);
  }

  async #part(row: OutboxRow, effect: PartOnNetwork, network: Network): Promise<void> {
    await network.dismiss(effect.userId, effect.channel, effect.reason);
    await this.#finish(row);
    this.#queue.take(row.id);
  }

  /** The network is away or wants a pause: the lane waits, and says so in the room once it takes long. */
  async #holdUp(effect: SayOnNetwork | TopicOnNetwork, error: BridgeError): Promise<void> {
    const { kit, notices } = this.#parts;
    const nowMs = kit.clock.nowMs();
    this.#waitingSinceMs ??= nowMs;
    await notices.heldUp(lanePortal(this.#queue.id), effect, error, this.#waitingSinceMs);
    await this.#pause(Math.max(error.waitMs ?? 0, this.#backoff.nextMs()));
  }

  async #pause(ms: number): Promise<void> {
    const { lanes, networkChanged } = this.#parts;
    await Promise.race([lanes().pause(Math.max(ms, 100)), networkChanged.wait(Math.max(ms, RECHECK_MS))]);
  }

  async #finish(row: OutboxRow): Promise<void> {
    const { kit } = this.#parts;
    await kit.db.transaction((sql) => kit.stores.outbox.finish(sql, [row.id]));
  }

  async #park(row: OutboxRow, why: string): Promise<void> {
    const { kit, portals } = this.#parts;
    await kit.db.transaction((sql) => kit.stores.outbox.park(sql, row.id, why));
    this.#queue.take(row.id);
    kit.metrics.messages.add({
      direction: 'to-network',
      network: portals.networkOf(lanePortal(this.#queue.id)),
      outcome: 'parked',
    });
    kit.log.warn('a message for a network was set aside; `causeway status` counts it as parked', {
      lane: this.#queue.id,
      why,
    });
  }

  async #drain(): Promise<void> {
    while (this.#inFlight.length > 0) await Promise.all(this.#inFlight.map((line) => line.done));
  }

  #network(effect: Effect): Network | undefined {
    return 'network' in effect ? this.#parts.kit.networks.get(effect.network) : undefined;
  }
}

/** The parts that a row was split into before it was first written. */
function partsOf(row: OutboxRow): string[] {
  const parts: unknown = JSON.parse(row.detail ?? '[]');
  return Array.isArray(parts) ? parts.filter((part): part is string => typeof part === 'string') : [];
}
