import type { Resource } from '../../core/authority/access.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Door } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Admission } from './admission.ts';

/** Members looked at in one go, a millisecond or two. */
const AT_A_TIME = 200;
/** What the authority says ages without an event; a door that is looked at later is worked out anew. */
const KEPT_MS = 10_000;
/** Whoever stands so may come in, or stays where they are. */
export const STAYS: ReadonlySet<string> = new Set(['in', 'may', 'unchanged']);

/**
 * Who may come into a channel, by account. Channels that ask for the same have the same list, and one change has all of them
 * looked at: it is worked out once for all, until something else is known.
 */
export class DoorAccounts {
  readonly #kit: Kit;
  readonly #admission: Admission;
  readonly #doors = new Map<string, { readonly door: Promise<Door>; readonly atMs: number }>();

  constructor(kit: Kit, admission: Admission) {
    this.#kit = kit;
    this.#admission = admission;
  }

  /** Something is known that was not. */
  forget(): void {
    this.#doors.clear();
  }

  of(network: NetworkId, resource: Resource): Promise<Door> {
    const key = JSON.stringify([network, { ...resource, id: '', label: '' }]);
    const nowMs = this.#kit.clock.nowMs();
    const known = this.#doors.get(key);
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.door;
    const door = this.#workOut(network, resource);
    this.#doors.set(key, { door, atMs: nowMs });
    return door;
  }

  /** A person of whom nobody knows anything now keeps the place they had. */
  async #workOut(network: NetworkId, resource: Resource): Promise<Door> {
    const accounts: string[] = [];
    const bannedAccounts: string[] = [];
    let looked = 0;
    for (const { member, accounts: own } of this.#admission.accountsOn(network)) {
      // Of ten thousand members lines would wait.
      if (++looked % AT_A_TIME === 0) await new Promise<void>((resolve) => this.#kit.clock.after(0, resolve));
      const { membership } = this.#admission.standingFor(member, resource);
      if (STAYS.has(membership)) accounts.push(...own);
      else if (membership === 'banned') bannedAccounts.push(...own);
    }
    const membersOnly = resource.require !== 'none';
    return { membersOnly, accounts: membersOnly ? accounts : [], bannedAccounts };
  }
}
