import type { Effect } from '../core/events.ts';
import type { LaneId, MessageKey, NetworkId, PortalId } from '../core/ids.ts';
import type {
  AuthorityStore,
  HeldPlanStore,
  IdentityLinkStore,
  ScimRowStore,
  VisitorStore,
} from './authority-stores.ts';
import type { Sql } from './db.ts';
import type { DirectStore } from './direct-store.ts';
import type { PageStore } from './page-store.ts';
import type { PolicyStore } from './policy-store.ts';

/** Where an inbox row came from; with the key it is unique for ever. `matrix`, or a network's id. */
export type InboxSource = 'matrix' | 'security event' | NetworkId;

/** How a Matrix event reached us; a bit set, since each event should come by two ways. */
export const SEEN = { push: 1, sync: 2, readBack: 4 } as const;

export type InboxRow = {
  /** Total order of arrival, given by us. */
  readonly id: number;
  readonly source: InboxSource;
  readonly key: string;
  readonly lane: LaneId | '';
  readonly receivedAtMs: number;
  /** JSON of the event while it still waits to be routed. */
  readonly payload: string | null;
  /** `waiting`: stored, its lane is held. `routed`: its effects are in the outbox. `parked`: it made our code fail. */
  readonly state: 'waiting' | 'routed' | 'parked';
  readonly seen: number;
};

