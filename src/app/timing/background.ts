import type { Kit } from '../kit.ts';

/** Work that nobody waits for and that corrects itself at the next occasion. */
export const inBackground = (kit: Kit, work: Promise<unknown>): void => {
  work.catch((error: unknown) => kit.log.warn('something in the background failed', { error: String(error) }));
};

/** Waits for work to end, but no longer than this. */
export const within = (kit: Kit, ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, new Promise((resolve) => kit.clock.after(ms, () => resolve(undefined)))]);
