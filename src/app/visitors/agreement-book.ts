import { type Agreement, agreementRefusal, nextAgreementEndMs, type OwnShard } from '../../core/authority/agreement.ts';
import type { Kit } from '../kit.ts';

/** How far the end of an agreement is carried out: relaying cut, people put out once no server can send any more, and said. */
export type Ending = {
  readonly code: 'agreement-ended' | 'agreement-gone';
  readonly stage: 'cut' | 'out' | 'told';
  /** A sentence that names the decision. */
  readonly why: string;
  readonly sinceMs: number;
};

export type AgreementRecord = {
  readonly agreement: Agreement;
  /** Of our authority's newest statement of it. */
  readonly revision: number;
  /** Our authority names it no more. */
  readonly isGone: boolean;
  /** Since it was in force; nothing has to be ended of what never began. */
  readonly ending?: Ending;
  readonly wasInForce: boolean;
};

/** What a new word of the authority, or the time, changed. */
export type BookChange = {
  /** Ids of those that ended now. */
  readonly ended: readonly string[];
  /** Whether anything is different that rooms follow. */
  readonly isNews: boolean;
};

const RECORD = 'agreement:';
const MAX_RECORDS = 2_000;

/** Agreements with other shards as last heard, on disk too: with the authority down their servers come in as before, and no others. */
export class AgreementBook {
  readonly #kit: Kit;
  readonly #own: OwnShard;
  readonly #records = new Map<string, AgreementRecord>();
  /** Whether the authority said anything since the start: what is from before gives way to it, however it counts since. */
  #isHeard = false;

  constructor(kit: Kit, own: OwnShard) {
    this.#kit = kit;
    this.#own = own;
  }

  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    for (const text of (await db.transaction((sql) => stores.cursor.list(sql, RECORD))).values()) {
      const record = JSON.parse(text) as AgreementRecord;
      this.#records.set(record.agreement.id, record);
    }
  }

  all(): readonly AgreementRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): AgreementRecord | undefined {
    return this.#records.get(id);
  }

  /** The agreement, where it admits people now. */
  inForce(id: string): AgreementRecord | undefined {
    const record = this.#records.get(id);
    return record !== undefined && this.#why(record) === undefined ? record : undefined;
  }

  /** Homeservers of the agreements in force. */
  servers(): readonly string[] {
    const now = this.all().filter((record) => this.#why(record) === undefined);
    return [...new Set(now.map(({ agreement }) => agreement.peer.homeserver))].sort();
  }

  /** The agreement by which people of this server came, and which ended. That another lets them in is the caller's to see. */
  endedWith(homeserver: string): AgreementRecord | undefined {
    return this.all().find(({ agreement, ending }) => ending !== undefined && agreement.peer.homeserver === homeserver);
  }

  endedOrigin(origin: string): AgreementRecord | undefined {
    const with_ = this.all().filter(({ agreement }) => agreement.peer.ircOrigins.includes(origin));
    return with_.some((record) => this.#why(record) === undefined)
      ? undefined
      : with_.find(({ ending }) => ending !== undefined);
  }

  /** When an agreement next ends by itself. */
  nextEndMs(nowMs: number): number | undefined {
    return nextAgreementEndMs(
      this.all().map(({ agreement }) => agreement),
      nowMs,
    );
  }

  /** All agreements that there are by our authority's word. What is older than what is known changes nothing. */
  learned(agreements: readonly Agreement[], revision: number): BookChange {
    const before = this.#asFollowed();
    const named = new Set(agreements.map(({ id }) => id));
    const isOlder = (known: AgreementRecord): boolean => this.#isHeard && known.revision > revision;
    for (const agreement of agreements) {
      const known = this.#records.get(agreement.id);
      if (known !== undefined && isOlder(known)) continue;
      if (known === undefined && this.#records.size >= MAX_RECORDS) continue;
      const { wasInForce = false, ending } = known ?? {};
      this.#records.set(agreement.id, {
        agreement,
        revision,
        isGone: false,
        wasInForce,
        ...(ending !== undefined && { ending }),
      });
    }
    for (const [id, record] of this.#records)
      if (!named.has(id) && !isOlder(record) && !record.isGone)
        this.#records.set(id, { ...record, revision, isGone: true });
    this.#isHeard = true;
    const ended = this.settle();
    return { ended, isNews: this.#asFollowed() !== before };
  }

  /** What anything follows from. */
  #asFollowed(): string {
    return JSON.stringify(this.all().map(({ revision: _, ...record }) => record));
  }

  /** Takes note of what the time ended. @returns ids of agreements that ended now */
  settle(): readonly string[] {
    const ended: string[] = [];
    for (const [id, record] of this.#records) {
      const why = this.#why(record);
      if (why === undefined) {
        const { ending: _, ...rest } = record;
        this.#records.set(id, { ...rest, wasInForce: true });
      } else if (record.wasInForce && record.ending === undefined) {
        const code = record.isGone ? 'agreement-gone' : 'agreement-ended';
        const sinceMs = this.#kit.clock.nowMs();
        this.#records.set(id, { ...record, ending: { code, stage: 'cut', why, sinceMs } });
        ended.push(id);
      }
    }
    return ended;
  }

  advance(id: string, stage: Ending['stage']): void {
    const record = this.#records.get(id);
    if (record?.ending !== undefined) this.#records.set(id, { ...record, ending: { ...record.ending, stage } });
  }

  async save(): Promise<void> {
    const { db, stores } = this.#kit;
    await db.transaction(async (sql) => {
      for (const record of this.all())
        await stores.cursor.set(sql, RECORD + record.agreement.id, JSON.stringify(record));
    });
  }

  /** Whether it is over by the clock: nobody has to be asked about that. */
  isOver({ agreement: { notAfterMs }, isGone }: AgreementRecord): boolean {
    return !isGone && notAfterMs !== undefined && notAfterMs <= this.#kit.clock.nowMs();
  }

  /** Why it admits nobody, with the decision that says so; undefined where it is in force. */
  #why({ agreement, isGone }: AgreementRecord): string | undefined {
    const { id, peer, endedBy } = agreement;
    if (isGone)
      return `The agreement ${id} with ${peer.homeserver} does not stand among those of the cooperative any more.`;
    const refusal = agreementRefusal(agreement, this.#own, this.#kit.clock.nowMs());
    if (refusal === undefined) return undefined;
    return endedBy === undefined ? refusal.why : `${refusal.why} The decision is ${endedBy}.`;
  }
}
