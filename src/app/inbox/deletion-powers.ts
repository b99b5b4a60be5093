import { fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { type Content, readRoom } from '../../core/room/actual-room.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { within } from '../timing/background.ts';

const REDACTION = 'm.room.redaction';
const LEVELS = 'm.room.power_levels';
/** What comes behind a deletion waits so long at most for the homeserver to say what whoever deletes may. */
const PATIENCE_MS = 3_000;
const MAX_ROOMS = 1_000;

export type DeletionPowersParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly isOurs: (userId: string) => boolean;
};

/** Who made a room, and whether that alone gives them all power. */
type Creators = { readonly ids: ReadonlySet<string>; readonly areAbove: boolean };

/**
 * Tells deletions by people who may delete what others said from everybody else's. Anybody in a room can make such an event, here or on another
 * homeserver, and homeservers carry out only those that count (room version 3, "Handling redactions"). Dendrite passes on no others; should one
 * come all the same, it deletes nothing of others on a network either.
 */
export class DeletionPowers {
  readonly #parts: DeletionPowersParts;
  readonly #creators = new Map<string, Creators>();

  constructor(parts: DeletionPowersParts) {
    this.#parts = parts;
  }

  /** @returns the same events; deletions that mean nothing but what their senders said themselves say so */
  async marked(events: readonly MatrixEvent[]): Promise<readonly MatrixEvent[]> {
    const asked = new Map<string, Promise<boolean>>();
    const answers = events.map((event) => {
      if (!this.#isDeletion(event)) return true;
      const key = `${event.room_id} ${event.sender}`;
      const answer = asked.get(key) ?? this.#reachesAll(event);
      asked.set(key, answer);
      return answer;
    });
    if (asked.size === 0) return events;
    const reachAll = await Promise.all(answers);
    return events.map((event, at) => (reachAll[at] === true ? event : { ...event, onlyOwn: true }));
  }

  #isDeletion({ type, sender, room_id }: MatrixEvent): boolean {
    const { portals, isOurs } = this.#parts;
    return type === REDACTION && !isOurs(sender) && portals.anyByRoom(room_id) !== undefined;
  }

  /** While nobody can say it, a deletion counts: what its author wants to be gone must not stay for a homeserver's sake. */
  async #reachesAll({ room_id, sender }: MatrixEvent): Promise<boolean> {
    const answer = this.#mayDelete(room_id, sender).then((may) => (may.ok ? may.value : may.error.retry !== 'never'));
    return (await within(this.#parts.kit, PATIENCE_MS, answer)) !== false;
  }

  async #mayDelete(room: string, userId: string): Promise<Result<boolean>> {
    const levels = await this.#parts.kit.homeserver.stateContent(room, LEVELS, '');
    if (!levels.ok) return levels;
    if (levels.value !== undefined && hasLevel(room, levels.value, userId)) return ok(true);
    const creators = await this.#creatorsOf(room);
    if (!creators.ok) return creators;
    const { ids, areAbove } = creators.value;
    return ok(ids.has(userId) && (areAbove || levels.value === undefined));
  }

  /** They never change. Reads the whole state of a room, once. */
  async #creatorsOf(room: string): Promise<Result<Creators>> {
    const known = this.#creators.get(room);
    if (known !== undefined) return ok(known);
    const state = await this.#parts.kit.homeserver.state(room);
    if (!state.ok) return fail(state.error);
    const { creators: ids, creatorsAreAbove: areAbove } = readRoom(room, state.value);
    if (this.#creators.size >= MAX_ROOMS) this.#creators.clear();
    this.#creators.set(room, { ids, areAbove });
    return ok({ ids, areAbove });
  }
}

function hasLevel(room: string, content: Content, userId: string): boolean {
  const event = { event_id: '', room_id: room, sender: '', type: LEVELS, state_key: '', content, origin_server_ts: 0 };
  const levels = readRoom(room, [event]);
  return levels.powerOf(userId) >= levels.threshold('redact');
}
