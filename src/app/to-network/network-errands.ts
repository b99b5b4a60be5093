import type { Peer } from '../../core/direct.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type {
  Effect,
  InviteOnNetwork,
  PartOnNetwork,
  PinsOnNetwork,
  ReactOnNetwork,
  RedactOnNetwork,
  RemoveOnNetwork,
  RulesOnNetwork,
  TopicOnNetwork,
} from '../../core/events.ts';
import { keyOfReaction, type MessageKey, parseReactionKey } from '../../core/ids.ts';
import type { Network } from '../../ports/network.ts';
import type { LinkRow } from '../../ports/stores.ts';
import { voiceFor } from '../direct/voice-for.ts';
import { noteTopic } from '../inbox/known-topics.ts';
import type { Kit } from '../kit.ts';
import type { People } from '../people/people.ts';
import { type Portal, portalIdOf } from '../rooms/portal-table.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { carryInvitation } from './network-invitation.ts';
import { carryPins } from './network-pins.ts';
import { carryRules, NO_HAND } from './network-rules.ts';
import { powersNow } from './powers-now.ts';
import type { Targets } from './targets.ts';

/** What is done on a network beside saying lines. Each may be done twice. */
export type NetworkErrand =
  | TopicOnNetwork
  | PinsOnNetwork
  | PartOnNetwork
  | ReactOnNetwork
  | RedactOnNetwork
  | RemoveOnNetwork
  | RulesOnNetwork
  | InviteOnNetwork;

const ERRANDS: ReadonlySet<string> = new Set([
  'network.topic',
  'network.pins',
  'network.part',
  'network.react',
  'network.redact',
  'network.remove',
  'network.rules',
  'network.invite',
]);

export const isErrand = (effect: Effect): effect is NetworkErrand => ERRANDS.has(effect.op);

/** What its event is on the network, where something may be asked of it again. */
type Done = Result<readonly MessageKey[]>;

const DONE: Done = ok([]);

/** Carries out single effects on a network, between the lines of a portal. */
export class NetworkErrands {
  readonly #kit: Kit;
  readonly #people: People;
  readonly #targets: Targets;
  readonly #rules: RoomRules;

  constructor(kit: Kit, people: People, targets: Targets, rules: RoomRules) {
    this.#kit = kit;
    this.#people = people;
    this.#targets = targets;
    this.#rules = rules;
  }

