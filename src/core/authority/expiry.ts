import type { Member } from './member.ts';

/**
 * When a seat or role next begins or ends by itself.
 * @returns milliseconds since 1970, after `nowMs`; undefined where nothing is limited in time
 */
export function nextChangeAtMs(members: Iterable<Member>, nowMs: number): number | undefined {
  let next: number | undefined;
  for (const { seats, roles } of members)
    for (const terms of [seats, roles])
      for (const { notBeforeMs, notAfterMs } of terms)
        for (const atMs of [notBeforeMs, notAfterMs])
          if (atMs !== undefined && atMs > nowMs && (next === undefined || atMs < next)) next = atMs;
  return next;
}
