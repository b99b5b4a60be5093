import type { BridgeError } from '../../core/errors.ts';
import type { OutboxRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';

const STUCK_TRIES = 10;
const STUCK_MS = 120_000;
/** What a homeserver, or a proxy before it that looks into requests, may say of one and of no other. */
const OF_ONE_ROW: ReadonlySet<string> = new Set(['matrix.server-error', 'matrix.not-matrix']);

/** Sees when one row alone keeps a lane from going on: a lane must not wait for what will never work. */
export class Stuck {
  readonly #kit: Kit;
  #rowId = 0;
  #tries = 0;
  #sinceMs = 0;

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  isHopeless(row: OutboxRow, error: BridgeError): boolean {
    const nowMs = this.#kit.clock.nowMs();
    if (!OF_ONE_ROW.has(error.code) || this.#rowId !== row.id) {
      this.#rowId = row.id;
      this.#tries = 0;
      this.#sinceMs = nowMs;
    }
    this.#tries++;
    return this.#tries >= STUCK_TRIES && nowMs - this.#sinceMs >= STUCK_MS;
  }
  /** @returns the error, final where the homeserver fails at this one question again and again, and answers another about that room */
  async ofQuestion(row: OutboxRow, room: string, error: BridgeError): Promise<BridgeError> {
    if (!this.isHopeless(row, error)) return error;
    const other = await this.#kit.homeserver.stateContent(room, 'm.room.create', '');
    return other.ok ? { ...error, retry: 'never' } : error;
  }
}
