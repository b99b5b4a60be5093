import { type InRoom, inPlace } from '../../core/convert/in-room.ts';
import { MARKER, markerOf } from '../../core/convert/marker.ts';
import { messageContent, spokenFor } from '../../core/convert/message-content.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Effect, KickFromMatrix, NoticeToMatrix, SendToMatrix, TopicToMatrix } from '../../core/events.ts';
import { successorIn } from '../../core/room/successor.ts';
import { withoutNote } from '../../core/room/topic-note.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import { UNKNOWN_ROOM } from '../rooms/is-gone.ts';
import type { LostRooms } from '../rooms/lost-rooms.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { MOVING_NOW, type RoomUpgrades } from '../rooms/room-upgrades.ts';
import { ToldLately } from '../timing/told-lately.ts';
import type { MatrixRelations } from './matrix-relations.ts';
import type { NetworkFiles } from './network-files.ts';

export type MatrixEffectsParts = {
  readonly kit: Kit;
  readonly ghosts: Ghosts;
  readonly relations: MatrixRelations;
  readonly files: NetworkFiles;
  readonly upgrades: Pick<RoomUpgrades, 'placeOf'>;
  readonly lost: Pick<LostRooms, 'suspect'>;
  readonly rules: Pick<RoomRules, 'bring' | 'invite'>;
};

/** Carries out single effects on the homeserver. Each is harmless when repeated, but for the sends, which carry a marker. */
export class MatrixEffects {
  readonly #kit: Kit;
  readonly #ghosts: Ghosts;
  readonly #relations: MatrixRelations;
  readonly #files: NetworkFiles;
  readonly #rules: MatrixEffectsParts['rules'];
  readonly #upgrades: Pick<RoomUpgrades, 'placeOf'>;
  readonly #told: ToldLately;
  readonly #lost: Pick<LostRooms, 'suspect'>;

  constructor({ kit, ghosts, relations, files, upgrades, lost, rules }: MatrixEffectsParts) {
    this.#kit = kit;
    this.#told = new ToldLately(kit.clock);
    this.#ghosts = ghosts;
    this.#relations = relations;
    this.#files = files;
    this.#upgrades = upgrades;
    this.#lost = lost;
    this.#rules = rules;
  }

  /** @returns the id of the event that came of it; empty where none did */
  async run(effect: Effect, keys: readonly string[]): Promise<Result<string>> {
    if (!('room' in effect)) return this.#carryOut(effect, keys);
    const place = this.#upgrades.placeOf(effect.room);
    if (!place.ok) return place;
    const done = await this.#carryOut({ ...effect, room: place.value }, keys);
    return done.ok || done.error.retry !== 'never' ? done : this.#unlessReplaced(place.value, done.error);
  }

