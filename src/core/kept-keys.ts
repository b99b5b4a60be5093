const DAY_MS = 86_400_000;

/** How long keys of what came in are kept: longer than any server repeats. */
export const KEEP_KEYS_MS = 30 * DAY_MS;
/** How far apart the clocks that were asked when it was said and when it came may be. */
const CLOCKS_DIFFER_MS = DAY_MS;

/** Whether the key of something that was said then may be forgotten by now: that it is not known makes it no news. */
export const mayBeForgotten = (saidMs: number, nowMs: number): boolean =>
  saidMs < nowMs - KEEP_KEYS_MS + CLOCKS_DIFFER_MS;
