import { addressed } from '../../core/convert/addressed.ts';
import { correction } from '../../core/convert/correction.ts';
import { matrixToNetwork } from '../../core/convert/matrix-to-network.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { MessageStyle, SayOnNetwork } from '../../core/events.ts';
import { type MessageKey, parseReactionKey } from '../../core/ids.ts';
import type { Network, Voice } from '../../ports/network.ts';
import type { LinkRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { People } from '../people/people.ts';
import { powersNow } from './powers-now.ts';
import type { SaidTexts } from './said-texts.ts';
import type { Targets } from './targets.ts';

/** What of a line goes over the wire, as it is stored with its row. */
export type Composed = {
  readonly style: MessageStyle;
  readonly parts: readonly string[];
  readonly replyTo?: MessageKey;
  readonly edits?: MessageKey;
};

/** Whether a line is about another message, which is looked up before it goes out. */
export const isRelated = ({ replyTo, edits }: SayOnNetwork): boolean => replyTo !== undefined || edits !== undefined;

/** Gives lines that answer or change other messages the form that their network has for that. */
export class LineComposer {
  readonly #kit: Kit;
  readonly #people: People;
  readonly #targets: Targets;
  readonly #texts: SaidTexts;

  constructor(kit: Kit, people: People, targets: Targets, texts: SaidTexts) {
    this.#kit = kit;
    this.#people = people;
    this.#targets = targets;
    this.#texts = texts;
  }

  /**
   * @returns undefined where nothing is to be said. What a line is about was said before, or will not be said.
   * An error of `retry: 'later'` where nobody can tell now what it has to be
   */
  async compose(
    effect: SayOnNetwork,
    network: Network,
    voice: Voice,
  ): Promise<Result<Composed | readonly string[] | undefined>> {
    if (!isRelated(effect)) return ok(voice.split(effect.line, effect.style));
    if (effect.edits !== undefined) return this.#change(effect, effect.edits, network, voice);
    const { style, line } = effect;
    const said = effect.replyTo === undefined ? undefined : await this.#said(effect, effect.replyTo, network);
    if (said === undefined) return ok({ style, parts: voice.split(line, style) });
    const powers = powersNow(network, effect.channel);
    if (!powers.ok) return powers;
    const { replies, repliesShown } = { ...powers.value, ...voice.powers };
    const nick = repliesShown === true || style === 'action' ? undefined : await this.#nickOf(said, effect, network);
    const text = nick === undefined ? line : addressed(line, nick);
    return ok({ style, parts: voice.split(text, style), ...(replies === true && { replyTo: said.messageKey }) });
  }

  /** The first message that an event became, as long as it is there. */
  async #said({ room }: SayOnNetwork, eventId: string, network: Network): Promise<LinkRow | undefined> {
    const links = await this.#targets.ofEvent(network.id, room, eventId);
    return links.find(({ gone, messageKey }) => !gone && parseReactionKey(messageKey) === undefined);
  }

  /** Nobody addresses themselves. */
  async #nickOf(said: LinkRow, { room, channel, userId }: SayOnNetwork, network: Network): Promise<string | undefined> {
    if (said.sender === userId) return undefined;
    if (said.direction === 'to-matrix') return said.nick ?? undefined;
    if (said.sender === null) return undefined;
    return network.nicks?.nickOf(channel, said.sender) ?? (await this.#people.person(room, said.sender)).displayName;
  }

  async #change(
    effect: SayOnNetwork,
    eventId: string,
    network: Network,
    voice: Voice,
  ): Promise<Result<Composed | undefined>> {
    const { room, channel, userId, style, line } = effect;
    const links = await this.#targets.ofEvent(network.id, room, eventId);
    const [said, ...others] = links.filter(({ gone }) => !gone);
    // Never said, deleted, or somebody else's: there is nothing to change.
    if (said === undefined || said.direction !== 'to-network' || said.sender !== userId) return NOTHING;
    const powers = powersNow(network, channel);
    if (!powers.ok) return powers;
    const { replies, edits } = { ...powers.value, ...voice.powers };
    if (edits === true && others.length === 0)
      return ok({ style, parts: voice.split(line.replaceAll('\n', ' '), style), edits: said.messageKey });
    const before = await this.#textOf(effect, eventId);
    if (!before.ok) return before;
    if (before.value === undefined) return NOTHING;
    const ageMs = this.#kit.clock.nowMs() - said.createdAtMs;
    const parts = correction(before.value, line, ageMs).flatMap((each) => voice.split(each, 'text'));
    if (parts.length === 0) {
      this.#texts.replaced(eventId, line);
      return NOTHING;
    }
    return ok({ style: 'text', parts, ...(replies === true && { replyTo: said.messageKey }) });
  }

  /** What was said last of an event; after a restart, what it said when it was new, by what it would say today. */
  async #textOf({ room, network, channel }: SayOnNetwork, eventId: string): Promise<Result<string | undefined>> {
    const known = this.#texts.of(eventId);
    if (known !== undefined) return ok(known);
    const event = await this.#kit.homeserver.event(room, eventId);
    if (!event.ok) return event;
    if (event.value === undefined) return NOTHING;
    const effects = matrixToNetwork(event.value, { network, channel, isOurs: () => false });
    const lines = effects.flatMap(({ effect }) => (effect.op === 'network.say' ? [effect.line] : []));
    return ok(lines.length === 0 ? undefined : lines.join('\n'));
  }
}

const NOTHING: Result<undefined> = ok(undefined);
