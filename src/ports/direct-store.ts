import type { Direct } from '../core/direct.ts';
import type { NetworkId, PortalId } from '../core/ids.ts';
import type { Sql } from './db.ts';

/** A private conversation and its room. */
export type DirectRow = Direct & {
  readonly id: PortalId;
  readonly network: NetworkId;
  /** Null until it is made. */
  readonly roomId: string | null;
};

/** Each write changes what it is about and nothing else: several may share a commit, each made from what was known before it. */
export interface DirectStore {
  all(sql: Sql): Promise<DirectRow[]>;
  /** A conversation that is new begins, without a room; of one that is known, how the other was last seen is replaced. */
  meet(sql: Sql, met: Pick<DirectRow, 'id' | 'network' | 'userId' | 'peer'>): Promise<void>;
  setBlocked(sql: Sql, id: PortalId, blocked: boolean): Promise<void>;
  /** @returns the room that it has now: a room that it had before stays */
  setRoom(sql: Sql, id: PortalId, roomId: string): Promise<string>;
  /** Its room is this one now, whatever it had before. */
  moveRoom(sql: Sql, id: PortalId, roomId: string): Promise<void>;
}
