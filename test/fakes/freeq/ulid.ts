const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const WELL_FORMED = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** How far the time in an id that a client mints may be from the server's. */
const MAX_SKEW_MS = 120_000;

/** @param random uniform in [0, 1) */
export function makeUlid(timeMs: number, random: () => number): string {
  let time = '';
  for (let left = timeMs, at = 0; at < 10; at++, left = Math.floor(left / 32))
    time = CROCKFORD.charAt(left % 32) + time;
  let chance = '';
  for (let at = 0; at < 16; at++) chance += CROCKFORD.charAt(Math.floor(random() * 32));
  return time + chance;
}

/** Milliseconds since 1970; undefined where this is no ULID as freeq writes them. */
export function ulidTimeMs(id: string): number | undefined {
  if (!WELL_FORMED.test(id)) return undefined;
  let time = 0;
  for (const char of id.slice(0, 10)) time = time * 32 + CROCKFORD.indexOf(char);
  return time;
}

/** Why the server does not take an id that a client minted: what FAIL says; undefined where it takes it. */
export function objectionToId(id: string, nowMs: number): readonly [code: string, text: string] | undefined {
  const timeMs = ulidTimeMs(id);
  if (timeMs === undefined) return ['INVALID_EVENTID', 'Event id must be a 26-character Crockford base32 ULID'];
  if (Math.abs(timeMs - nowMs) > MAX_SKEW_MS)
    return ['EVENTID_CLOCK_SKEW', 'Event id timestamp is too far from server time'];
  return undefined;
}