  /**
   * @param portal whose row it is
   * @returns an error of `retry: 'never'` for what the network refused, any other for what waits
   */
  async run(effect: NetworkErrand, network: Network, portal: Portal | undefined): Promise<Done> {
    switch (effect.op) {
      case 'network.part':
        await network.dismiss(effect.userId, effect.channel, effect.reason);
        return DONE;
      case 'network.topic': {
        const person = await this.#people.person(effect.room, effect.userId);
        const set = await network.setTopic(person, effect.channel, effect.topic);
        if (!set.ok) return set;
        // Before the row is done: whoever comes in after a crash finds it in the channel, and does not take it for news.
        const { db, stores } = this.#kit;
        const id = portalIdOf(network.id, effect.channel);
        await db.transaction((sql) => noteTopic(stores, sql, id, effect.topic));
        return DONE;
      }
      case 'network.pins': {
        const [kit, people, targets] = [this.#kit, this.#people, this.#targets];
        const carried = await carryPins({ kit, people, targets }, effect, network);
        return carried.ok ? DONE : carried;
      }
      case 'network.react':
        return this.#react(effect, network, portal);
      case 'network.redact':
        return this.#redact(effect, network, portal);
      case 'network.remove':
        return this.#remove(effect, network);
      case 'network.rules':
        return carryRules(this.#people, this.#rules, effect, network);
      case 'network.invite':
        return carryInvitation(this.#kit, this.#people, this.#rules.walls, effect, network);
    }
  }

  /** To the first of the messages that the event became. One that the network refuses is nobody's loss, and no words about it. */
  async #react(effect: ReactOnNetwork, network: Network, portal: Portal | undefined): Promise<Done> {
    const { room, userId, channel, emoji, removed } = effect;
    const powers = powersNow(network, channel);
    if (!powers.ok) return powers;
    if (powers.value.reactions !== true) return DONE;
    const links = await this.#targets.ofEvent(network.id, room, effect.target);
    const said = links.find(({ messageKey, gone }) => !gone && parseReactionKey(messageKey) === undefined);
    if (said === undefined) return DONE;
    const voice = await voiceFor(network, await this.#people.person(room, userId), effect, portal);
    const done = voice.ok ? await voice.value.react?.({ target: said.messageKey, emoji, removed }) : voice;
    if (done === undefined) return DONE;
    if (done.ok) return ok([keyOfReaction(said.messageKey, emoji)]);
    return done.error.retry === 'never' ? DONE : done;
  }

  async #redact(effect: RedactOnNetwork, network: Network, portal: Portal | undefined): Promise<Done> {
    const all = await this.#targets.ofEvent(network.id, effect.room, effect.target);
    const links = effect.onlyOwn === true ? all.filter((link) => isBy(link, effect.userId)) : all;
    let refused: Done = DONE;
    for (const link of links) {
      const done = link.gone ? DONE : await this.#delete(link, effect, network, portal);
      if (!done.ok && done.error.retry !== 'never') return done;
      if (!done.ok) refused = done;
    }
    // Deleted here, whatever the network says: nothing that is said about it later may bring it back.
    if (links.length > 0) await this.#targets.gone(effect.room, effect.target);
    return refused;
  }

  /** What somebody of the network said goes by the power that the person has there; what one of ours said, by its author's. */
  async #delete(
    link: LinkRow,
    effect: RedactOnNetwork,
    network: Network,
    portal: Portal | undefined,
  ): Promise<Result<unknown>> {
    const { room, channel, reason } = effect;
    const powers = powersNow(network, channel);
    if (!powers.ok) return powers;
    const { reactions, deletions } = powers.value;
    const reaction = parseReactionKey(link.messageKey);
    const ours = link.direction === 'to-network';
    // In private nobody deletes what the other said.
    if (!ours && portal?.direct !== undefined) return DONE;
    if (reaction === undefined ? deletions !== true : reactions !== true || !ours) return DONE;
    const author = ours && (await this.#isThere(room, link.sender)) ? link.sender : null;
    const person = await this.#people.person(room, author ?? effect.userId);
    const voice = await voiceFor(network, person, effect, portal);
    if (!voice.ok) return portal?.direct === undefined ? voice : unreachable(voice.error, portal.direct.peer);
    if (reaction === undefined) return (await voice.value.redact?.(link.messageKey, reason, ours)) ?? DONE;
    const taken = await voice.value.react?.({ ...reaction, removed: true });
    return taken === undefined || taken.ok || taken.error.retry === 'never' ? DONE : taken;
  }

  /** By the power that the person has there: what a room's moderator may do says nothing about the channel. */
  async #remove(effect: RemoveOnNetwork, network: Network): Promise<Done> {
    const { room, userId, channel, subject, nick, how, reason } = effect;
    const voice = await network.voice(await this.#people.person(room, userId), channel);
    if (!voice.ok) return voice;
    // An account of another server is nobody's here.
    const account = subject.kind === 'account' && subject.origin === undefined ? subject.name : null;
    const removed = await voice.value.remove?.({ ...(nick === undefined ? {} : { nick }), account, how, reason });
    return removed === undefined ? fail(NO_HAND) : removed.ok ? DONE : removed;
  }

  /** Nobody comes back to a channel for a message that somebody else deletes. */
  async #isThere(room: string, userId: string | null): Promise<boolean> {
    const { db, stores } = this.#kit;
    if (userId === null) return false;
    return (await db.transaction((sql) => stores.member.get(sql, room, userId)))?.membership === 'join';
  }
}

const isBy = ({ direction, sender }: LinkRow, userId: string): boolean =>
  direction === 'to-network' && sender === userId;

/** In private what was said is with the other, and stays there when they cannot be reached. */
const unreachable = (error: BridgeError, { nick }: Peer): Result<never> =>
  fail(error.retry === 'never' ? { ...error, text: `${nick} cannot be reached now, and keeps what was said.` } : error);
