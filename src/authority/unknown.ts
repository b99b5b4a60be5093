import type { Lookup, UnknownReason } from '../core/authority/member.ts';

export type Unknown = Extract<Lookup<never>, { kind: 'unknown' }>;
/** What came of asking: a value, or why there is none. Absence is not known at this level. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Unknown;

export const answer = <T>(value: T): Answer<T> => ({ kind: 'ok', value });
export const unknown = (reason: UnknownReason, text: string): Unknown => ({ kind: 'unknown', reason, text });

const MAX_DETAIL = 200;

/** Text of somebody else in a sentence of ours: short, on one line. */
export const clean = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, MAX_DETAIL)
    .toWellFormed();
