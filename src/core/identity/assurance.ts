/**
 * Who vouches for an identity, and what is said of it to people. A table: the first row that fits decides. What another
 * server said never becomes more than that server's word, whatever the account looks like.
 */
import { UNNAMED_ORIGIN } from './freeq-claim.ts';

/** From the least to the most. */
export const ASSURANCES = ['anonymous', 'peer-vouched', 'cross-shard', 'local'] as const;
export type Assurance = (typeof ASSURANCES)[number];

/** Whose server a network is, as the configuration says: the cooperative's own, another cooperative's, anybody's. */
export const TRUSTS = ['own', 'shard', 'foreign'] as const;
export type NetworkTrust = (typeof TRUSTS)[number];

/** What servers said of a person, and what we know besides. Nothing that a client can type. */
export type VouchFacts = {
  readonly account: string | null;
  /** Server that vouches; null: the one that we are connected to. */
  readonly origin: string | null;
  readonly trust: NetworkTrust;
  /** The cooperative's authority knows this account of this network as one of its members. */
  readonly isMember: boolean;
};

type Row = {
  readonly assurance: Assurance;
  readonly fits: (facts: VouchFacts) => boolean;
  /** What a person is told; names are cleaned by whoever gives them. */
  readonly says: (words: VouchWords) => string;
};

/** Names for the sentence, clean. */
export type VouchWords = {
  readonly network: string;
  readonly account: string;
  readonly origin: string;
};

const hasAccount = ({ account }: VouchFacts): boolean => account !== null && account !== '';

const ROWS: readonly Row[] = [
  {
    assurance: 'peer-vouched',
    fits: (facts) => facts.origin !== null && hasAccount(facts),
    says: ({ network, account, origin }) =>
      `Relayed from ${origin}, which says that they are ${account}. Nobody here checked that: neither ${network} nor this cooperative; ${origin} alone vouches for it.`,
  },
  {
    assurance: 'anonymous',
    fits: ({ origin }) => origin !== null,
    says: ({ origin }) => `Relayed from ${origin}, where this is only a name. Nobody vouches for who it is.`,
  },
  {
    assurance: 'anonymous',
    fits: (facts) => !hasAccount(facts),
    says: ({ network }) =>
      `Not logged in on ${network}: only a name, which anybody may have taken. Nobody vouches for who it is.`,
  },
  {
    assurance: 'local',
    fits: ({ isMember }) => isMember,
    says: ({ network, account }) =>
      `Logged in on ${network} as ${account}, an account that this cooperative knows as a member’s.`,
  },
  {
    assurance: 'local',
    fits: ({ trust }) => trust === 'own',
    says: ({ network, account }) =>
      `Logged in as ${account} on ${network}, this cooperative’s own server, which vouches for the account. It is not linked to a member.`,
  },
  {
    assurance: 'cross-shard',
    fits: ({ trust }) => trust === 'shard',
    says: ({ network, account }) =>
      `Logged in as ${account} on ${network}, another cooperative’s server, which vouches for the account. This cooperative did not check it.`,
  },
  {
    assurance: 'peer-vouched',
    fits: () => true,
    says: ({ network, account }) =>
      `Logged in as ${account} on ${network}, which vouches for the account. This cooperative did not check it.`,
  },
];

const rowOf = (facts: VouchFacts): Row => ROWS.find((row) => row.fits(facts)) as Row;

export const assuranceOf = (facts: VouchFacts): Assurance => rowOf(facts).assurance;

/** One or two sentences for people: who vouches for this person, and who does not. */
export const vouchSentence = (facts: VouchFacts, words: VouchWords): string => rowOf(facts).says(words);

/** Whether an assurance is at least this one. */
export const reaches = (assurance: Assurance, least: Assurance): boolean =>
  ASSURANCES.indexOf(assurance) >= ASSURANCES.indexOf(least);

/** A server as people read it. */
export const originWords = (origin: string): string => (origin === UNNAMED_ORIGIN ? 'a server without a name' : origin);

/** Of a DID, what its method proves; nothing for names of other kinds. */
export function didSentence(account: string): string | undefined {
  if (/^did:(?:plc|web):/.test(account)) return 'The account is an AT Protocol identity.';
  return account.startsWith('did:')
    ? 'The account is self-issued: whoever made it holds its key, and nothing more is known.'
    : undefined;
}

/** What a network's mark means, for topics and bridge information. */
export const TRUST_WORDS: Readonly<Record<NetworkTrust, string>> = {
  own: 'our own server',
  shard: 'another cooperative’s server',
  foreign: 'not our server',
};
