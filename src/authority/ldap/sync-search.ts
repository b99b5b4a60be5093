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
  /** Called after each change of {@link SyncSearch.entries}, and when they are complete for the first time. */
  readonly changed: () => void;
};

/**
 * One search whose answer stays true: content synchronisation in the mode refreshAndPersist (RFC 4533 §3.3). Always
 * from the beginning and never from a cookie, so that whatever a server forgot to say is put right by the next connection.
 */
export class SyncSearch {
  readonly #entries = new Map<string, LdapEntry>();
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
    return this.#complete && this.#problem === undefined ? [...this.#entries.values()] : undefined;
  }

  /** What makes the answer worth nothing. */
  get problem(): Unknown | undefined {
    return this.#problem;
  }

  #take(received: Exclude<Received, { op: 'result' }>): void {
    const wasComplete = this.#complete;
    if (received.op === 'reference') this.#problem = elsewhere();
    else if (received.op === 'entry') this.#learn(received);
    else if (received.info?.kind === 'refreshed') this.#complete ||= received.info.done;
    else if (received.info?.kind === 'uuids' && received.info.deleted) {
      for (const uuid of received.info.uuids) this.#entries.delete(uuid);
    } else return;
    if (wasComplete || this.#complete || this.#problem !== undefined) this.#wish.changed();
  }

  #learn({ entry, sync }: Extract<Received, { op: 'entry' }>): void {
    if (sync === undefined) this.#problem = unknown('malformed', 'The directory synchronises and does not say what.');
    else if (sync.state === 'delete') this.#entries.delete(sync.uuid);
    // `present` tells nothing new of an entry (RFC 4533 §3.3.1); without a cookie it should not come at all.
    else if (sync.state !== 'present') this.#entries.set(sync.uuid, entry);
    if (this.#entries.size > MAX_ENTRIES)
      this.#problem = unknown('malformed', `The directory shows more than ${MAX_ENTRIES} entries.`);
  }
}

function whyEnded(end: Answer<{ readonly code: number; readonly detail: string }>): Unknown {
  if (end.kind === 'unknown') return end;
  const { code, detail } = end.value;
  return PLAIN_ENDS.has(code)
    ? unknown('unreachable', 'The directory ended its content synchronisation.')
    : fromResultCode(code, detail);
}
