import { REMOVING } from '../../core/authority/guard.ts';
import type { MemberPlan } from '../../core/authority/plan-members.ts';
import { DECIDED_ENDINGS } from '../../core/authority/visit.ts';
import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { Kit } from '../kit.ts';

const REMOVED = 'removed:';
const NOBODYS_LOSS: ReadonlySet<string> = new Set([...DECIDED_ENDINGS, 'left-space']);

/** Matrix id, and when. */
type Removed = readonly [userId: string, atMs: number];

/**
 * Who was removed from a room lately without anybody having been asked; on disk, since a directory that loses its people does
 * not wait for restarts.
 */
export class RecentRemovals {
  readonly #kit: Kit;
  readonly #windowMs: () => number;
  readonly #byResource = new Map<string, readonly Removed[]>();

  constructor(kit: Kit, windowMs: () => number) {
    this.#kit = kit;
    this.#windowMs = windowMs;
  }

  /** Those who are still out, but for these. */
  async of(resource: string, room: ActualRoom, but: readonly string[]): Promise<readonly Removed[]> {
    const all = await this.#within(resource);
    return all.filter(([userId]) => !but.includes(userId) && !isThere(room, userId));
  }

  /** When the first of them is long enough ago, milliseconds since 1970; undefined where there is none. */
  async passesAtMs(resource: string): Promise<number | undefined> {
    const [first] = await this.#within(resource);
    return first === undefined ? undefined : first[1] + this.#windowMs();
  }

  async note(resource: string, userIds: readonly string[]): Promise<void> {
    const { db, stores, clock } = this.#kit;
    if (userIds.length === 0 || this.#windowMs() === 0) return;
    const before = (await this.#within(resource)).filter(([userId]) => !userIds.includes(userId));
    const all = [...before, ...userIds.map((userId): Removed => [userId, clock.nowMs()])];
    this.#byResource.set(resource, all);
    await db.transaction((sql) => stores.cursor.set(sql, REMOVED + resource, JSON.stringify(all)));
  }

  async #within(resource: string): Promise<readonly Removed[]> {
    const { clock } = this.#kit;
    const known = this.#byResource.get(resource) ?? (await this.#load(resource));
    const sinceMs = clock.nowMs() - this.#windowMs();
    const within = known.filter(([, atMs]) => atMs > sinceMs);
    this.#byResource.set(resource, within);
    return within;
  }

  async #load(resource: string): Promise<readonly Removed[]> {
    const { db, stores } = this.#kit;
    const json = await db.transaction((sql) => stores.cursor.get(sql, REMOVED + resource));
    return json === undefined ? [] : (JSON.parse(json) as Removed[]);
  }
}

/**
 * Members whom a plan takes out because the authority says so: strangers who come in by a back door are no matter of it, nor is
 * whoever left by themselves.
 */
export const membersRemoved = (plan: MemberPlan, isKnown: (userId: string) => boolean): string[] =>
  plan.steps
    .filter(({ kind, code, userId }) => REMOVING.has(kind) && !NOBODYS_LOSS.has(code) && isKnown(userId))
    .map(({ userId }) => userId);

function isThere({ members }: ActualRoom, userId: string): boolean {
  const membership = members.get(userId)?.membership;
  return membership === 'join' || membership === 'invite';
}
