import type { Sql } from './db.ts';

/** What the authority last said of one subject; 10,000 of them are read at a start, and one change writes one row. */
export type AuthorityMemberRow = {
  /** Subject key (core/authority/member). */
  readonly subject: string;
  /** What is known of the subject, as the app's own JSON; null: that there is no such subject. */
  readonly json: string | null;
  readonly revision: number;
  /** When it said so. When it last said anything at all is a cursor. */
  readonly asOfMs: number;
};

export interface AuthorityStore {
  /** Everybody. For the start. */
  members(sql: Sql): Promise<AuthorityMemberRow[]>;
  /** Each row as it is given: that older never undoes newer is the directory's to see. A subject occurs once. */
  put(sql: Sql, rows: readonly AuthorityMemberRow[]): Promise<void>;
  /** Forgets everybody: before a whole snapshot is put, or where another authority is asked from now on. */
  clear(sql: Sql): Promise<void>;
}

/** A handle that its owner has proven to hold. */
export type IdentityLinkRow = {
  /** `handleKey` of core/authority/member. */
  readonly handle: string;
  /** `subjectKey`. */
  readonly subject: string;
  readonly provenAtMs: number;
  /** In words for people: `code sent to the account`, … */
  readonly how: string;
};

export interface IdentityLinkStore {
  all(sql: Sql): Promise<IdentityLinkRow[]>;
  /** One handle has one subject. @returns the link that it replaced */
  put(sql: Sql, row: IdentityLinkRow): Promise<IdentityLinkRow | undefined>;
  delete(sql: Sql, handle: string): Promise<void>;
}

/** Documents by key: what a directory wrote to us over SCIM. */
export type ScimRow = { readonly key: string; readonly json: string };

export interface ScimRowStore {
  all(sql: Sql): Promise<ScimRow[]>;
  put(sql: Sql, rows: readonly ScimRow[]): Promise<void>;
  delete(sql: Sql, keys: readonly string[]): Promise<void>;
}

/** A plan that waits for somebody to confirm its hash. */
export type HeldPlanRow = {
  readonly hash: string;
  readonly resource: string;
  /** What it would do, for people. */
  readonly text: string;
  readonly createdAtMs: number;
};

export interface HeldPlanStore {
  /** Oldest first. */
  all(sql: Sql): Promise<HeldPlanRow[]>;
  /** One resource has one held plan: the newer replaces the older. The same plan again keeps its time. */
  put(sql: Sql, row: HeldPlanRow): Promise<void>;
  delete(sql: Sql, hash: string): Promise<void>;
}

/** Somebody of another shard who was let in. One agreement has one visit of an account: the newer replaces the older. */
export type VisitRow = {
  readonly agreement: string;
  readonly userId: string;
  /** The visit, as the app's own JSON. */
  readonly json: string;
  /** When it ends or ended. */
  readonly overMs: number;
};

export interface VisitorStore {
  /** Those that are over too, until they are pruned: that somebody was a visitor is what they are put out for. */
  visits(sql: Sql): Promise<VisitRow[]>;
  put(sql: Sql, rows: readonly VisitRow[]): Promise<void>;
  /** Forgets those that were over before. */
  prune(sql: Sql, beforeMs: number): Promise<void>;
  /**
   * Uses an assertion up. Whatever is over by now is forgotten, since it counts for nothing any more.
   * @param most assertions of one agreement that are remembered at the same time
   */
  use(
    sql: Sql,
    assertion: { readonly agreement: string; readonly issuer: string; readonly jti: string; readonly untilMs: number },
    nowMs: number,
    most: number,
  ): Promise<'first' | 'used' | 'too-many'>;
}
