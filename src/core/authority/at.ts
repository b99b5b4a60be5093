import type { Freshness } from './member.ts';
import type { Moment } from './roles-on.ts';

/**
 * When a question is asked, and how old the authority's last word is.
 * @property ageMs since the authority last said anything; infinite where it never did
 * @property softMs older answers let nobody new in
 * @property hardMs older answers end the relaying of confidential rooms
 */
export type At = { readonly nowMs: number; readonly ageMs: number; readonly softMs: number; readonly hardMs: number };

/** Milliseconds since the newest word that covers somebody: their own, or that nothing changed for anybody. */
export const ageOf = ({ asOfMs }: Freshness, { nowMs, ageMs }: At): number =>
  Math.min(ageMs, Math.max(0, nowMs - asOfMs));

/** Terms end by the clock, and begin by it only while answers are fresh. */
export function momentOf(freshness: Freshness, at: At): Moment {
  const ageMs = ageOf(freshness, at);
  return { nowMs: at.nowMs, beganByMs: ageMs > at.softMs ? at.nowMs - ageMs : at.nowMs };
}
