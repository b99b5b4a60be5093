import type { AuthorityUpdate } from '../core/authority/member.ts';

const MAX_WAITING = 1_000;

/** Updates between whoever learns them and whoever takes them. One who does not keep up gets one `gap` for all of them. */
export class UpdateQueue {
  #waiting: AuthorityUpdate[] = [];
  #wake: (() => void) | undefined;

  push(update: AuthorityUpdate): void {
    // The newest sign of life is enough.
    if (update.kind === 'heartbeat' && this.#waiting.at(-1)?.kind === 'heartbeat') this.#waiting.pop();
    if (this.#waiting.length >= MAX_WAITING) this.#waiting = [{ kind: 'gap' }];
    this.#waiting.push(update);
    this.#wake?.();
  }

  /** Until the signal is raised. */
  async *take(signal: AbortSignal): AsyncGenerator<AuthorityUpdate, void> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const next = this.#waiting.shift();
        if (next !== undefined) yield next;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
