import type { MatrixEvent } from '../../core/events.ts';
import { standsAs } from '../../core/room/tidings.ts';
import type { Kit } from '../kit.ts';
import type { ManagedRooms } from './managed-rooms.ts';

/**
 * So long after the last write into a room what was written is read: a homeserver may answer what was before, for a moment, and whoever is put out of
 * fifty rooms is out of the last of them before the first is read.
 */
const CALM_MS = 10_000;
/** So long until something that is left to do is tried again. */
const UNDONE_MS = 3_000;
/** A homeserver that does otherwise than it says is asked no oftener than this in the end. */
const LONGEST_MS = 300_000;
/** After so long without a write what was odd is forgotten. */
const FORGIVEN_MS = 600_000;
/** More pieces of state than this are not read one by one. */
const FEW = 10;

export type SecondLooksParts = {
  readonly kit: Pick<Kit, 'homeserver' | 'clock' | 'log'>;
  readonly rooms: Pick<ManagedRooms, 'model' | 'forget' | 'resourceOf'>;
  /** Has a room looked at, for everybody. */
  readonly look: (resource: string, cause: string) => void;
};

type Write = Pick<MatrixEvent, 'type' | 'state_key'>;
type Waiting = { readonly writes: Map<string, Write>; isUndone: boolean; cancel: () => void };
type Odd = { readonly times: number; readonly atMs: number };

/**
 * What we wrote into a room is read back once the room is calm: that a homeserver answered 200 does not say that its state is as we
 * believe. Where it is not, or where something is left to do, the room is read and looked at again. Not on disk: a start looks at every room.
 */
export class SecondLooks {
  readonly #parts: SecondLooksParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #odd = new Map<string, Odd>();

  constructor(parts: SecondLooksParts) {
    this.#parts = parts;
  }

  /** This was written. */
  wrote({ room_id, type, state_key }: MatrixEvent): void {
    this.#wait(room_id).writes.set(`${type} ${state_key}`, { type, state_key: state_key ?? '' });
  }

  /** Something is left to do: refused in a way that does not pass by trying again at once, or not given as it cannot be recorded. */
  undone(roomId: string): void {
    this.#wait(roomId, true);
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #wait(roomId: string, isUndone = false): Waiting {
    const { clock, log } = this.#parts.kit;
    const before = this.#waiting.get(roomId);
    before?.cancel();
    const waiting: Waiting = before ?? { writes: new Map(), isUndone: false, cancel: () => {} };
    waiting.isUndone ||= isUndone;
    waiting.cancel = clock.after(this.#delayMs(roomId, waiting.isUndone ? UNDONE_MS : CALM_MS), () => {
      this.#waiting.delete(roomId);
      this.#look(roomId, waiting).catch((error: unknown) =>
        log.warn('what was written was not read back', { room: roomId, error: String(error) }),
      );
    });
    this.#waiting.set(roomId, waiting);
    return waiting;
  }

  #delayMs(roomId: string, firstMs: number): number {
    const odd = this.#odd.get(roomId);
    const isForgiven = odd === undefined || this.#parts.kit.clock.nowMs() - odd.atMs > FORGIVEN_MS;
    if (isForgiven) this.#odd.delete(roomId);
    return isForgiven ? firstMs : Math.min(LONGEST_MS, firstMs * 2 ** Math.min(odd.times, 10));
  }

  async #look(roomId: string, { writes, isUndone }: Waiting): Promise<void> {
    const { rooms, kit, look } = this.#parts;
    const isMany = writes.size > FEW;
    const odd = isMany || isUndone ? undefined : await this.#firstOdd(roomId, [...writes.values()]);
    if (!isMany && !isUndone && odd === undefined) {
      this.#odd.delete(roomId);
      return;
    }
    const resource = rooms.resourceOf(roomId);
    if (resource === undefined) return;
    if (odd !== undefined)
      kit.log.warn('a room does not stand as the homeserver said when it was written; it is looked at again', {
        resource,
        state: odd,
      });
    this.#odd.set(roomId, { times: (this.#odd.get(roomId)?.times ?? 0) + 1, atMs: kit.clock.nowMs() });
    rooms.forget(roomId);
    look(resource, 'read-back');
  }

  /** @returns the type of a piece of state that is not as we believe; undefined where all are, or cannot be read at all */
  async #firstOdd(roomId: string, writes: readonly Write[]): Promise<string | undefined> {
    const { rooms, kit } = this.#parts;
    for (const { type, state_key } of writes) {
      const key = state_key ?? '';
      const read = await kit.homeserver.stateContent(roomId, type, key);
      const room = rooms.model(roomId);
      if (room === undefined) return type;
      // Whoever cannot read a room is told so by the next look, and what is away is read back when it is there.
      if (!read.ok && read.error.retry === 'never') return undefined;
      if (!read.ok) this.#wait(roomId).writes.set(`${type} ${key}`, { type, state_key: key });
      else if (!standsAs(room, type, key, read.value)) return type;
    }
    return undefined;
  }
}
