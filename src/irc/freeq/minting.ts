import { createHash } from 'node:crypto';
import { makeUlid } from '../../core/freeq/ulid.ts';
import type { Mint } from '../dialect.ts';

/** The server takes ids within 120 s of its clock. What is left is for the way and for a clock that is a little off. */
const GOOD_FOR_MS = 90_000;

const isGood = (stamp: string, serverMs: number): boolean => Math.abs(serverMs - Number(stamp)) < GOOD_FOR_MS;

/**
 * Ids of our own messages. The stamp is stored with the line before it is said, so that saying it again, after a crash or on a new
 * connection, gives the same id, which the server refuses as one that it has.
 */
export const freeqMint: Mint = {
  tag: '+freeq.at/eventid',
  stamp: (serverMs, before) =>
    before !== undefined && isGood(before, serverMs) ? before : String(Math.trunc(serverMs)),
  isGood,
  id: (stamp, piece) => makeUlid(Number(stamp), createHash('sha256').update(`${stamp}\0${piece}`).digest()),
};
