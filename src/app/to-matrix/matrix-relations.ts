import type { InRoom } from '../../core/convert/in-room.ts';
import { MARKER, markerKeys, markerOf } from '../../core/convert/marker.ts';
import { ok, type Result } from '../../core/errors.ts';
import type { PinOnMatrix, ReactOnMatrix, RedactOnMatrix, SendToMatrix, UnreactOnMatrix } from '../../core/events.ts';
import { UNNAMED_ORIGIN } from '../../core/identity/freeq-claim.ts';
import { keyOfNamedReaction, keyOfReaction } from '../../core/ids.ts';
import type { LinkRow } from '../../ports/stores.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { PersonSwitch } from '../people/person-switch.ts';
import { bringPin } from '../rooms/room-pins.ts';
import type { Targets } from '../to-network/targets.ts';

const REMEMBERED = 1_000;

/** Whoever took it back; `ghost` absent: each its author, and nobody has to be named. */
type TakenBy = { readonly ghost?: string; readonly reason?: string };

const AUTHOR: TakenBy = {};

/** What is done on Matrix to something that was said before. Where that is not known, nothing is done. */
export class MatrixRelations {
  readonly #kit: Kit;
  readonly #ghosts: Ghosts;
  readonly #targets: Targets;
  readonly #calls: Pick<PersonSwitch, 'wanted'>;
  /** Whether events that people edit say lines of others as well; some edit a message many times a minute. */
  readonly #joined = new Map<string, boolean>();

  /** @param calls who wants to be called when somebody on a network means them */
  constructor(kit: Kit, ghosts: Ghosts, targets: Targets, calls: Pick<PersonSwitch, 'wanted'>) {
    this.#kit = kit;
    this.#calls = calls;
    this.#ghosts = ghosts;
    this.#targets = targets;
  }

