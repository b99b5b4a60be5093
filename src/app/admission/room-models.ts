import { ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import { type ActualRoom, applyEvent, readRoom } from '../../core/room/actual-room.ts';
import { saysTheSame, tidings } from '../../core/room/tidings.ts';
import type { Kit } from '../kit.ts';

const REMEMBERED = 20_000;

/** A room, and when each piece of its state was said. */
type Model = { readonly room: ActualRoom; readonly times: Map<string, number> };

/** What we are about to do, and whether its event has come before the answer. */
type UnderWay = { readonly event: MatrixEvent; isSeen: boolean };

/** A room that is being read, with what was told of it since that began. */
type Reading = { readonly room: Promise<Result<ActualRoom>>; readonly meanwhile: MatrixEvent[] };

/**
 * What an event was. `known`: it came by the other way before. `unsure`: it does not go with what is known of the room, so that this is
 * read again when it is next asked for.
 */
export type Seen = 'known' | 'same' | 'news' | 'unsure';

/**
 * How rooms stand, as far as we were told. A reading may be ahead of the events that come by themselves, and behind what we did a moment
 * ago; events may come late. So nothing older is put over what is newer: where the two do not go together, the room is read again.
 */
export class RoomModels {
  readonly #kit: Pick<Kit, 'homeserver'>;
  readonly #models = new Map<string, Model>();
  /** Known, and to be read again before anything is planned from it. */
  readonly #stale = new Set<string>();
  readonly #told = new Set<string>();
  readonly #readings = new Map<string, Reading>();
  readonly #underWay = new Set<UnderWay>();

  constructor(kit: Pick<Kit, 'homeserver'>) {
    this.#kit = kit;
  }

  /** As far as was heard; undefined before it was read. */
  known(roomId: string): ActualRoom | undefined {
    return this.#models.get(roomId)?.room;
  }

  /** How the room stands; read once, then kept by what is told of it. */
  async actual(roomId: string): Promise<Result<ActualRoom>> {
    const known = this.#models.get(roomId);
    if (known !== undefined && !this.#stale.has(roomId)) return ok(known.room);
    // Of two readings at the same time the older could end last, and undo what was told meanwhile.
    const running = this.#readings.get(roomId);
    if (running !== undefined) return running.room;
    const meanwhile: MatrixEvent[] = [];
    const room = this.#read(roomId, meanwhile);
    this.#readings.set(roomId, { room, meanwhile });
    return room;
  }

  async #read(roomId: string, meanwhile: readonly MatrixEvent[]): Promise<Result<ActualRoom>> {
    const state = await this.#kit.homeserver.state(roomId);
    // Forgotten meanwhile, it is to be read again: it may have been read before whatever was missed.
    const isKnown = this.#readings.get(roomId)?.meanwhile === meanwhile;
    if (isKnown) this.#readings.delete(roomId);
    if (!state.ok) return state;
    const model: Model = { room: readRoom(roomId, state.value), times: new Map() };
    for (const event of state.value) note(model, event);
    const goesTogether = meanwhile.map((event) => this.#takes(model, event)).every(Boolean);
    if (!isKnown) return ok(model.room);
    this.#models.set(roomId, model);
    if (goesTogether) this.#stale.delete(roomId);
    else this.#stale.add(roomId);
    return ok(model.room);
  }

  /** We are about to do this: its event may come before the answer. @returns to be called once it was answered, or was not */
  begins(event: MatrixEvent): () => void {
    const one: UnderWay = { event, isSeen: false };
    this.#underWay.add(one);
    return () => this.#underWay.delete(one);
  }

  #underWayAs(event: MatrixEvent): UnderWay | undefined {
    return [...this.#underWay].find((one) => one.event.room_id === event.room_id && saysTheSame(one.event, event));
  }

  /** What we did ourselves, before its event comes back. */
  did(event: MatrixEvent): void {
    // What came behind its event is newer than it.
    if (this.#underWayAs(event)?.isSeen === true) return;
    this.#readings.get(event.room_id)?.meanwhile.push(event);
    const model = this.#models.get(event.room_id);
    if (model !== undefined) this.#takes(model, event);
  }

  /** An event that decides nothing here: taken as it comes. */
  follow(event: MatrixEvent): void {
    const room = this.known(event.room_id);
    if (room !== undefined) applyEvent(room, event);
  }

  /** An event of a room, by whichever way. */
  seen(event: MatrixEvent): Seen {
    if (this.#told.has(event.event_id)) return 'known';
    if (this.#told.size >= REMEMBERED) this.#told.clear();
    this.#told.add(event.event_id);
    this.#readings.get(event.room_id)?.meanwhile.push(event);
    const model = this.#models.get(event.room_id);
    if (model === undefined) return 'news';
    const how = tidings(model.room, model.times.get(placeOf(event)), event);
    if (this.#takes(model, event)) return how === 'same' || how === 'nothing' ? 'same' : 'news';
    this.forget(event.room_id);
    return 'unsure';
  }

  /** Events may have been missed: rooms are read again when they are next looked at, and meant as they were until then. */
  forget(roomId?: string): void {
    const gone = roomId === undefined ? [...this.#models.keys(), ...this.#readings.keys()] : [roomId];
    for (const each of gone) {
      this.#stale.add(each);
      this.#readings.delete(each);
    }
  }

  /** @returns false where the event does not go with what is known */
  #takes(model: Model, event: MatrixEvent): boolean {
    const how = tidings(model.room, model.times.get(placeOf(event)), event);
    // Of what we do we are told at once: an event of ours that says something else was overtaken, or is not what we believe.
    const isEcho = event.sender === this.#kit.homeserver.botId && event.event_id !== '';
    if (how === 'late' && event.event_id !== '') return false;
    const underWay = isEcho ? this.#underWayAs(event) : undefined;
    if (how === 'news' && isEcho && underWay === undefined) return false;
    if (underWay !== undefined) underWay.isSeen = true;
    applyEvent(model.room, event);
    note(model, event);
    return true;
  }
}

const placeOf = ({ type, state_key }: MatrixEvent): string => `${type} ${state_key ?? ''}`;

function note({ times }: Model, event: MatrixEvent): void {
  if (event.state_key !== undefined) times.set(placeOf(event), event.origin_server_ts);
}
