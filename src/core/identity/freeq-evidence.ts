import type { NetworkSource } from '../events.ts';
import type { Source } from '../irc/line.ts';
import { type Claim, claimOfMessage, isDid, type KnownPerson, UNNAMED_ORIGIN } from './freeq-claim.ts';

/** Longest name of a server that freeq passes on. */
const MAX_ORIGIN_CHARS = 64;

export type FreeqLine = {
  /** As `core/irc/line` parses it: the host is what follows the last `@`, since the user part may hold one. */
  readonly source: Source;
  /** Keys as they came: `Account` is not `account`. */
  readonly tags: ReadonlyMap<string, string>;
  readonly atMs: number | null;
  /**
   * What the server said of this nick elsewhere (extended-join, ACCOUNT, WHOIS, earlier messages). `origin` for somebody of
   * another server: lines about coming and going, and TAGMSGs, do not name it.
   */
  readonly known?: KnownPerson & { readonly origin?: string };
  /** From the server's history, into which it writes the account itself, for edits as well. */
  readonly replayed?: boolean;
};

/**
 * Who a line of freeq comes from, by evidence alone. The server passes on tags that clients invent, so:
 * - an account counts only where the host of the sender is that DID's own cloak, which no client can choose;
 * - of a live edit it does not count at all: the server passes on the one that the client wrote, and eight characters are
 *   soon the same as another's;
 * - a sender of another server has no cloak of freeq, and their origin and account are that server's word;
 * - an origin beside a cloak of this server contradicts itself (a client wrote it): nobody vouches for such a line, and
 *   it belongs to neither the person of this server nor to one of the server that it names.
 * Nothing here may serve to recognise lines of our own.
 */
export function freeqSource(line: FreeqLine): NetworkSource {
  const { nick, user, host } = line.source;
  const claim = claimOfLine(line);
  const isAgent = AGENT_CLASSES.has(line.tags.get('+freeq.at/actor-class')) || host === 'freeq/spawn';
  return {
    nick,
    ...(user !== undefined && { user }),
    ...(host !== undefined && { host }),
    ...(claim.state !== 'unknown' && { account: claim.did }),
    ...(claim.origin !== undefined && { origin: claim.origin }),
    ...(isAgent && { actor: 'agent' }),
  };
}

const AGENT_CLASSES: ReadonlySet<string | undefined> = new Set(['agent', 'external_agent']);
const NOBODY: KnownPerson = { present: false, did: null };

function claimOfLine({ source, tags, atMs, known, replayed = false }: FreeqLine): Claim {
  const claimedOrigin = tags.get('+freeq.at/origin');
  const account = tags.get('account') ?? null;
  if (!isLocalHost(source.host)) {
    const origin = claimedOrigin ?? known?.origin ?? UNNAMED_ORIGIN;
    return claimOfMessage({ account, origin: origin.slice(0, MAX_ORIGIN_CHARS), person: NOBODY, atMs });
  }
  if (claimedOrigin !== undefined) return { state: 'guest', did: null, origin: UNNAMED_ORIGIN };
  if (UNPROVEN_HOSTS.has(source.host ?? '')) return { state: 'guest', did: null };
  const told = tags.has('+draft/edit') && !replayed ? null : account;
  const did = [told, known?.did ?? null].find((shown) => hasCloak(source.host, shown)) ?? null;
  // A cloak without its DID: they proved one, and this line does not say which (edits carry no account).
  return did === null ? { state: 'unknown', did } : claimOfMessage({ account: did, person: NOBODY, atMs });
}

const UNPROVEN_HOSTS: ReadonlySet<string> = new Set(['freeq/guest', 'freeq/spawn']);

/** Every person of the server that we are connected to has a host of this form, and nobody of another server. */
const isLocalHost = (host: string | undefined): boolean => host?.startsWith('freeq/') === true;

const hasCloak = (host: string | undefined, did: string | null): boolean => isDid(did) && host === cloakOf(did);

/** Host that freeq gives to everybody who proved this DID: `freeq/<method>/<first 8 characters>`. */
export function cloakOf(did: string): string {
  const [, method = '', ...rest] = did.split(':');
  return `freeq/${method}/${rest.join(':').slice(0, 8)}`;
}

/** What freeq's network carried of a signature. It may be the server's own, for its user; checking it is somebody else's. */
export const freeqSignature = (tags: ReadonlyMap<string, string>): 'none' | 'unchecked' =>
  (tags.get('+freeq.at/sig') ?? '') === '' ? 'none' : 'unchecked';