  /**
   * What a message answers or replaces, in its room. Undefined for a line like any other: also where nothing is known of the
   * other message, or where the bot said it for somebody.
   * @returns `gone` where there is nothing to be done: it replaces the text of a message that was deleted, and would bring it back, or of
   * one that somebody else's ghost said. An edit that is not by its author is a forgery of one of the two, and a line of neither.
   * An error where the homeserver does not say now what it would replace
   */
  async inRoom({ network, room, subject, replyTo, edits }: SendToMatrix): Promise<Result<InRoom | 'gone' | undefined>> {
    if (edits !== undefined) {
      const [original] = await this.#targets.ofMessage(network, edits, room);
      if (original?.gone) return ok('gone');
      if (original === undefined || original.sender === null || original.sender === this.#kit.homeserver.botId)
        return ok(undefined);
      if (original.sender !== this.#ghosts.idOf(network, subject)) return ok('gone');
      const { eventId, thread, sender } = original;
      const joined = await this.#isJoined(room, eventId);
      if (!joined.ok) return joined;
      // An event that says other lines as well must not lose them: the new text answers it.
      return ok(joined.value ? { kind: 'reply', eventId, thread, author: sender } : { kind: 'edit', eventId });
    }
    if (replyTo === undefined) return ok(undefined);
    const said = (await this.#targets.ofMessage(network, replyTo, room)).find(({ gone }) => !gone);
    if (said === undefined) return ok(undefined);
    const { eventId, thread, sender } = said;
    const author = sender !== null && this.#calls.wanted(sender) ? sender : null;
    return ok({ kind: 'reply', eventId, thread, author });
  }

  /** What nobody may look at is taken for joined: an answer to it takes no line away. */
  async #isJoined(room: string, eventId: string): Promise<Result<boolean>> {
    const known = this.#joined.get(eventId);
    if (known !== undefined) return ok(known);
    const event = await this.#kit.homeserver.event(room, eventId);
    if (!event.ok) return event.error.retry === 'never' ? ok(true) : event;
    const joined = event.value !== undefined && markerKeys(event.value.content).length > 1;
    if (this.#joined.size >= REMEMBERED) this.#joined.clear();
    this.#joined.set(eventId, joined);
    return ok(joined);
  }

  /** A message is in the room: where it belongs is needed for its receipt. */
  sent(eventId: string, inRoom: InRoom | undefined): void {
    if (inRoom?.kind === 'edit') this.#targets.sent(eventId, { original: inRoom.eventId });
    else if (inRoom?.thread != null) this.#targets.sent(eventId, { thread: inRoom.thread });
  }

  pin(effect: PinOnMatrix): Promise<Result<string>> {
    return bringPin(this.#kit, this.#targets, effect);
  }

  async react(effect: ReactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { network, room, subject, target, emoji } = effect;
    const [said] = await this.#targets.ofMessage(network, target, room);
    if (said === undefined || said.gone) return ok('');
    // What was taken away here does not come back by a list that still has it.
    if (effect.tallied !== undefined && (await this.#named(effect)).length > 0) return ok('');
    const [before] = (await this.#reactions(effect)).slice(-1);
    if (before !== undefined && !before.gone) return ok('');
    const ghost = await this.#ghosts.ensure(network, subject, effect.nick, room);
    // The bot does not react for somebody whom the homeserver refuses: nobody could tell whose it is.
    if (!ghost.ok) return ghost.error.retry === 'never' ? ok('') : ghost;
    const relates = { rel_type: 'm.annotation', event_id: said.eventId, key: emoji };
    const content = { 'm.relates_to': relates, [MARKER]: markerOf(keys, effect.provenance) };
    const txnId = this.#txnId(keys, room);
    return this.#kit.homeserver.send(ghost.value, room, 'm.reaction', txnId, content, effect.timeMs);
  }

  async unreact(effect: UnreactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    if (effect.tallied !== undefined) return this.#takeBack(await this.#named(effect), keys, AUTHOR);
    const { network, nick } = effect;
    const name = this.#kit.networks.get(network)?.fold(nick) ?? nick;
    const nameless = { ...effect, subject: { kind: 'nick', name, origin: UNNAMED_ORIGIN } } as const;
    // Somebody takes back what a list of names said of them.
    return this.#takeBack([...(await this.#reactions(effect)), ...(await this.#reactions(nameless))], keys, AUTHOR);
  }

  /** Every event that the message became, each by whoever said it where they delete it themselves, else by the bot. */
  async redact(effect: RedactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { network, room, subject, target, nick, sparesPeople, onlyOwn } = effect;
    const links = await this.#targets.ofMessage(network, target, room);
    const ghost = this.#ghosts.idOf(network, subject);
    const mayGo = ({ direction, sender }: LinkRow): boolean =>
      (sparesPeople !== true || direction === 'to-matrix') && (onlyOwn !== true || sender === ghost);
    const why = effect.reason === '' ? '' : `: ${effect.reason}`;
    const by = { ghost, reason: `Deleted on ${network} by ${nick}${why}` };
    return this.#takeBack(links.filter(mayGo), keys, by);
  }

  #named({ network, room, nick, target, emoji }: ReactOnMatrix | UnreactOnMatrix): Promise<readonly LinkRow[]> {
    return this.#targets.ofMessage(network, keyOfNamedReaction(target, emoji, nick), room);
  }

  #reactions({ network, room, subject, target, emoji }: ReactOnMatrix | UnreactOnMatrix): Promise<readonly LinkRow[]> {
    return this.#targets.ofMessage(network, keyOfReaction(target, emoji, subject), room);
  }

  async #takeBack(
    links: readonly LinkRow[],
    keys: readonly string[],
    { ghost, reason }: TakenBy,
  ): Promise<Result<string>> {
    const { botId } = this.#kit.homeserver;
    for (const { room, eventId, sender, gone } of links) {
      if (gone) continue;
      const self = sender !== null && (ghost === undefined || sender === ghost);
      let done = await this.#redact(self ? sender : botId, room, eventId, keys, self ? undefined : reason);
      // A ghost that has left cannot; the bot may.
      if (self && !done.ok && done.error.retry === 'never')
        done = await this.#redact(botId, room, eventId, keys, reason);
      if (!done.ok && done.error.retry !== 'never') return done;
      await this.#targets.gone(room, eventId);
    }
    return ok('');
  }

  #redact(as: string, room: string, eventId: string, keys: readonly string[], reason: string | undefined) {
    return this.#kit.homeserver.redact(as, room, eventId, this.#txnId([...keys, eventId, as], room), reason);
  }

  #txnId(keys: readonly string[], room: string): string {
    return `cw${this.#kit.digest(JSON.stringify([keys, room])).slice(0, 40)}`;
  }
}
