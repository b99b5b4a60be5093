/** Pacing as values: every function takes the time (and chance) as an argument and returns the next state. */

export type BucketRules = {
  /** Tokens of a full bucket: what may go at once after silence. */
  readonly burst: number;
  /** Time in which one token comes back. 0 = no limit. */
  readonly refillMs: number;
};

/** `tokens` were there at `atMs`. */
export type Bucket = { readonly tokens: number; readonly atMs: number };

export const fullBucket = (rules: BucketRules, nowMs: number): Bucket => ({ tokens: rules.burst, atMs: nowMs });

/**
 * Takes `cost` tokens if they are there.
 * @returns `waitMs` 0 and the bucket without them; or how long until they are there, and the bucket with what it has
 * now. A cost over the burst is granted from a full bucket, which then owes the rest: it delays what follows and
 * never blocks for ever.
 */
export function takeTokens(
  bucket: Bucket,
  rules: BucketRules,
  nowMs: number,
  cost = 1,
): { readonly bucket: Bucket; readonly waitMs: number } {
  if (rules.refillMs <= 0) return { bucket: fullBucket(rules, nowMs), waitMs: 0 };
  // A clock set back gives no tokens and takes none.
  const elapsedMs = Math.max(nowMs - bucket.atMs, 0);
  const tokens = Math.min(bucket.tokens + elapsedMs / rules.refillMs, rules.burst);
  const missing = Math.min(cost, rules.burst) - tokens;
  // Sums of fractions of a token come out a hair short of the whole.
  if (missing <= 1e-9) return { bucket: { tokens: tokens - cost, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, waitMs: Math.ceil(missing * rules.refillMs) };
}

export type BackoffRules = {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Full jitter goes down to this part of the delay, so that nobody comes back at once: 0 = down to nothing. */
  readonly floor: number;
};

/**
 * Delay before try number `failures` + 1: exponential, with jitter over the whole span, so that a thousand
 * connections that were lost together do not come back together.
 * @param failures so far in a row; 0 means the first retry after a success
 * @param random uniform in [0, 1)
 */
export function backoffMs(rules: BackoffRules, failures: number, random: number): number {
  const ceiling = Math.min(rules.firstMs * 2 ** Math.min(Math.max(failures, 0), 30), rules.maxMs);
  return Math.round(ceiling * (rules.floor + (1 - rules.floor) * random));
}