  /** Somebody replaced the room a moment ago, or the homeserver lost it: what it refuses goes to the new one, once that is known. */
  async #unlessReplaced(room: string, error: BridgeError): Promise<Result<string>> {
    if (error.code === UNKNOWN_ROOM) {
      const isLost = await this.#lost.suspect(room);
      if (!isLost.ok) return isLost;
      return fail(isLost.value ? MOVING_NOW : error);
    }
    const tombstone = await this.#kit.homeserver.stateContent(room, 'm.room.tombstone', '');
    const isReplaced =
      tombstone.ok && tombstone.value !== undefined && successorIn(room, tombstone.value) !== undefined;
    return fail(isReplaced ? MOVING_NOW : error);
  }

  #carryOut(effect: Effect, keys: readonly string[]): Promise<Result<string>> {
    switch (effect.op) {
      case 'matrix.message':
        return this.#message(effect, keys);
      case 'matrix.react':
        return this.#relations.react(effect, keys);
      case 'matrix.unreact':
        return this.#relations.unreact(effect, keys);
      case 'matrix.redact':
        return this.#relations.redact(effect, keys);
      case 'matrix.notice':
        return this.#notice(effect, keys);
      case 'matrix.topic':
        return this.#topic(effect);
      case 'matrix.kick':
        return this.#kick(effect);
      case 'matrix.pin':
        return this.#relations.pin(effect);
      case 'matrix.door':
        return this.#rules.bring(effect);
      case 'matrix.invite':
        return this.#rules.invite(effect);
      default:
        throw new Error(`${effect.op} is not for Matrix`);
    }
  }

  async #message(effect: SendToMatrix, keys: readonly string[]): Promise<Result<string>> {
    const isPlain = effect.replyTo === undefined && effect.edits === undefined;
    const place = isPlain ? ok(undefined) : await this.#relations.inRoom(effect);
    if (!place.ok) return place;
    if (place.value === 'gone') return ok('');
    const sent = await this.#say(effect, keys, place.value);
    if (sent.ok) this.#relations.sent(sent.value, place.value);
    return sent;
  }

  async #say(effect: SendToMatrix, keys: readonly string[], place: InRoom | undefined): Promise<Result<string>> {
    if (effect.spokenFor === true) return this.#speakFor(effect, keys, place);
    const ghost = await this.#ghosts.ensure(effect.network, effect.subject, effect.nick, effect.room);
    if (!ghost.ok) {
      if (ghost.error.retry !== 'never') return ghost;
      if (await this.#isBanned(effect)) return ok('');
      // A person whom the server refuses is spoken for, so that nobody behind them waits.
      return this.#speakFor(effect, keys, place);
    }
    const said = { ...messageContent(effect), [MARKER]: markerOf(keys, effect.provenance) };
    const file = await this.#files.contentOf(effect, ghost.value);
    if (!file.ok) return file;
    const content = inPlace({ ...said, ...file.value }, ghost.value, place);
    const sent = await this.#send(ghost.value, effect.room, keys, content, effect.timeMs);
    if (sent.ok) return sent;
    this.#ghosts.failed(ghost.value, sent.error);
    if (sent.error.retry !== 'never') return sent;
    // Kicked, or left by somebody's hand: once more with a fresh join, before it counts as refused.
    await this.#ghosts.forgetRoom(ghost.value, effect.room);
    const again = await this.#ghosts.ensure(effect.network, effect.subject, effect.nick, effect.room);
    return again.ok ? this.#send(ghost.value, effect.room, keys, content, effect.timeMs) : sent;
  }

  /** What somebody says whom the room's moderators banned is not said by anybody else for them. */
  async #isBanned({ network, subject, room }: SendToMatrix): Promise<boolean> {
    const { db, stores, metrics } = this.#kit;
    const ghost = this.#ghosts.idOf(network, subject);
    const member = await db.transaction((sql) => stores.member.get(sql, room, ghost));
    if (member?.membership !== 'ban') return false;
    metrics.denied.add({ direction: 'to-matrix', cause: 'ghost.banned' });
    return true;
  }

  /** The bot says it, with the name in the text: clients show no other name than the sender's. */
  #speakFor(effect: SendToMatrix, keys: readonly string[], place: InRoom | undefined): Promise<Result<string>> {
    const said = messageContent(spokenFor(this.#ghosts.nameOf(effect.network, effect.subject, effect.nick), effect));
    const { botId } = this.#kit.homeserver;
    const content = inPlace({ ...said, [MARKER]: markerOf(keys, effect.provenance) }, botId, place);
    return this.#send(botId, effect.room, keys, content, effect.timeMs);
  }

  async #notice(effect: NoticeToMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { homeserver, db, stores, metrics } = this.#kit;
    const { replyTo, room, to = replyTo?.userId } = effect;
    const cause = effect.cause === undefined ? undefined : `${room} ${effect.cause}`;
    if (cause !== undefined && this.#told.has(cause)) {
      metrics.notices.add({ audience: to === undefined ? 'room' : 'sender', outcome: 'suppressed' });
      return ok('');
    }
    if (effect.to !== undefined) {
      const member = await db.transaction((sql) => stores.member.get(sql, room, effect.to ?? ''));
      if (member?.membership !== 'join') return ok('');
    }
    const content = {
      msgtype: 'm.notice',
      body: effect.body,
      ...(replyTo !== undefined && { 'm.relates_to': { 'm.in_reply_to': { event_id: replyTo.eventId } } }),
      'm.mentions': to === undefined ? {} : { user_ids: [to] },
      [MARKER]: { keys },
    };
    const sent = await this.#send(homeserver.botId, room, keys, content, undefined);
    if (sent.ok && cause !== undefined) this.#told.note(cause);
    return sent;
  }

  async #topic(effect: TopicToMatrix): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const now = await homeserver.stateContent(effect.room, 'm.room.topic', '');
    if (now.ok && now.value?.topic === effect.topic) return ok('');
    if (effect.onlyWhereNone === true) {
      if (!now.ok) return now;
      const own = now.value?.topic;
      if (typeof own === 'string' && withoutNote(own) !== '') return ok('');
    }
    const content = { topic: effect.topic, [MARKER]: markerOf([], effect.provenance) };
    return homeserver.sendState(homeserver.botId, effect.room, 'm.room.topic', '', content);
  }

  async #kick(effect: KickFromMatrix): Promise<Result<string>> {
    const { homeserver } = this.#kit;
    const kicked = await homeserver.kick(homeserver.botId, effect.room, effect.userId, effect.reason);
    return kicked.ok ? ok('') : kicked;
  }

  /** The transaction id follows from what is sent: Dendrite scopes it by our one token and the room, not by ghost. */
  #send(
    as: string,
    room: string,
    keys: readonly string[],
    content: object,
    tsMs: number | undefined,
  ): Promise<Result<string>> {
    const txnId = `cw${this.#kit.digest(JSON.stringify([keys, room, as])).slice(0, 40)}`;
    return this.#kit.homeserver.send(as, room, 'm.room.message', txnId, content, tsMs);
  }
}
