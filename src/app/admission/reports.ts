import type { Kit } from '../kit.ts';
import type { Say } from './say.ts';

/** The same sentence is not said again within so long. */
const QUIET_MS = 10 * 60_000;
const REMEMBERED = 1_000;

/** Tells admins, in their room and in the log, what was held back, put right, or needs somebody. */
export class Reports {
  readonly #kit: Kit;
  readonly #say: Say;
  readonly #adminRoom: () => string | undefined;
  readonly #said = new Map<string, number>();
  #last = 0;

  constructor(kit: Kit, say: Say, adminRoom: () => string | undefined) {
    this.#kit = kit;
    this.#say = say;
    this.#adminRoom = adminRoom;
  }

  say(text: string): void {
    const { clock, log } = this.#kit;
    const nowMs = clock.nowMs();
    const before = this.#said.get(text);
    if (before !== undefined && nowMs - before < QUIET_MS) return;
    if (this.#said.size >= REMEMBERED) this.#said.clear();
    this.#said.set(text, nowMs);
    log.warn(text);
    const room = this.#adminRoom();
    if (room === undefined) return;
    this.#say
      .inRoom(room, text, `report|${nowMs}|${this.#last++}`)
      .catch((error: unknown) => log.warn('a report could not be stored', { error: String(error) }));
  }
}
