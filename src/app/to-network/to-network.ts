import { type BridgeError, fail } from '../../core/errors.ts';
import type { Effect, PartOnNetwork, SayOnNetwork } from '../../core/events.ts';
import { lanePortal } from '../../core/ids.ts';
import type { Network, Receipt, Voice } from '../../ports/network.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import { voiceFor } from '../direct/voice-for.ts';
import type { LineGate } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import { Flight, type StoredLine } from '../lanes/flight.ts';
import type { LaneQueue } from '../lanes/lane.ts';
import { handBack, park } from '../lanes/lane-rows.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { effectIn } from '../lanes/parse-effect.ts';
import { prepare } from '../lanes/prepared.ts';
import { Stuck } from '../lanes/stuck.ts';
import type { Notices } from '../notices.ts';
import type { People } from '../people/people.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Signal } from '../timing/signal.ts';
import { isRelated } from './line-composer.ts';
import { DROPPED, type NetworkDoubts, NOT_SAID, SENT_AGAIN } from './network-doubt.ts';
import { isErrand, type NetworkErrand } from './network-errands.ts';
import type { NetworkReceipts } from './network-receipts.ts';
import { AWAY } from './powers-now.ts';
import type { Relations } from './relations.ts';

/** Lines of one person that may be on their way at once. */
const PIPELINE = 16;
/** Networks say when something changed; this is for those that forget to. */
const RECHECK_MS = 2_000;

