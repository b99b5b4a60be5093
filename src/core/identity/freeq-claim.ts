/**
 * What may honestly be said of a person on freeq. freeq has one such rule for all its clients (facts: its document of
 * identity claims, 37 cases); this is that rule, with one thing stricter: an origin beats everything, also for a person
 * who is present. Lines ask for the claim of a message alone. The two others stand here because the cases judge the three as one rule,
 * and would no longer all be held to it.
 */

/** `relayed`: another server says so. `unknown`: nothing is attached to the name, and nothing follows from that. */
export type ClaimState = 'at-protocol' | 'self-issued' | 'relayed' | 'guest' | 'looking-up' | 'unknown';

export type Claim = {
  readonly state: ClaimState;
  readonly did: string | null;
  /** Server that vouches, or at which a guest is a guest; absent: the one that we are connected to. */
  readonly origin?: string;
};

/** A server that the connected one does not name, or not in a way that can be believed. No server has this name. */
export const UNNAMED_ORIGIN = '?';

/** What is known of a person beside one message: live, by the server that we are connected to. */
export type KnownPerson = {
  readonly present: boolean;
  /** DID that the server showed for them at login, join or WHOIS; null: it showed that there is none, or nothing. */
  readonly did: string | null;
};

/** Where a question to the server about a person stands. */
export type Lookup = 'not-asked' | 'in-flight' | 'no-account' | 'no-such-nick' | 'timed-out';

export type MessageFacts = {
  readonly account: string | null;
  /** Absent: no origin came along; empty: one came without a name. */
  readonly origin?: string;
  readonly person: KnownPerson;
  /** When the message was said, milliseconds since 1970; null where nobody knows. */
  readonly atMs: number | null;
};

export type PersonFacts = {
  readonly did: string | null;
  /** Set for somebody who was only ever seen through another server. */
  readonly viaPeer?: { readonly origin: string | null; readonly hadAccount: boolean };
  readonly lookup: Lookup;
};

/** Servers mark every message of an account since then (2026-08-01), so that a missing mark says something. */
export const MARKED_SINCE_MS = Date.UTC(2026, 7, 1);

/** A row of a timeline: what the message itself carries goes before what is known of the person now. */
export function claimOfMessage({ account, origin, person, atMs }: MessageFacts): Claim {
  const carried = carriedClaim(account, origin);
  if (carried !== undefined) return carried;
  if (person.present) return person.did === null ? GUEST : ofDid(person.did);
  return atMs === null || atMs < MARKED_SINCE_MS ? UNKNOWN : GUEST;
}

/** The person behind a row: who they are now goes first, then what the message carries, then what was asked. */
export function claimOfSender(facts: MessageFacts, lookup: Lookup): Claim {
  const { person, origin } = facts;
  if (origin === undefined && isDid(person.did)) return ofDid(person.did);
  const claim = claimOfMessage(facts);
  return claim.state === 'unknown' ? CLAIM_OF_LOOKUP[lookup] : claim;
}

/** A person of a list. Somebody seen only through another server is never asked about here: it would be somebody else. */
export function claimOfPerson({ did, viaPeer, lookup }: PersonFacts): Claim {
  if (viaPeer !== undefined) {
    const origin = named(viaPeer.origin ?? '');
    return { state: viaPeer.hadAccount ? 'relayed' : 'guest', did: null, origin };
  }
  return isDid(did) ? ofDid(did) : CLAIM_OF_LOOKUP[lookup];
}

const GUEST: Claim = { state: 'guest', did: null };
const UNKNOWN: Claim = { state: 'unknown', did: null };

const CLAIM_OF_LOOKUP: Readonly<Record<Lookup, Claim>> = {
  'not-asked': UNKNOWN,
  'in-flight': { state: 'looking-up', did: null },
  'no-account': GUEST,
  'no-such-nick': UNKNOWN,
  'timed-out': UNKNOWN,
};

function carriedClaim(account: string | null, origin: string | undefined): Claim | undefined {
  if (origin !== undefined)
    return isDid(account)
      ? { state: 'relayed', did: account, origin: named(origin) }
      : { state: 'guest', did: null, origin: named(origin) };
  return isDid(account) ? ofDid(account) : undefined;
}

const named = (origin: string): string => (origin.trim() === '' ? UNNAMED_ORIGIN : origin);

const ofDid = (did: string): Claim => ({ state: didState(did), did });

/** Methods whose identities somebody else than their owner can look up (W3C DID core; AT Protocol). Others prove a key only. */
const didState = (did: string): ClaimState => (/^did:(?:plc|web):/.test(did) ? 'at-protocol' : 'self-issued');

/** A DID of a sane length; anything else in an account tag of freeq is none. */
export const isDid = (text: string | null | undefined): text is string =>
  typeof text === 'string' && text.length <= 300 && /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/.test(text);
