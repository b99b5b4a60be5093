import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import { listsServers } from '../../core/room/state-plan.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Kit } from '../kit.ts';
import { Backoff } from '../timing/backoff.ts';
import { Gathered } from '../timing/gathered.ts';
import type { AgreementRecord } from './agreement-book.ts';
import type { Visitors } from './visitors.ts';

/** A room that cannot be written for so long keeps nobody in the others: each shuts its servers out before its people anyway. */
const LIST_PATIENCE_MS = 30_000;
/** Between two looks at how far all is: rooms are looked at one after the other. */
const REST_MS = 50;
/** Somebody who cannot be put out for so long is what the rooms' own reports are about. */
const PEOPLE_PATIENCE_MS = 60_000;

export type AgreementEndingsParts = {
  readonly kit: Kit;
  readonly authority: Authority;
  readonly visitors: Visitors;
  readonly audit: Audit;
  readonly mode: () => 'observe' | 'enforce';
  readonly rooms: () => Iterable<ManagedRoom>;
  readonly known: (resource: string) => ActualRoom | undefined;
  readonly hasRoom: (resource: string) => boolean;
  /** Whether the bot can do nothing in this room. */
  readonly isLost: (resource: string) => boolean;
  /** Whether somebody has to be out of this room. */
  readonly isOut: (userId: string, resource: string) => boolean;
  /** Has these rooms looked at. */
  readonly onLook: (resources: readonly string[], cause: string, userIds: readonly string[]) => void;
  readonly onPeople: (userIds: readonly string[], cause: string) => void;
  /** Says it in the room of a resource. */
  readonly say: (resource: string, text: string, key: string) => Promise<void>;
};

/**
 * Carries out that an agreement ended, in the order in which it does least harm: nobody is admitted and nothing relayed
 * from the moment at which it is known; it is read once more; every room shuts the servers out; then people are put
 * out; then it is said why. Each stage is on disk before the next begins.
 */
export class AgreementEndings {
  readonly #parts: AgreementEndingsParts;
  readonly #stop = new AbortController();
  /** By agreement: since when its stage waits. */
  readonly #waiting = new Map<string, number>();
  readonly #checks: Gathered;

  constructor(parts: AgreementEndingsParts) {
    this.#parts = parts;
    const { clock, log } = parts.kit;
    this.#checks = new Gathered(
      clock,
      log,
      () => this.#checkAll(),
      () => REST_MS,
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  /** These ended by now, or had when an earlier process was stopped. */
  begin(ids: readonly string[]): void {
    for (const id of ids)
      this.#confirm(id).catch((error: unknown) =>
        this.#parts.kit.log.error('a bug: the end of an agreement is not carried out', { id, error: String(error) }),
      );
  }

  /** A room was looked at: something may be ready for its next stage. */
  kept(): void {
    if (this.#waiting.size > 0) this.#checks.ask();
  }

  /** It is read once more, so that half a file or a slip of the hand puts nobody out. */
  async #confirm(id: string): Promise<void> {
    const { authority, visitors, kit } = this.#parts;
    const backoff = new Backoff(kit.clock, 200, 10_000);
    while (!this.#stop.signal.aborted) {
      const again = await authority.agreements();
      if (again.kind === 'found') {
        await visitors.learned(again.value, again.freshness);
        break;
      }
      const known = visitors.book.get(id);
      // What ends by the clock ends with the authority down, too.
      if (known !== undefined && visitors.book.isOver(known)) break;
      await new Promise<void>((resolve) => kit.clock.after(backoff.nextMs(), resolve));
    }
    const record = visitors.book.get(id);
    if (this.#stop.signal.aborted || record?.ending === undefined || this.#waiting.has(id)) return;
    await visitors.book.save();
    await this.#note(record, 'intent');
    kit.failpoint('after-agreement-cut');
    this.#waiting.set(id, kit.clock.nowMs());
    const patience = record.ending.stage === 'cut' ? LIST_PATIENCE_MS : PEOPLE_PATIENCE_MS;
    this.#again(patience);
    const people = record.ending.stage === 'cut' ? [] : this.#people(record);
    this.#parts.onLook(this.#resources(), causeOf(record), people);
    this.kept();
  }

  #again(afterMs: number): void {
    this.#parts.kit.clock.after(afterMs, () => this.kept());
  }

