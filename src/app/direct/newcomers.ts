import type { Peer } from '../../core/direct.ts';
import { makeLaneId } from '../../core/ids.ts';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Sql } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import type { Entry } from '../lanes/ledger.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';

/** Conversations that others may begin with one person: more than anybody gets in earnest, and few enough to be looked through. */
const RULES: BucketRules = { burst: 5, refillMs: 10 * 60_000 };
/** Invitations that may wait for their person's answer, however slowly they came. */
const MAX_UNANSWERED = 20;
/** They are told once in so long that somebody was turned away. */
const QUIET_MS = 60 * 60_000;

/**
 * Who may begin a conversation with somebody: names cost nothing on IRC, and rooms cost the homeserver and the person a lot. Those with an
 * account are counted apart from those without, so that whoever takes a thousand nicks does not shut out people who are known.
 */
export class Newcomers {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #buckets = new Map<string, Bucket>();
  readonly #toldMs = new Map<string, number>();
  readonly #untold = new Set<string>();

  constructor(kit: Kit, portals: PortalTable) {
    this.#kit = kit;
    this.#portals = portals;
  }

  /** Asked for each message of somebody who has no conversation with this person yet. */
  async mayBegin(entry: Entry, userId: string, { subject }: Peer): Promise<boolean> {
    const nowMs = this.#kit.clock.nowMs();
    const key = `${subject.kind} ${userId}`;
    const taken = takeTokens(this.#buckets.get(key) ?? fullBucket(RULES, nowMs), RULES, nowMs);
    this.#buckets.set(key, taken.bucket);
    if (taken.waitMs === 0 && (await this.#mayWait(entry.sql, userId, subject.kind))) return true;
    await this.#turnedAway(entry, userId);
    return false;
  }

  /** A conversation has a room: what its person was to be told while they had none is said there. */
  async roomMade(entry: Entry, portal: Portal, roomId: string): Promise<void> {
    if (portal.direct !== undefined && this.#untold.delete(portal.direct.userId))
      await this.#tell(entry, portal, roomId);
  }

  async #mayWait(sql: Sql, userId: string, kind: Peer['subject']['kind']): Promise<boolean> {
    const { stores } = this.#kit;
    let unanswered = 0;
    for (const { roomId, direct } of this.#portals.directs()) {
      if (direct?.userId !== userId || direct.peer.subject.kind !== kind) continue;
      const member = roomId === undefined ? undefined : await stores.member.get(sql, roomId, userId);
      if (member === undefined || member.membership === 'invite') unanswered++;
      if (unanswered >= MAX_UNANSWERED) return false;
    }
    return true;
  }

  async #turnedAway(entry: Entry, userId: string): Promise<void> {
    const { clock, log } = this.#kit;
    const nowMs = clock.nowMs();
    if (nowMs - (this.#toldMs.get(userId) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#toldMs.set(userId, nowMs);
    log.warn('private messages of newcomers were turned away: too many begin conversations with one person');
    for (const portal of this.#portals.directs())
      if (portal.direct?.userId === userId && portal.roomId !== undefined)
        return await this.#tell(entry, portal, portal.roomId);
    this.#untold.add(userId);
  }

  async #tell(entry: Entry, { id }: Portal, room: string): Promise<void> {
    const nowMs = this.#kit.clock.nowMs();
    const effect = { op: 'matrix.notice', room, body: TURNED_AWAY } as const;
    await entry.enqueue(makeLaneId(id, 'to-matrix'), [{ key: `newcomers|${room}|${nowMs}`, effect }], nowMs);
  }
}

const TURNED_AWAY =
  'More people who are new to you write to you in private than rooms are made for. What the last ones wrote was not kept, and they were not told. ' +
  'Whoever has a room with you already is heard as before. Accept or decline the invitations that wait for you, and others can come through again; ' +
  '`!causeway query NICK` opens a room with somebody whom you expect.';
