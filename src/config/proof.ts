import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Who proves something: what one says is no proof in the mouth of the other. */
export type Prover = 'bridge' | 'command line' | 'appservice';

/**
 * Shows that one knows a secret without telling it to whoever does not.
 * @param said what the proof is good for: what the other side made up for this once, first of all
 * @returns 43 letters and digits of base64url
 */
export const proofOf = (secret: string, prover: Prover, ...said: readonly string[]): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([prover, ...said]))
    .digest('base64url');

/** Whether a proof is the one that was wanted, in time that tells nothing of it (digests of equal length are compared). */
export const isProof = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** One end of a connection as both sides know it, also where one of them writes IPv4 as IPv6. */
export const endOf = (address: string | undefined, port: number | undefined): string =>
  `${(address ?? '').replace(/^::ffff:/, '')} ${port ?? 0}`;

/**
 * Asked of our listener by these headers, whether it knows the hs_token: a program in its place would keep the token, were it shown. The homeserver has no
 * part in this.
 */
export const CHALLENGE_HEADER = 'causeway-challenge';
export const PROOF_HEADER = 'causeway-proof';
export const isChallenge = (text: string): boolean => /^[\w-]{22,64}$/.test(text);
