import type { NetworkSource } from './events.ts';
import type { GhostSubject } from './ids.ts';

/** The person of a network in a private conversation: who they are, and how they were last seen. */
export type Peer = {
  readonly subject: GhostSubject;
  readonly nick: string;
  /** `user@host`, where the network says it: what tells one bearer of a nick from the next when nobody vouches for either. */
  readonly host: string | null;
};

/** A private conversation of one person on Matrix with one of a network, whatever they are called. */
export type Direct = {
  readonly userId: string;
  readonly peer: Peer;
  /** The person on Matrix wants to hear nothing of the other. */
  readonly blocked: boolean;
};

/** Who writes, for somebody who may never have heard of them. */
export function introduction({ subject, nick }: Peer, networkName: string): string {
  const at = subject.origin === undefined ? networkName : `${subject.origin}, which is linked to ${networkName}`;
  const who =
    subject.kind === 'account'
      ? `They are logged in to the account ${subject.name} on ${at}.`
      : `Nobody vouches for this name: on ${at} anybody may take it.`;
  return `${nick} on ${networkName} writes to you in private. ${who} ${READABLE} \`!causeway block\` in this room keeps them from you, \`!causeway unblock\` lets them write again.`;
}

/** What somebody reads who opened the room. */
export const opening = ({ nick }: Peer, networkName: string): string =>
  `What is written here goes to ${nick} on ${networkName} in private, and only to them: not to whoever else takes that name. ${READABLE}`;

const READABLE = 'It is not end-to-end encrypted: the servers on the way can read it.';

/**
 * Whether whoever has a nick now is the person that is meant: the account where there is one. Of a nick that nobody vouches for, the address
 * has to be the same as well, for such names are free to be taken; and somebody who has logged in meanwhile may be another.
 * @param now as the server to which we are connected says it
 */
export function isSamePerson({ subject, host }: Peer, now: NetworkSource, fold: (name: string) => string): boolean {
  // What another server says of them, ours does not know.
  if (subject.origin !== undefined) return false;
  const account = now.account ?? null;
  if (subject.kind === 'account') return account !== null && fold(account) === fold(subject.name);
  if (account !== null || fold(now.nick) !== fold(subject.name)) return false;
  return host === null || host === `${now.user}@${now.host}`;
}
