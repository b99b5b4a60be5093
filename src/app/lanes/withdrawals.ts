import type { Effect, RedactOnMatrix, SendToMatrix } from '../../core/events.ts';
import type { MessageKey } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';
import { parseEffect } from './parse-effect.ts';

const REMEMBERED = 20_000;

/**
 * What was deleted while it may still wait in a lane: it must not go out first and be deleted then. The deletion itself is a row of the
 * same lane, behind it; this is only what is known of those rows ahead of their turn.
 */
export class Withdrawals {
  /** Events; of what only its author may delete, with whoever deleted it. */
  readonly #events = new Set<string>();
  readonly #messages = new Map<string, RedactOnMatrix>();

  /** Of what an earlier process left. Reads all that waits once. */
  async load({ db, stores }: Kit): Promise<void> {
    const payloads = await db.transaction(async (sql) => [
      ...(await stores.outbox.openOf(sql, 'network.redact')),
      ...(await stores.outbox.openOf(sql, 'matrix.redact')),
    ]);
    for (const payload of payloads) {
      const effect = parseEffect(payload);
      if (effect !== undefined) this.note(effect);
    }
  }

  /** An effect is stored; most say nothing of this. */
  readonly note = (effect: Effect): void => {
    if (effect.op === 'network.redact') {
      const { target, userId, onlyOwn } = effect;
      bounded(this.#events).add(onlyOwn === true ? `${target} ${userId}` : target);
    } else if (effect.op === 'matrix.redact') {
      const { network, target } = effect;
      bounded(this.#messages).set(effect.onlyOwn === true ? ownName(effect, target) : `${network} ${target}`, effect);
    }
  };

  /** @param author of the event */
  isGone(eventId: string | undefined, author: string): boolean {
    return eventId !== undefined && (this.#events.has(eventId) || this.#events.has(`${eventId} ${author}`));
  }

  /** The deletion of a message of a network, which holds where whoever deleted it may. */
  deletionOf(said: SendToMatrix, key: MessageKey): RedactOnMatrix | undefined {
    if (this.#messages.size === 0) return undefined;
    return this.#messages.get(`${said.network} ${key}`) ?? this.#messages.get(ownName(said, key));
  }
}

/** Of what only its author may delete: nobody else's deletion stands under this name, and none takes its place. */
const ownName = ({ network, room, subject }: RedactOnMatrix | SendToMatrix, key: MessageKey): string =>
  `${network} ${key} ${room} ${subject.kind}/${subject.origin ?? ''}/${subject.name}`;

function bounded<T extends { readonly size: number; keys(): IterableIterator<string>; delete(key: string): boolean }>(
  all: T,
): T {
  if (all.size < REMEMBERED) return all;
  const oldest = all.keys().next();
  if (oldest.done !== true) all.delete(oldest.value);
  return all;
}