  async #checkAll(): Promise<void> {
    for (const id of this.#waiting.keys()) {
      if (this.#stop.signal.aborted) return;
      const record = this.#parts.visitors.book.get(id);
      if (record?.ending === undefined) this.#waiting.delete(id);
      else if (this.#parts.mode() === 'enforce') await this.#check(id, record, record.ending.stage);
    }
  }

  async #check(id: string, record: AgreementRecord, stage: 'cut' | 'out' | 'told'): Promise<void> {
    if (stage === 'cut' && this.#isReady(id, LIST_PATIENCE_MS, this.#openRooms())) await this.#putOut(id, record);
    else if (stage === 'out' && this.#isReady(id, PEOPLE_PATIENCE_MS, this.#roomsWith(record)))
      await this.#tell(id, record);
  }

  #isReady(id: string, patienceMs: number, missing: readonly string[]): boolean {
    const { kit } = this.#parts;
    if (missing.length === 0) return true;
    const nowMs = kit.clock.nowMs();
    const isLate = nowMs - (this.#waiting.get(id) ?? 0) >= patienceMs;
    if (isLate && !kit.homeserver.health.reachable) {
      // No room can be written now, and none is late before it could have been.
      this.#waiting.set(id, nowMs);
      this.#again(patienceMs);
      return false;
    }
    if (isLate) kit.log.warn('the end of an agreement goes on without some rooms', { id, rooms: missing.join(', ') });
    return isLate;
  }

  async #putOut(id: string, record: AgreementRecord): Promise<void> {
    const { visitors, onPeople, kit } = this.#parts;
    visitors.book.advance(id, 'out');
    await visitors.book.save();
    kit.failpoint('after-agreement-shut-out');
    this.#waiting.set(id, kit.clock.nowMs());
    this.#again(PEOPLE_PATIENCE_MS);
    const people = this.#people(record);
    if (people.length === 0) this.kept();
    else onPeople(people, causeOf(record));
  }

  async #tell(id: string, record: AgreementRecord): Promise<void> {
    const { visitors, say } = this.#parts;
    const why = record.ending?.why ?? '';
    for (const resource of this.#shared(record))
      await say(
        resource,
        `${why} Whoever was here by it alone is not any more; what they wrote stays.`,
        `agreement|${id}|${record.agreement.version}|${record.ending?.sinceMs}|${resource}`,
      );
    await this.#note(record, 'outcome');
    visitors.book.advance(id, 'told');
    this.#waiting.delete(id);
    await visitors.book.save();
  }

  /** Rooms that do not list their servers yet as they should, for all that is known. */
  #openRooms(): string[] {
    const { known, kit } = this.#parts;
    const isRight = (wanted: ManagedRoom): boolean => {
      const room = known(wanted.id);
      return room !== undefined && (!room.federate || listsServers(room, wanted, kit.homeserver.serverName));
    };
    return this.#federating()
      .filter((wanted) => !isRight(wanted))
      .map(({ id }) => id);
  }

  /** Rooms in which somebody is still who has to go. */
  #roomsWith(record: AgreementRecord): string[] {
    const { known, isOut } = this.#parts;
    const people = this.#people(record);
    return this.#resources().filter((id) => {
      const room = known(id);
      if (room === undefined) return true;
      return people.some((userId) => {
        const { membership } = room.members.get(userId) ?? {};
        return (membership === 'join' || membership === 'invite') && isOut(userId, id);
      });
    });
  }

  #people(record: AgreementRecord): string[] {
    const { visitors, known } = this.#parts;
    const present = this.#resources().flatMap((id) => [...(known(id)?.members.keys() ?? [])]);
    return visitors.peopleOf(record, present);
  }

  /** Those in which others can take part and we can do something about it. */
  #federating(): ManagedRoom[] {
    const { rooms, hasRoom, isLost } = this.#parts;
    return [...rooms()].filter(({ id, federate, acl }) => federate && acl && hasRoom(id) && !isLost(id));
  }

  #resources = (): string[] => this.#federating().map(({ id }) => id);

  /** Rooms to which the agreement let people in. */
  #shared({ agreement }: AgreementRecord): string[] {
    const granted = new Set(agreement.grants.map(({ resource }) => resource));
    return this.#resources().filter((id) => granted.has(id));
  }

  async #note(record: AgreementRecord, phase: 'intent' | 'outcome'): Promise<void> {
    const { agreement, revision, ending } = record;
    await this.#parts.audit.write([
      {
        phase,
        actor: 'authority',
        cause: causeOf(record),
        subject: '',
        action: 'agreement.end',
        resource: `shard:${agreement.peer.iss}`,
        why: ending?.why ?? '',
        revision,
        ...(phase === 'outcome' ? { result: 'done' } : {}),
      },
    ]);
  }
}

const causeOf = ({ agreement }: AgreementRecord): string => `agreement ${agreement.id}@${agreement.version}`;
