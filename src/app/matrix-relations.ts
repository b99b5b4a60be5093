import { MARKER, markerOf } from '../core/convert/marker.ts';
import { ok, type Result } from '../core/errors.ts';
import type { ReactOnMatrix, RedactOnMatrix, UnreactOnMatrix } from '../core/events.ts';
import { keyOfReaction } from '../core/ids.ts';
import type { Ghosts } from './ghosts.ts';
import type { Kit } from './kit.ts';
import type { Targets } from './targets.ts';

/** What is done on Matrix to something that was said before. Where that is not known, nothing is done. */
export class MatrixRelations {
  readonly #kit: Kit;
  readonly #ghosts: Ghosts;
  readonly #targets: Targets;

  constructor(kit: Kit, ghosts: Ghosts, targets: Targets) {
    this.#kit = kit;
    this.#ghosts = ghosts;
    this.#targets = targets;
  }

  async react(effect: ReactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { network, room, target, emoji } = effect;
    const [said] = await this.#targets.ofMessage(network, target, room);
    if (said === undefined) return ok('');
    const ghost = await this.#ghosts.ensure(network, effect.subject, effect.nick, room);
    // The bot does not react for somebody whom the homeserver refuses: nobody could tell whose it is.
    if (!ghost.ok) return ghost.error.retry === 'never' ? ok('') : ghost;
    const content = {
      'm.relates_to': { rel_type: 'm.annotation', event_id: said.eventId, key: emoji },
      [MARKER]: markerOf(keys, effect.provenance),
    };
    const txnId = this.#txnId(keys, room);
    return this.#kit.homeserver.send(ghost.value, room, 'm.reaction', txnId, content, effect.timeMs);
  }

  async unreact(effect: UnreactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { network, room, subject, target, emoji } = effect;
    const ghost = this.#ghosts.idOf(network, subject);
    const reactions = await this.#targets.ofMessage(network, keyOfReaction(target, emoji, subject), room);
    for (const [index, { eventId }] of reactions.entries()) {
      const gone = await this.#redact(ghost, room, eventId, this.#txnId([...keys, String(index)], room), undefined);
      if (!gone.ok) return gone;
    }
    return ok('');
  }

  async redact(effect: RedactOnMatrix, keys: readonly string[]): Promise<Result<string>> {
    const { network, room, target, nick } = effect;
    const reason = `Deleted on ${network} by ${nick}${effect.reason === '' ? '' : `: ${effect.reason}`}`;
    const { botId } = this.#kit.homeserver;
    for (const [index, { eventId }] of (await this.#targets.ofMessage(network, target, room)).entries()) {
      const gone = await this.#redact(botId, room, eventId, this.#txnId([...keys, String(index)], room), reason);
      if (!gone.ok) return gone;
    }
    return ok('');
  }

  /** A redaction may be repeated. One that is refused for good is as good as done: what it was about is gone, or stays. */
  async #redact(as: string, room: string, eventId: string, txnId: string, reason: string | undefined) {
    const redacted = await this.#kit.homeserver.redact(as, room, eventId, txnId, reason);
    return redacted.ok || redacted.error.retry === 'never' ? ok('') : redacted;
  }

  #txnId(keys: readonly string[], room: string): string {
    return `cw${this.#kit.digest(JSON.stringify([keys, room])).slice(0, 40)}`;
  }
}
