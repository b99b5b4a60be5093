import { type BridgeError, ok, type Result } from '../core/errors.ts';
import type { PartOnNetwork, ReactOnNetwork, RedactOnNetwork, TopicOnNetwork } from '../core/events.ts';
import { keyOfReaction, type MessageKey, parseReactionKey } from '../core/ids.ts';
import type { Network } from '../ports/network.ts';
import type { People } from './people.ts';
import type { Targets } from './targets.ts';

/** What is done on a network beside saying lines. Each may be done twice. */
export type NetworkErrand = TopicOnNetwork | PartOnNetwork | ReactOnNetwork | RedactOnNetwork;

/** Carries out single effects on a network, between the lines of a portal. */
export class NetworkErrands {
  readonly #people: People;
  readonly #targets: Targets;

  constructor(people: People, targets: Targets) {
    this.#people = people;
    this.#targets = targets;
  }

  /** @returns what its event is on the network, where something will be asked of it again; an error of `retry: 'never'` for what the network refused, any other for what waits */
  async run(effect: NetworkErrand, network: Network): Promise<Result<readonly MessageKey[]>> {
    switch (effect.op) {
      case 'network.part':
        await network.dismiss(effect.userId, effect.channel, effect.reason);
        return ok([]);
      case 'network.topic':
        return without(
          await network.setTopic(await this.#people.person(effect.room, effect.userId), effect.channel, effect.topic),
        );
      case 'network.react':
        return this.#react(effect, network);
      case 'network.redact':
        return this.#redact(effect, network);
    }
  }

  /** A reaction is to the first of the messages that the event became. */
  async #react(effect: ReactOnNetwork, network: Network): Promise<Result<readonly MessageKey[]>> {
    const [said] = await this.#targets.ofEvent(network.id, effect.room, effect.target);
    if (said === undefined) return ok([]);
    const voice = await network.voice(await this.#people.person(effect.room, effect.userId), effect.channel);
    if (!voice.ok) return voice;
    const { emoji, removed } = effect;
    const done = await voice.value.react?.({ target: said.messageKey, emoji, removed });
    if (done?.ok === true) return ok([keyOfReaction(said.messageKey, emoji)]);
    return unlessWaiting(done);
  }

  async #redact(effect: RedactOnNetwork, network: Network): Promise<Result<readonly MessageKey[]>> {
    const links = await this.#targets.ofEvent(network.id, effect.room, effect.target);
    if (links.length === 0) return ok([]);
    const voice = await network.voice(await this.#people.person(effect.room, effect.userId), effect.channel);
    if (!voice.ok) return voice;
    for (const { messageKey } of links) {
      const reaction = parseReactionKey(messageKey);
      const done =
        reaction === undefined
          ? await voice.value.redact?.(messageKey, effect.reason)
          : unlessWaiting(await voice.value.react?.({ ...reaction, removed: true }));
      if (done?.ok === false) return done;
    }
    return ok([]);
  }
}

const without = (done: Result<void>): Result<readonly MessageKey[]> => (done.ok ? ok([]) : done);

/** A reaction that the network refuses is nobody's loss, and no words about it. */
const unlessWaiting = (done: Result<void> | undefined): Result<readonly MessageKey[]> =>
  done === undefined || done.ok || isFinal(done.error) ? ok([]) : done;

const isFinal = ({ retry }: BridgeError): boolean => retry === 'never';
