import type { NetworkSource } from '../events.ts';
import type { GhostSubject } from '../ids.ts';

/** As much of a source as says who it is. */
export type Identified = Pick<NetworkSource, 'nick' | 'account' | 'origin'>;

/**
 * Whom a ghost of this person stands for: the account where a server vouches for one, else the nick; at the server that
 * vouches for it, so that two of one name at two servers never become one.
 * @param fold the network's case mapping
 */
export function subjectOf({ nick, account, origin }: Identified, fold: (name: string) => string): GhostSubject {
  const at = origin === undefined ? {} : { origin };
  // Two DIDs may differ in case alone (did:key is base58).
  if (typeof account === 'string' && account !== '')
    return { kind: 'account', name: account.startsWith('did:') ? account : fold(account), ...at };
  return { kind: 'nick', name: fold(nick), ...at };
}
