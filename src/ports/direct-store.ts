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

export interface DirectStore {
  all(sql: Sql): Promise<DirectRow[]>;
  put(sql: Sql, row: DirectRow): Promise<void>;
}