export type ToNetworkParts = {
  readonly kit: Kit;
  readonly lanes: () => Lanes;
  readonly portals: PortalTable;
  readonly people: People;
  readonly gate: LineGate;
  readonly notices: Notices;
  readonly doubts: NetworkDoubts;
  readonly receipts: NetworkReceipts;
  readonly relations: Relations;
  /** Raised when a network or a channel came up or went down. */
  readonly networkChanged: Signal;
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
  readonly #flight: Flight;
  readonly #stuck: Stuck;
  #waitingSinceMs: number | undefined;

  constructor(parts: ToNetworkParts, queue: LaneQueue) {
    this.#parts = parts;
    this.#queue = queue;
    this.#backoff = new Backoff(parts.kit.clock, 250, 10_000);
    this.#stuck = new Stuck(parts.kit);
    this.#flight = new Flight({
      confirmed: (line, receipt) => this.#confirmed(line, receipt),
      lost: ({ row, effect }) => {
        parts.kit.metrics.sends.add({ direction: 'to-network', network: effect.network, outcome: 'unknown' });
        parts.doubts.lost(row);
      },
    });
  }

  async run(): Promise<void> {
    const { lanes, doubts } = this.#parts;
    const flight = this.#flight;
    try {
      while (!lanes().stopping) {
        if (flight.hasTroubles) await this.#settleTroubles();
        const rows = await this.#queue.peek(flight.size + PIPELINE);
        // Whatever was lost meanwhile comes before what follows it.
        if (flight.hasTroubles) continue;
        const next = rows.filter((row) => !flight.has(row.id));
        const [head] = next;
        if (head === undefined) {
          if (flight.size === 0) return;
          await flight.next();
          continue;
        }
        const effect = effectIn(this.#room, head.payload);
        if (effect === undefined) await this.#park(head, 'the stored effect cannot be read');
        else if (effect.op === 'network.say' && doubts.isDoubtful(head)) await this.#resolveDoubts();
        else await this.#step(head, next, effect);
      }
    } finally {
      await flight.drain();
    }
    await handBack(this.#parts.kit, this.#queue, 2 * PIPELINE, (row) => doubts.isDoubtful(row));
  }

  async #step(head: OutboxRow, next: readonly OutboxRow[], effect: Effect): Promise<void> {
    const network = 'network' in effect ? this.#parts.kit.networks.get(effect.network) : undefined;
    if (network === undefined) return this.#park(head, 'its network is not in the configuration any more');
    if (effect.op === 'network.say') return this.#say(head, next, effect, network);
    await this.#flight.drain();
    if (this.#flight.hasTroubles) return;
    if (isErrand(effect)) return this.#errand(head, effect, network);
    return this.#park(head, `${effect.op} is not for a network`);
  }

  async #say(head: OutboxRow, next: readonly OutboxRow[], effect: SayOnNetwork, network: Network): Promise<void> {
    const flight = this.#flight;
    if (this.#isWithdrawn(effect)) return this.#drop(head, effect);
    const denied = this.#denied(effect);
    if (denied !== undefined) return this.#failed(head, effect, denied);
    const person = await this.#parts.people.person(effect.room, effect.userId);
    const portal = this.#parts.portals.get(lanePortal(this.#queue.id));
    const voice = await voiceFor(network, person, effect, portal);
    if (flight.hasTroubles) return;
    if (!voice.ok) return this.#failed(head, effect, voice.error);
    this.#waitingSinceMs = undefined;
    if (flight.voice !== undefined && flight.voice !== voice.value.id) return flight.drain();
    if (flight.size >= PIPELINE) return flight.next();
    if (head.detail === null || head.state !== 'sending') {
      // What it is about may be on its way.
      if (isRelated(effect) && flight.size > 0) return flight.drain();
      return this.#prepare(next, effect, voice.value, network);
    }
    await flight.launch(voice.value, head, effect);
  }

  /** Splits the lines that will go out next and marks them, in one commit, before any of them is on the wire. */
  async #prepare(next: readonly OutboxRow[], first: SayOnNetwork, voice: Voice, network: Network): Promise<void> {
    const { kit, doubts, relations } = this.#parts;
    const marked: OutboxRow[] = [];
    for (const row of next.slice(0, PIPELINE)) {
      const effect = effectIn(this.#room, row.payload);
      if (effect?.op !== 'network.say' || effect.userId !== first.userId || doubts.isDoubtful(row)) break;
      if (marked.length > 0 && isRelated(effect)) break;
      const made = await relations.composer.compose(effect, network, voice);
      if (!made.ok) return this.#failed(row, effect, await this.#stuck.ofQuestion(row, effect.room, made.error));
      if (made.value === undefined) return this.#drop(row, effect);
      marked.push({ ...row, state: 'sending', detail: prepare(voice, row, made.value) });
      if (isRelated(effect)) break;
    }
    const details = new Map(marked.map((row) => [row.id, row.detail ?? '[]']));
    await kit.db.transaction((sql) => kit.stores.outbox.markSending(sql, [...details.keys()], details));
    kit.failpoint('after-sending-marked');
    for (const row of marked) {
      doubts.settled(row);
      this.#queue.update(row);
    }
  }

  /** Deleted before it was said, like what it was to change. */
  #isWithdrawn({ eventId, edits, userId }: SayOnNetwork): boolean {
    const { withdrawals } = this.#parts.relations;
    return withdrawals.isGone(eventId, userId) || withdrawals.isGone(edits, userId);
  }

  /** Nothing of it is to be said. */
  async #drop(row: OutboxRow, effect: SayOnNetwork): Promise<void> {
    this.#queue.take(row.id);
    await this.#parts.receipts.drop(row, effect);
  }

  #confirmed({ row, effect }: StoredLine, { keys }: Receipt): void {
    const { kit, receipts, relations } = this.#parts;
    this.#backoff.reset();
    kit.metrics.sends.add({ direction: 'to-network', network: effect.network, outcome: 'confirmed' });
    this.#queue.take(row.id);
    relations.texts.confirmed(effect);
    receipts.write(lanePortal(this.#queue.id), row, effect, keys).catch((error: unknown) =>
      kit.log.error('a delivered line could not be written down; it is looked up at the next start', {
        lane: this.#queue.id,
        error: String(error),
      }),
    );
  }

  /** Tells people what was refused, and lets the lane wait where the network asked for it. Lost lines are looked up as they come. */
  async #settleTroubles(): Promise<void> {
    await this.#flight.drain();
    let wait: { readonly effect: SayOnNetwork; readonly error: BridgeError } | undefined;
    for (const { row, effect, error } of this.#flight.takeTroubles()) {
      if (error.retry === 'never') await this.#failed(row, effect, error);
      else if (error.retry !== 'lookup') wait ??= { effect, error };
    }
    if (wait !== undefined) await this.#holdUp(wait.effect, wait.error);
  }

  /** Asks the network what became of the first lines in doubt; what never arrived is sent again from its place. */
  async #resolveDoubts(): Promise<void> {
    const { kit, doubts, receipts } = this.#parts;
    await this.#flight.drain();
    const lines: StoredLine[] = [];
    for (const row of await this.#queue.peek(2 * PIPELINE)) {
      const effect = effectIn(this.#room, row.payload);
      if (effect?.op !== 'network.say' || !doubts.isDoubtful(row)) break;
      lines.push({ row, effect });
    }
    const [first] = lines;
    if (first === undefined) return;
    const answers = await doubts.ask(lines);
    if (answers === undefined) return this.#holdUp(first.effect, AWAY);
    // A network that stops, or lost its link again, leaves answers out: the lane asks once more.
    const asked = lines.findIndex(({ row }) => !answers.has(row.key));
    const answered = asked < 0 ? lines : lines.slice(0, asked);
    if (answered.length === 0) return this.#holdUp(first.effect, AWAY);
    for (const { row, effect } of answered) {
      const { network } = effect;
      const answer = answers.get(row.key) ?? 'unknown';
      const outcome = typeof answer === 'string' ? answer : 'arrived';
      kit.metrics.lookups.add({ direction: 'to-network', network, answer: outcome });
      const isDropped = answer === 'unknown' && doubts.policy(network) === 'drop';
      if (answer === 'unknown')
        kit.log.warn(`a line may or may not have arrived; ${isDropped ? DROPPED : SENT_AGAIN}`, { network });
      doubts.settled(row);
      if (typeof answer !== 'string' || isDropped) {
        this.#queue.take(row.id);
        if (typeof answer === 'string') await receipts.drop(row, effect, NOT_SAID);
        else await receipts.write(lanePortal(this.#queue.id), row, effect, answer.keys);
      } else this.#queue.update({ ...row, state: 'pending' });
    }
  }

  async #failed(row: OutboxRow, effect: SayOnNetwork, error: BridgeError): Promise<void> {
    const { kit, notices, portals } = this.#parts;
    const labels = { direction: 'to-network', network: effect.network } as const;
    if (error.retry !== 'never') {
      kit.metrics.sends.add({ ...labels, outcome: 'failed' });
      return this.#holdUp(effect, error);
    }
    kit.metrics.sends.add({ ...labels, outcome: 'refused' });
    kit.metrics.messages.add({ ...labels, outcome: 'refused' });
    kit.metrics.refusals.add({ ...labels, cause: error.code });
    const portal = portals.get(lanePortal(this.#queue.id));
    if (portal !== undefined) portal.refused++;
    await notices.refused(lanePortal(this.#queue.id), row, effect, error);
    this.#queue.take(row.id);
  }

  /** The portal's room now: it may have been replaced since a row was written, and who speaks how is asked of a room. */
  get #room(): string | undefined {
    return this.#parts.portals.get(lanePortal(this.#queue.id))?.roomId;
  }

  /** Why this person may not speak here now. */
  #denied(effect: Spoken): BridgeError | undefined {
    const { gate, kit } = this.#parts;
    const { userId, network } = effect;
    const takesBack = effect.op === 'network.redact' || (effect.op === 'network.react' && effect.removed);
    const verdict = gate.toNetwork(lanePortal(this.#queue.id), userId, takesBack);
    if (verdict.kind !== 'no') return undefined;
    kit.metrics.denied.add({ direction: 'to-network', cause: verdict.error.code });
    kit.log.info('a line was not let out', { network, cause: verdict.error.code });
    return verdict.error;
  }

  async #errand(row: OutboxRow, effect: NetworkErrand, network: Network): Promise<void> {
    const denied = effect.op === 'network.part' ? undefined : this.#denied(effect);
    const portal = this.#parts.portals.get(lanePortal(this.#queue.id));
    const done = denied === undefined ? await this.#parts.relations.errands.run(effect, network, portal) : fail(denied);
    if (done.ok) await this.#parts.receipts.done(row, effect, done.value);
    else if (effect.op === 'network.part' || (denied !== undefined && effect.op === 'network.react'))
      await this.#parts.receipts.done(row, effect, []);
    else if (done.error.retry !== 'never') return this.#holdUp(effect, done.error);
    else await this.#parts.notices.refused(lanePortal(this.#queue.id), row, effect, done.error);
    this.#queue.take(row.id);
  }

  /** The network is away or wants a pause: the lane waits, and says so in the room once it takes long. */
  async #holdUp(effect: Spoken, error: BridgeError): Promise<void> {
    const { kit, notices, lanes, networkChanged } = this.#parts;
    this.#waitingSinceMs ??= kit.clock.nowMs();
    const waiting = await this.#queue.peek(4 * PIPELINE);
    await notices.heldUp(lanePortal(this.#queue.id), effect, error, this.#waitingSinceMs, waiting);
    const waitMs = Math.max(error.waitMs ?? 0, this.#backoff.nextMs(), 100);
    await Promise.race([lanes().pause(waitMs), networkChanged.wait(Math.max(waitMs, RECHECK_MS))]);
  }

  #park(row: OutboxRow, why: string): Promise<void> {
    return park(this.#parts.kit, this.#parts.portals, this.#queue, row, why);
  }
}

/** What is done in a person's name. */
type Spoken = SayOnNetwork | Exclude<NetworkErrand, PartOnNetwork>;
