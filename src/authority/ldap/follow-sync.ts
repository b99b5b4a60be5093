import { HEARTBEAT_MS } from '../heartbeat.ts';
import { type Unknown, unknown } from '../unknown.ts';
import type { LdapConnection } from './connection.ts';
import { entriesToMembers, GROUP_ATTRIBUTES, personAttributes } from './entries-to-members.ts';
import { supportsSync } from './read-directory.ts';
import { SyncSearch } from './sync-search.ts';
import type { Stretch, WatchParts } from './watch-parts.ts';

/** A sign of life that takes longer is none. */
const PULSE_MS = 5_000;
/** Changes that belong together come one by one. */
const SETTLE_MS = 40;
const MAX_SETTLE_MS = 400;
/** What the server does in consequence of a name that came, went or changed takes a moment. */
const RENEW_MS = 300;
const MAX_RENEW_MS = 3_000;
/** Whatever else was never said is learned by beginning anew now and then. */
const RENEW_EVERY_MS = 600_000;
const REFRESH_MS = 120_000;

/**
 * @property refused the server would not synchronise; asking may still work, or say better why not
 * @property renew nothing is wrong: begin anew
 */
export type Followed = Stretch & { readonly refused: boolean; readonly renew: boolean };

/** Feeds what two synchronised searches say, people and groups, until one of them or the connection ends. */
export function followSync(parts: WatchParts, connection: LdapConnection): Promise<Followed> {
  return new Promise((resolve) => {
    new Following(parts, connection, resolve).begin();
  });
}

class Following {
  readonly #parts: WatchParts;
  readonly #connection: LdapConnection;
  readonly #resolve: (stretch: Followed) => void;
  readonly #searches: { readonly people: SyncSearch; readonly groups: SyncSearch };
  #wasWell = false;
  #over = false;
  #dirtySinceMs: number | undefined;
  #namesSinceMs: number | undefined;
  #cancelRenew = (): void => {};
  #cancelSettle = (): void => {};
  #cancelPulse = (): void => {};
  #cancelRefresh = (): void => {};

  constructor(parts: WatchParts, connection: LdapConnection, resolve: (stretch: Followed) => void) {
    this.#parts = parts;
    this.#connection = connection;
    this.#resolve = resolve;
    const { base, people, groups } = parts.places;
    this.#searches = {
      groups: new SyncSearch(connection, {
        base,
        filter: groups,
        attributes: GROUP_ATTRIBUTES,
        withholdNames: false,
        changed: () => this.#changed(false),
      }),
      people: new SyncSearch(connection, {
        base,
        filter: people,
        attributes: personAttributes(parts.words),
        withholdNames: true,
        changed: (names) => this.#changed(names),
      }),
    };
  }

  begin(): void {
    for (const { ended } of Object.values(this.#searches))
      void ended.then(({ why, refused }) => this.#finish(why, { refused }));
    const late = unknown('timeout', `The directory did not tell all it has in ${REFRESH_MS / 1000} s.`);
    this.#cancelRefresh = this.#parts.clock.after(REFRESH_MS, () => this.#finish(late));
    this.#schedulePulse();
    this.#renewIn(RENEW_EVERY_MS);
  }

  #changed(names: boolean): void {
    if (this.#over) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#dirtySinceMs ??= nowMs;
    const settledAtMs = Math.min(nowMs + SETTLE_MS, this.#dirtySinceMs + MAX_SETTLE_MS);
    this.#cancelSettle();
    this.#cancelSettle = this.#parts.clock.after(settledAtMs - nowMs, () => this.#tell());
    if (!names || !this.#wasWell) return;
    this.#namesSinceMs ??= nowMs;
    this.#renewIn(Math.min(RENEW_MS, this.#namesSinceMs + MAX_RENEW_MS - nowMs));
  }

  #renewIn(delayMs: number): void {
    const why = unknown('stale', 'The directory is asked anew.');
    this.#cancelRenew();
    this.#cancelRenew = this.#parts.clock.after(Math.max(0, delayMs), () => this.#finish(why, { renew: true }));
  }

  #tell(): void {
    const { people, groups } = this.#searches;
    const problem = people.problem ?? groups.problem;
    if (problem !== undefined) this.#finish(problem);
    if (people.entries === undefined || groups.entries === undefined) return;
    const { feed, words, revision } = this.#parts;
    this.#cancelRefresh();
    this.#dirtySinceMs = undefined;
    const members = entriesToMembers({ people: people.entries, groups: groups.entries }, words);
    if (members.kind === 'unknown') feed.failed(members);
    else {
      this.#wasWell = true;
      feed.learned(members.value, revision('push'));
    }
  }

  /** A quiet connection and a dead one look alike, so the server is asked something on the same one. */
  #schedulePulse(): void {
    this.#cancelPulse = this.#parts.clock.after(HEARTBEAT_MS, () => void this.#pulse());
  }

  async #pulse(): Promise<void> {
    const askedAtMs = this.#parts.clock.nowMs();
    const alive = await supportsSync(this.#connection, PULSE_MS);
    if (this.#over) return;
    if (alive.kind === 'unknown') this.#finish(alive);
    else {
      if (this.#dirtySinceMs === undefined) this.#parts.feed.alive(askedAtMs);
      this.#schedulePulse();
    }
  }

  #finish(why: Unknown, { refused = false, renew = false } = {}): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelSettle();
    this.#cancelPulse();
    this.#cancelRefresh();
    this.#cancelRenew();
    this.#resolve({ why, wasWell: this.#wasWell, refused, renew });
  }
}
