import type { MatrixEvent } from '../../core/events.ts';
import type { ManagedRooms } from './managed-rooms.ts';

/** State of a kept room that people can change against the authority, and how that is called. */
const KEPT: ReadonlyMap<string, string> = new Map([
  ['m.room.power_levels', 'changed who may do what.'],
  ['m.room.join_rules', 'changed how one comes in.'],
  ['m.room.server_acl', 'changed which servers may take part.'],
  ['m.room.guest_access', 'changed whether guests may come in.'],
  ['m.room.history_visibility', 'changed who may read the past.'],
  ['m.room.canonical_alias', 'changed the main address.'],
  ['m.space.child', 'changed what stands in the Space.'],
  ['m.space.parent', 'changed the Space that the room belongs to.'],
  ['m.room.encryption', 'turned encryption on.'],
  ['m.room.tombstone', 'replaced the room.'],
]);

/** How causes begin that {@link Drift} names. */
const DRIFT = 'drift ';
const ENTRY = 'entry ';
/** Why a room is looked at after an event of our own. */
const ECHO = 'echo';

/** Whether an event of a kept room may call for putting something right. */
const isAboutKeeping = (event: MatrixEvent): boolean =>
  event.state_key !== undefined && (event.type === 'm.room.member' || KEPT.has(event.type));

/** What has to be looked at; for these Matrix ids alone, where it concerns nobody else. */
export type Drifted = {
  readonly resources: readonly string[];
  readonly cause: string;
  readonly userIds?: readonly string[];
};

/** Sees what happens to kept rooms by other hands than ours. */
export class Drift {
  readonly #rooms: ManagedRooms;
  readonly #botId: string;
  readonly #isOurs: (userId: string) => boolean;

  constructor(rooms: ManagedRooms, botId: string, isOurs: (userId: string) => boolean) {
    this.#rooms = rooms;
    this.#botId = botId;
    this.#isOurs = isOurs;
  }

  /** @returns what has to be looked at because of an event; undefined for what concerns nothing that we keep */
  of(event: MatrixEvent): Drifted | undefined {
    if (!isAboutKeeping(event)) return undefined;
    const resource = this.#rooms.resourceOf(event.room_id);
    const isMember = event.type === 'm.room.member';
    if (isMember && event.state_key !== this.#botId && this.#isOurs(event.state_key ?? '')) {
      this.#rooms.follow(event);
      return undefined;
    }
    // What the bot does is no drift; that it is gone is, even in its own name: so an admin of the homeserver takes it out.
    const isOwn = event.sender === this.#botId && !(isMember && event.state_key === this.#botId);
    const seen = resource === undefined ? 'known' : this.#rooms.seen(event);
    // An event of ours that does not say what we know of the room: one of the two is not how it stands.
    const isOdd = isOwn && seen === 'unsure';
    if (resource === undefined || seen === 'known' || (isOwn && !isOdd)) return undefined;
    // Who leaves a Space leaves what stands in it.
    const below = isMember ? this.#rooms.below(resource) : [];
    const cause = isOdd ? ECHO : `${isEntry(event) ? ENTRY : DRIFT}${driftOf(event)}`;
    const isOneOfMany = isMember && event.state_key !== this.#botId;
    return { resources: [resource, ...below], cause, ...(isOneOfMany ? { userIds: [event.state_key ?? ''] } : {}) };
  }
}

/** Somebody came in by themselves: against the authority only if they have to go again. */
const isEntry = ({ type, state_key, sender, content }: MatrixEvent): boolean =>
  type === 'm.room.member' && state_key === sender && content.membership === 'join';

/** What was done against the authority, where a look because of this takes something back; undefined where nothing was. */
export function againstAuthority(cause: string, takesOut: boolean): string | undefined {
  if (cause.startsWith(DRIFT)) return cause.slice(DRIFT.length);
  return cause.startsWith(ENTRY) && takesOut ? cause.slice(ENTRY.length) : undefined;
}

/** What somebody did to a kept room, as a sentence. */
function driftOf(event: MatrixEvent): string {
  if (event.type !== 'm.room.member') return `${event.sender} ${KEPT.get(event.type) ?? 'changed the room.'}`;
  const { membership } = event.content;
  const who = event.state_key ?? '';
  if (who === event.sender) return membership === 'join' ? `${who} came in.` : `${who} left.`;
  return `${event.sender} ${BY_OTHERS.get(membership) ?? 'changed the membership of'} ${who}.`;
}

const BY_OTHERS: ReadonlyMap<unknown, string> = new Map([
  ['invite', 'invited'],
  ['leave', 'removed'],
  ['ban', 'banned'],
]);
