import type { Agreement } from './agreement.ts';

/**
 * The vocabulary of the cooperative's authorization layer as Causeway asks it: who is a member, with what standing, and
 * the three answers that there are to every question.
 */

/** A person as the authority knows them; the only key. E-mail, nick, localpart and display name never are. */
export type SubjectRef = { readonly iss: string; readonly sub: string };

/** One string per subject, for maps and stores. `iss` never contains a space. */
export const subjectKey = ({ iss, sub }: SubjectRef): string => `${iss} ${sub}`;

export const parseSubjectKey = (key: string): SubjectRef => {
  const at = key.indexOf(' ');
  return { iss: key.slice(0, at), sub: key.slice(at + 1) };
};

/** An identity somewhere that belongs to a subject. One handle belongs to exactly one subject. */
export type Handle = {
  readonly kind: 'mxid' | 'did' | 'irc-account';
  readonly value: string;
  /** For `irc-account`: the network's id. An account only means something with its network. */
  readonly network?: string;
};

/** Accounts of networks compare without case. ASCII alone, which every server folds: more could make one of two people. */
export const foldAccount = (account: string): string => account.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** One string per handle. Account names are folded by whoever makes the handle ({@link foldAccount}). */
export const handleKey = ({ kind, value, network }: Handle): string => `${kind} ${network ?? ''} ${value}`;

export function parseHandleKey(key: string): Handle {
  const [kind, network, ...value] = key.split(' ');
  const handle = { kind: kind as Handle['kind'], value: value.join(' ') };
  return network === undefined || network === '' ? handle : { ...handle, network };
}

/** Standings that Causeway knows. What an authority calls them is mapped by the configuration (`authority.statuses`). */
export const STATUSES = [
  'applicant',
  'provisional',
  'active',
  'hibernating',
  'suspended',
  'departed',
  'expelled',
] as const;
export type Status = (typeof STATUSES)[number];

/** Roles that Causeway knows, from least to most. `operator` runs machines and moderates nobody. */
export const ROLES = ['member', 'operator', 'coordinator', 'council'] as const;
export type Role = (typeof ROLES)[number];

/** Membership in one group of the cooperative. */
export type Seat = {
  readonly group: string;
  readonly roles: readonly Role[];
  /** Name under which the seat is shown; where `visibility` is `alias` nothing else may be. */
  readonly alias?: string;
  readonly visibility: 'role-only' | 'alias' | 'canonical';
  /** Milliseconds since 1970. Outside of the interval the seat does not count. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
};

/** A role in the whole cooperative, such as a seat on the council. */
export type ShardRole = { readonly role: Role; readonly notBeforeMs?: number; readonly notAfterMs?: number };

export type Member = {
  readonly subject: SubjectRef;
  /** Name for people, where the authority gives one. Never a key. */
  readonly name?: string;
  /** `unmapped`: the authority says something that nobody explained to us; behaves as unknown, and alerts. */
  readonly status: Status | 'unmapped';
  /** What the authority itself wrote, for messages. */
  readonly statusText: string;
  readonly seats: readonly Seat[];
  readonly roles: readonly ShardRole[];
  readonly handles: readonly Handle[];
};

/** How new an answer is. */
export type Freshness = {
  /** When the authority said it, milliseconds since 1970 by our clock. */
  readonly asOfMs: number;
  /**
   * Grows with every change and snapshot, in one count for the whole authority that also goes on over restarts (such as
   * milliseconds of the clock): what is older never undoes what is newer.
   */
  readonly revision: number;
  readonly via: 'push' | 'poll' | 'snapshot' | 'cache';
};

export type UnknownReason = 'unreachable' | 'timeout' | 'malformed' | 'unauthorized' | 'stale' | 'ambiguous';

/** Never a bare boolean, never null: that somebody is absent and that nobody knows are different facts. */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly value: T; readonly freshness: Freshness }
  /** The authority positively said no. */
  | {
      readonly kind: 'absent';
      readonly freshness: Freshness;
      /** It never said a word of them: they are merely not among those whom it named. True as long as that is fresh. */
      readonly stranger?: true;
    }
  /** Nothing follows from it: nobody is removed, nobody new is let in. `text` is a sentence for an admin. */
  | { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly text: string };

/** Everybody, at one moment. There are no partial snapshots: a page that failed makes the whole unknown. */
export type Snapshot = { readonly members: readonly Member[] };

/** One subject changed. `member` null: the authority says that there is no such subject any more. */
export type MemberChange = {
  readonly kind: 'member';
  readonly subject: SubjectRef;
  readonly member: Member | null;
  readonly freshness: Freshness;
};

export type AuthorityUpdate =
  | MemberChange
  /** All of it anew, complete. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly freshness: Freshness }
  /** The authority answers and nothing changed since; at least every 10 s. `asOfMs` moves the freshness of everything. */
  | { readonly kind: 'heartbeat'; readonly asOfMs: number }
  /** All agreements with other shards, complete. */
  | { readonly kind: 'agreements'; readonly agreements: readonly Agreement[]; readonly freshness: Freshness }
  /** Changes may have been missed: ask for a snapshot. */
  | { readonly kind: 'gap' }
  /** The authority cannot be asked, or answers nonsense; what is known grows old. */
  | { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly text: string };

/** What somebody wants to do. A closed list. */
export const ACTIONS = [
  'space.join',
  'channel.join',
  'channel.read',
  'channel.send',
  'channel.invite',
  'channel.moderate',
  'channel.configure',
  'channel.bridge',
  'role.grant',
  'visitor.admit',
] as const;
export type Action = (typeof ACTIONS)[number];
