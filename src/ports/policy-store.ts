import type { ShutOut } from '../core/policy/plan-shut-outs.ts';
import type { Sql } from './db.ts';

/** One state event of a policy list: where a rule stands, or stood. */
export type PolicyRow = {
  /** Id of the list's room. */
  readonly room: string;
  /** Names type and state key. */
  readonly slot: string;
  readonly type: string;
  readonly eventId: string;
  /** By the server that sent it. */
  readonly sentAtMs: number;
  /** JSON of the content, as far as it is of concern. */
  readonly content: string;
};

export interface PolicyStore {
  /** All of all lists. For starts. */
  all(sql: Sql): Promise<PolicyRow[]>;
  /** Each replaces what stood in its slot. */
  put(sql: Sql, rows: readonly PolicyRow[]): Promise<void>;
  delete(sql: Sql, room: string, slots: readonly string[]): Promise<void>;
  /** The list is followed no more. */
  forget(sql: Sql, room: string): Promise<void>;
  /** What was done because of lists, and is to be undone with them. */
  shutOuts(sql: Sql): Promise<ShutOut[]>;
  putShutOut(sql: Sql, shutOut: ShutOut): Promise<void>;
  deleteShutOut(sql: Sql, shutOut: Pick<ShutOut, 'portal' | 'ghost'>): Promise<void>;
}