export interface InboxStore {
  /**
   * Stores a row unless its (source, key) is known. @returns whether it was new. A key of more than 512 bytes is kept as its
   * head and a digest; asking by the whole key finds it.
   */
  insert(sql: Sql, row: InboxRow): Promise<boolean>;
  /** Of these keys, those that are stored. At most 1,000 at a time. */
  known(sql: Sql, source: InboxSource, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Adds a bit of {@link SEEN}. @returns the bits after it, or undefined for an unknown key */
  markSeen(sql: Sql, source: InboxSource, key: string, bit: number): Promise<number | undefined>;
  /** Rows of a lane that wait, oldest id first. */
  waiting(sql: Sql, lane: LaneId, limit: number): Promise<InboxRow[]>;
  /** Lanes in which something waits; rows without a lane are nobody's. For the start: reads all that waits. */
  waitingLanes(sql: Sql): Promise<LaneId[]>;
  /** Marks routed and forgets the payload. */
  markRouted(sql: Sql, id: number): Promise<void>;
  park(sql: Sql, id: number, error: string): Promise<void>;
  /** Gives a waiting row a later place in the order. */
  renumber(sql: Sql, id: number, newId: number): Promise<void>;
  /** Forgets routed rows received before this time, the oldest 1,000 or so. @returns how many: again until 0 */
  prune(sql: Sql, beforeMs: number): Promise<number>;
  /** Largest id ever given, 0 for none; also where its row is gone. */
  maxId(sql: Sql): Promise<number>;
}

export type OutboxState = 'pending' | 'sending' | 'parked';

export type OutboxRow = {
  readonly id: number;
  readonly lane: LaneId;
  /** Idempotency key: the same effect is never stored twice while it is open. Finished keys are not remembered. */
  readonly key: string;
  /** The effect as JSON (core/events Effect). */
  readonly payload: string;
  /** `sending`: may have reached the other side; after a crash it is looked up. A done row is deleted. */
  readonly state: OutboxState;
  readonly attempts: number;
  readonly createdAtMs: number;
  /** What the executor noted before the wire, as JSON (the parts a line was split into, …). */
  readonly detail: string | null;
  readonly error: string | null;
};

export type LaneBacklog = {
  readonly lane: LaneId;
  readonly pending: number;
  readonly sending: number;
  /** Of the inbox as well. */
  readonly parked: number;
  readonly oldestAtMs: number | null;
};

export interface OutboxStore {
  /**
   * Stores rows unless their key is known. @returns those that were new, in order. A key is known until `finish`
   * deletes its row; that the same event is not routed a second time after that is the inbox's to see, which
   * remembers the keys of events for ever (until pruned).
   */
  insert(sql: Sql, rows: readonly OutboxRow[]): Promise<OutboxRow[]>;
  /** Rows `pending` or `sending` with id > afterId, oldest first. */
  open(sql: Sql, lane: LaneId, afterId: number, limit: number): Promise<OutboxRow[]>;
  openLanes(sql: Sql): Promise<LaneId[]>;
  /** Effects of this kind that wait. Looks through all that waits: for starts, not for lines. */
  openOf(sql: Sql, op: Effect['op']): Promise<string[]>;
  markSending(sql: Sql, ids: readonly number[], details: ReadonlyMap<number, string>): Promise<void>;
  /** Back to `pending` after a lookup showed that it never arrived. */
  markPending(sql: Sql, ids: readonly number[]): Promise<void>;
  /** Deletes rows whose effect is confirmed. */
  finish(sql: Sql, ids: readonly number[]): Promise<void>;
  park(sql: Sql, id: number, error: string): Promise<void>;
  backlog(sql: Sql): Promise<LaneBacklog[]>;
  maxId(sql: Sql): Promise<number>;
}

/** Message of a network ↔ event of a room. */
export type LinkRow = {
  readonly network: NetworkId;
  readonly messageKey: MessageKey;
  readonly room: string;
  readonly eventId: string;
  readonly direction: 'to-matrix' | 'to-network';
  readonly createdAtMs: number;
  /** Matrix user who said it: a ghost of ours, or the person. Null for links of before this was noted. */
  readonly sender: string | null;
  /** Their name on the network, where they are of the network. */
  readonly nick: string | null;
  /** First event of the thread that it is in. */
  readonly thread: string | null;
  /** Deleted, here or there: nothing is to be done about it any more. */
  readonly gone: boolean;
};

/** With what is to be remembered of who said it: JSON (core/identity/provenance Provenance). */
export type NewLink = LinkRow & { readonly provenance?: string };

export interface LinkStore {
  /** A link that is there already stays as it is. */
  insert(sql: Sql, rows: readonly NewLink[]): Promise<void>;
  /** Of these keys, those of messages that we ourselves put on the network. */
  sentByUs(sql: Sql, network: NetworkId, keys: readonly MessageKey[]): Promise<ReadonlySet<MessageKey>>;
  byEvent(sql: Sql, room: string, eventId: string): Promise<LinkRow[]>;
  byKey(sql: Sql, network: NetworkId, key: MessageKey): Promise<LinkRow[]>;
  /** Keys of a room's links made since then that are not gone, the newest 1,000. */
  since(sql: Sql, network: NetworkId, room: string, sinceMs: number): Promise<MessageKey[]>;
  /** What was stored of who said what became this event; undefined for what did not come over the bridge. */
  provenance(sql: Sql, room: string, eventId: string): Promise<string | undefined>;
  /** All messages that an event became, and all links of theirs to it. */
  markGone(sql: Sql, room: string, eventId: string): Promise<void>;
  /** Forgets links made before this time, the oldest 1,000 or so. @returns how many: again until 0 */
  prune(sql: Sql, beforeMs: number): Promise<number>;
  /** Another room took this one's place: what was said in it belongs there. */
  moveRoom(sql: Sql, from: string, to: string): Promise<void>;
}

/** Small named values: the sync token, a channel's resume point, a room's anchor. Values are JSON. */
export interface CursorStore {
  get(sql: Sql, name: string): Promise<string | undefined>;
  set(sql: Sql, name: string, value: string): Promise<void>;
  /** All whose name starts with the prefix. Reads the whole table: for starts, not for lines. */
  list(sql: Sql, prefix: string): Promise<ReadonlyMap<string, string>>;
  delete(sql: Sql, name: string): Promise<void>;
}

export type PortalRow = {
  readonly id: PortalId;
  readonly network: NetworkId;
  readonly channel: string;
  readonly roomId: string;
  readonly lastToMatrixMs: number | null;
  readonly lastToNetworkMs: number | null;
};

export interface PortalStore {
  all(sql: Sql): Promise<PortalRow[]>;
  put(sql: Sql, row: PortalRow): Promise<void>;
  touch(sql: Sql, id: PortalId, direction: 'to-matrix' | 'to-network', atMs: number): Promise<void>;
  delete(sql: Sql, id: PortalId): Promise<void>;
}

export type GhostRow = {
  readonly userId: string;
  readonly network: NetworkId;
  readonly displayName: string | null;
  readonly registered: boolean;
  readonly silenced: boolean;
};

export type GhostRoomRow = { readonly userId: string; readonly roomId: string; readonly lastSpokeMs: number };

export interface GhostStore {
  get(sql: Sql, userId: string): Promise<GhostRow | undefined>;
  put(sql: Sql, row: GhostRow): Promise<void>;
  /** Ghosts joined to a room. */
  joined(sql: Sql, roomId: string): Promise<GhostRoomRow[]>;
  join(sql: Sql, userId: string, roomId: string, atMs: number): Promise<void>;
  leave(sql: Sql, userId: string, roomId: string): Promise<void>;
  spoke(sql: Sql, userId: string, roomId: string, atMs: number): Promise<void>;
}

/** How one Matrix user last stood on one network; kept so that history of before a restart is recognised as ours. */
export type PuppetRow = {
  readonly network: NetworkId;
  readonly userId: string;
  readonly nick: string;
  readonly account: string | null;
  /** `nick!user@host` as others saw it, where known. */
  readonly prefix: string | null;
  readonly lastUsedMs: number;
};

export interface PuppetStore {
  all(sql: Sql, network: NetworkId): Promise<PuppetRow[]>;
  put(sql: Sql, row: PuppetRow): Promise<void>;
}

export type MemberRow = {
  readonly roomId: string;
  readonly userId: string;
  readonly membership: string;
  readonly displayName: string | null;
};

/** Our own view of who is in which room: Dendrite's transactions carry no `prev_content`. */
export interface MemberStore {
  get(sql: Sql, roomId: string, userId: string): Promise<MemberRow | undefined>;
  /** @returns the row that it replaced */
  put(sql: Sql, row: MemberRow): Promise<MemberRow | undefined>;
  inRoom(sql: Sql, roomId: string): Promise<MemberRow[]>;
}

export type Stores = {
  readonly inbox: InboxStore;
  readonly outbox: OutboxStore;
  readonly link: LinkStore;
  readonly cursor: CursorStore;
  readonly portal: PortalStore;
  readonly ghost: GhostStore;
  readonly puppet: PuppetStore;
  readonly member: MemberStore;
  readonly authority: AuthorityStore;
  readonly identityLink: IdentityLinkStore;
  readonly scim: ScimRowStore;
  readonly heldPlan: HeldPlanStore;
  readonly page: PageStore;
  readonly visitor: VisitorStore;
  readonly direct: DirectStore;
  readonly policy: PolicyStore;
};
