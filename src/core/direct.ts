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

/** Which conversation of a nick this is: somebody else had one under the same name before. */
export type Bearer = 'first' | 'later';

/** Who writes, for somebody who may never have heard of them. */
export function introduction({ subject, nick }: Peer, networkName: string, bearer: Bearer): string {
  const at = subject.origin === undefined ? networkName : `${subject.origin}, which is linked to ${networkName}`;
  const who =
    subject.kind === 'account'
      ? `They are logged in to the account ${subject.name} on ${at}.`
      : `Nobody vouches for this name: on ${at} anybody may take it.`;
  return `${nick} on ${networkName} writes to you in private. ${who}${notTheSame(nick, bearer)} ${READABLE} \`!causeway block\` in this room keeps them from you, \`!causeway unblock\` lets them write again.`;
}

/** What somebody reads who opened the room. */
export const opening = ({ nick }: Peer, networkName: string, bearer: Bearer): string =>
  `What is written here goes to ${nick} on ${networkName} in private, and only to them: not to whoever else takes that name.${notTheSame(nick, bearer)} ${READABLE}`;

const notTheSame = (nick: string, bearer: Bearer): string =>
  bearer === 'first'
    ? ''
    : ` You have another room with a ${nick}, who came from another address: this may be somebody else, and nothing that is written in that room is sent to them. Ask for something that only the ${nick} whom you know can answer.`;

const READABLE = 'It is not end-to-end encrypted: the servers on the way can read it.';

/**
 * Whether two looks at one subject were at the same bearer: an account is one person wherever it comes from, a nick that nobody vouches for
 * only from one address.
 */
export const isSameBearer = (known: Peer, now: Peer): boolean =>
  known.subject.kind === 'account' || known.host === now.host;

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
