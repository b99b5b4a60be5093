import type { SubjectRef } from './member.ts';

/** What a visitor can ever do: nobody of another shard moderates, configures or gives roles. */
export const VISITOR_ACTIONS = ['space.join', 'channel.join', 'channel.read', 'channel.send'] as const;
export type VisitorAction = (typeof VISITOR_ACTIONS)[number];

/** @property resource `channel:<network>/<channel>` or `space:<id>` */
export type Grant = { readonly resource: string; readonly actions: readonly VisitorAction[] };

export const AGREEMENT_STATES = ['proposed', 'active', 'suspended', 'revoked'] as const;
export type AgreementState = (typeof AGREEMENT_STATES)[number];

/** Public keys (RFC 7517), or the https address where the peer publishes them. */
export type PeerKeys = { readonly keys: ReadonlyArray<Readonly<Record<string, unknown>>> } | string;

/** What two shards decided about each other's members, as our own authority has it. */
export type Agreement = {
  readonly id: string;
  /** Grows with every decision about it. Visits rest on one version and end with it. */
  readonly version: number;
  readonly peer: {
    /** Of the subjects for whom the peer may vouch. */
    readonly iss: string;
    readonly jwks: PeerKeys;
    /** Server name of its people's accounts: the peer vouches for no others. */
    readonly homeserver: string;
    /** Servers of IRC-style networks that are the peer's, as those networks name them. */
    readonly ircOrigins: readonly string[];
  };
  readonly state: AgreementState;
  /** References of the two votes. Without both it admits nobody. */
  readonly decidedBy: { readonly local?: string; readonly peer?: string };
  /** Reference of the decision that suspended or revoked it. */
  readonly endedBy?: string;
  readonly grants: readonly Grant[];
  readonly maxSessionSec: number;
  /** Milliseconds since 1970; over from then on. */
  readonly notAfterMs?: number;
};

/** Who we are: an agreement with ourselves would make visitors of members. */
export type OwnShard = { readonly iss: string; readonly homeserver: string };

export type AgreementRefusal = {
  readonly code: 'proposed' | 'suspended' | 'revoked' | 'vote-missing' | 'over' | 'ourselves';
  /** A sentence for people. */
  readonly why: string;
};

/** Why an agreement admits nobody now; undefined where it does. */
export function agreementRefusal(agreement: Agreement, own: OwnShard, nowMs: number): AgreementRefusal | undefined {
  const { id, peer, state, decidedBy, notAfterMs } = agreement;
  const no = (code: AgreementRefusal['code'], what: string): AgreementRefusal => ({
    code,
    why: `The agreement ${id} with ${peer.homeserver} ${what}, so it lets nobody in.`,
  });
  if (state !== 'active') return no(state, `is ${state}`);
  if (decidedBy.local === undefined) return no('vote-missing', 'names no vote of this cooperative');
  if (decidedBy.peer === undefined) return no('vote-missing', 'names no vote of the other cooperative');
  if (notAfterMs !== undefined && nowMs >= notAfterMs) return no('over', 'is over');
  if (peer.iss === own.iss || peer.homeserver === own.homeserver) return no('ourselves', 'is one with ourselves');
  return undefined;
}

/** When an agreement next ends by itself, after `nowMs`; undefined where none does. */
export function nextAgreementEndMs(agreements: Iterable<Agreement>, nowMs: number): number | undefined {
  let next: number | undefined;
  for (const { state, notAfterMs } of agreements)
    if (state === 'active' && notAfterMs !== undefined && notAfterMs > nowMs)
      next = Math.min(next ?? notAfterMs, notAfterMs);
  return next;
}

/** What a peer says of one of its people, its signature checked. Roles that they have at home are not in it. */
export type Assertion = {
  readonly agreement: string;
  readonly version: number;
  readonly subject: SubjectRef;
  /** The Matrix account that is let in. */
  readonly userId: string;
  /** What their home lets them do; the agreement and we may allow less. */
  readonly grants: readonly Grant[];
  /** Used once. */
  readonly jti: string;
  readonly issuedAtMs: number;
  readonly untilMs: number;
};

export type AssertionRefusal = { readonly code: string; readonly why: string };

/** Clocks of two shards differ; also how long before its moment an assertion is taken. */
const CLOCK_SKEW_MS = 30_000;

/** Why an assertion counts for nothing, besides its signature; undefined where it counts. */
export function assertionRefusal(
  assertion: Assertion,
  agreement: Agreement,
  own: OwnShard,
  nowMs: number,
): AssertionRefusal | undefined {
  const { version, subject, userId, issuedAtMs, untilMs } = assertion;
  const { peer, maxSessionSec } = agreement;
  const over = agreementRefusal(agreement, own, nowMs);
  if (over !== undefined) return { code: `agreement.${over.code}`, why: over.why };
  const wrong = RULES.find(({ isSo }) => isSo({ assertion, agreement, nowMs }));
  return wrong === undefined
    ? undefined
    : { code: wrong.code, why: wrong.why({ version, subject, userId, issuedAtMs, untilMs, peer, maxSessionSec }) };
}

type Facts = { readonly assertion: Assertion; readonly agreement: Agreement; readonly nowMs: number };
type Told = Pick<Assertion, 'version' | 'subject' | 'userId' | 'issuedAtMs' | 'untilMs'> &
  Pick<Agreement, 'peer' | 'maxSessionSec'>;

const RULES: ReadonlyArray<{
  readonly code: string;
  readonly isSo: (facts: Facts) => boolean;
  readonly why: (told: Told) => string;
}> = [
  {
    code: 'other-agreement',
    isSo: ({ assertion, agreement }) => assertion.agreement !== agreement.id,
    why: () => 'It is for another agreement.',
  },
  {
    code: 'version',
    isSo: ({ assertion, agreement }) => assertion.version !== agreement.version,
    why: ({ version }) => `It is for version ${version} of the agreement, which is not the one that is in force.`,
  },
  {
    code: 'third-party',
    isSo: ({ assertion, agreement }) => assertion.subject.iss !== agreement.peer.iss,
    why: ({ subject, peer }) => `${peer.iss} cannot vouch for somebody of ${subject.iss}.`,
  },
  {
    code: 'foreign-account',
    isSo: ({ assertion, agreement }) => serverOf(assertion.userId) !== agreement.peer.homeserver,
    why: ({ userId, peer }) => `${userId} is no account of ${peer.homeserver}, and the peer vouches for no others.`,
  },
  {
    code: 'too-long',
    isSo: ({ assertion: { untilMs, issuedAtMs }, agreement }) =>
      untilMs <= issuedAtMs || untilMs - issuedAtMs > agreement.maxSessionSec * 1000,
    why: ({ maxSessionSec }) => `It has to end after its beginning, and at most ${maxSessionSec} s after it.`,
  },
  {
    code: 'future',
    isSo: ({ assertion, nowMs }) => assertion.issuedAtMs > nowMs + CLOCK_SKEW_MS,
    why: () => 'It is from the future. The clocks of the two shards differ too much.',
  },
  { code: 'expired', isSo: ({ assertion, nowMs }) => assertion.untilMs <= nowMs, why: () => 'It is over.' },
];

/** Server name of a Matrix id, with its port. */
export const serverOf = (userId: string): string => userId.slice(userId.indexOf(':') + 1);
