import type { PageContent } from '../core/share-page.ts';
import type { Sql } from './db.ts';

/** Why a page is not shown any more: its message was deleted, it is too old, or its sender took it back. */
export type PageGone = 'deleted' | 'expired' | 'withdrawn';

/** Something of an event that whoever knows its id may read. */
export type PageRow = {
  readonly id: string;
  readonly roomId: string;
  readonly eventId: string;
  readonly rootId: string;
  readonly userId: string;
  /** Absent once it is gone. */
  readonly content?: PageContent;
  readonly createdAtMs: number;
  readonly gone?: PageGone;
};

/** A message was deleted. @param by set: the deletion counts only for what this person said */
export type DeletedEvent = { readonly room: string; readonly eventId: string; readonly by?: string | undefined };

export interface PageStore {
  /** Stores a new page. Of a message whose deletion is known already, only that it is gone. */
  insert(sql: Sql, row: PageRow): Promise<void>;
  get(sql: Sql, id: string): Promise<PageRow | undefined>;
  /** A message was deleted: its pages and those of its versions are gone, also where they come later. */
  eventDeleted(sql: Sql, deleted: DeletedEvent, atMs: number): Promise<void>;
  /** Another room took this one's place: pages stay where they are, under its link. */
  moveRoom(sql: Sql, from: string, to: string): Promise<void>;
  /** Everything of this person is gone. @returns how many pages it was */
  withdrawOf(sql: Sql, userId: string): Promise<number>;
  /** Pages made before this time are gone, the oldest 1,000 or so. @returns how many: again until 0 */
  expire(sql: Sql, beforeMs: number): Promise<number>;
  /** Forgets that there ever were such pages and deletions, the oldest 1,000 or so of each. @returns how many: again until 0 */
  prune(sql: Sql, beforeMs: number): Promise<number>;
}
