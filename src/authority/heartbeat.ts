import type { Clock } from '../ports/clock.ts';

/** An authority that is well says so at least every 10 s (port `Authority`); this leaves room for a busy machine. */
export const HEARTBEAT_MS = 8_000;

/** Calls `beat` every {@link HEARTBEAT_MS} until the returned function is called. */
export function keepBeating(clock: Clock, beat: () => void): () => void {
  let cancel = clock.after(HEARTBEAT_MS, again);
  function again(): void {
    cancel = clock.after(HEARTBEAT_MS, again);
    beat();
  }
  return () => cancel();
}
