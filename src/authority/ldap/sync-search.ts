import { BerWriter, Control, type Filter, SearchRequest } from 'ldapts';
import { type Answer, type Unknown, unknown } from '../unknown.ts';
import type { LdapConnection } from './connection.ts';
import type { LdapEntry, Received } from './decode.ts';
import { fromResultCode } from './failures.ts';
import { elsewhere, SYNC_REQUEST } from './read-directory.ts';

const REFRESH_AND_PERSIST = 3;
const MAX_ENTRIES = 200_000;
/** Success, a limit of time, and "the server forgot where we are" (RFC 4533 §2.7): ends after which we begin anew. */
const PLAIN_ENDS: ReadonlySet<number> = new Set([0, 3, 4096]);

class SyncRequestControl extends Control {
  constructor() {
    super(SYNC_REQUEST, { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeEnumeration(REFRESH_AND_PERSIST);
    value.endSequence();
    writer.writeBuffer(value.buffer, 0x04);
  }
}

export type SyncWish = {
  readonly base: string;
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /**
   * Withhold whoever comes and whose name changes until a search that begins anew. What OpenLDAP itself does in
   * consequence (overlay refint: groups follow a renamed person, and forget one who left) never comes as a change, so
   * what is known of the groups may be old then: a person would lose their seats, or get those of a namesake.
   */
  readonly withholdNames: boolean;
  /**
   * Called after each change of {@link SyncSearch.entries}, and when they are complete for the first time.
   * @param names an entry came, went or has another name
   */
  readonly changed: (names: boolean) => void;
};

/**
 * One search whose answer stays true: content synchronisation in the mode refreshAndPersist (RFC 4533 §3.3). Always
 * from the beginning and never from a cookie, so that whatever a server forgot to say is put right by the next connection.
 */
export class SyncSearch {
  readonly #entries = new Map<string, LdapEntry>();
  readonly #withheld = new Set<string>();
  readonly #wish: SyncWish;
  #complete = false;
  #problem: Unknown | undefined;
  /** Resolves when no more changes come. `refused`: the server answered, before it had told all there is. */
  readonly ended: Promise<{ readonly why: Unknown; readonly refused: boolean }>;

  constructor(connection: LdapConnection, wish: SyncWish) {
    this.#wish = wish;
    const { base: baseDN, filter, attributes } = wish;
    this.ended = connection
      .request(
        (messageId) =>
          new SearchRequest({
            messageId,
            baseDN,
            filter,
            attributes: [...attributes],
            timeLimit: 0,
            controls: [new SyncRequestControl()],
          }),
        (received) => this.#take(received),
        Number.POSITIVE_INFINITY,
      )
      .then((end) => ({ why: whyEnded(end), refused: end.kind === 'ok' && !this.#complete }));
  }

  /** Everything that fits; undefined before the server has told all of it. */
  get entries(): readonly LdapEntry[] | undefined {
    if (!this.#complete || this.#problem !== undefined) return undefined;
    return [...this.#entries].flatMap(([uuid, entry]) => (this.#withheld.has(uuid) ? [] : [entry]));
  }

  /** What makes the answer worth nothing. */
  get problem(): Unknown | undefined {
    return this.#problem;
  }

  #take(received: Exclude<Received, { op: 'result' }>): void {
    const wasComplete = this.#complete;
    let names = false;
    if (received.op === 'reference') this.#problem = elsewhere();
    else if (received.op === 'entry') names = this.#learn(received);
    else if (received.info?.kind === 'refreshed') this.#complete ||= received.info.done;
    else if (received.info?.kind === 'uuids' && received.info.deleted) {
      for (const uuid of received.info.uuids) names = this.#forget(uuid) || names;
    } else return;
    if (wasComplete || this.#complete || this.#problem !== undefined) this.#wish.changed(names);
  }

  /** @returns whether a name came, went or changed */
  #learn({ entry, sync }: Extract<Received, { op: 'entry' }>): boolean {
    if (sync === undefined) {
      this.#problem = unknown('malformed', 'The directory synchronises and does not say what.');
      return false;
    }
    if (sync.state === 'delete') return this.#forget(sync.uuid);
    // `present` tells nothing new of an entry (RFC 4533 §3.3.1); without a cookie it should not come at all.
    if (sync.state === 'present') return false;
    return this.#keep(sync.uuid, entry);
  }

  #keep(uuid: string, entry: LdapEntry): boolean {
    const before = this.#entries.get(uuid);
    const withholds = this.#wish.withholdNames && this.#complete;
    if (withholds && before === undefined) this.#withheld.add(uuid);
    this.#entries.set(uuid, withholds && before !== undefined ? { ...entry, dn: before.dn } : entry);
    if (this.#entries.size > MAX_ENTRIES)
      this.#problem = unknown('malformed', `The directory shows more than ${MAX_ENTRIES} entries.`);
    return before?.dn !== entry.dn;
  }

  #forget(uuid: string): boolean {
    this.#withheld.delete(uuid);
    return this.#entries.delete(uuid);
  }
}

function whyEnded(end: Answer<{ readonly code: number; readonly detail: string }>): Unknown {
  if (end.kind === 'unknown') return end;
  const { code, detail } = end.value;
  return PLAIN_ENDS.has(code)
    ? unknown('unreachable', 'The directory ended its content synchronisation.')
    : fromResultCode(code, detail);
}
