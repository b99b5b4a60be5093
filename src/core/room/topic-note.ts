import { type NetworkTrust, TRUST_WORDS } from '../identity/assurance.ts';

/**
 * What stands at the end of a bridged room's topic: clients show a topic to everybody, and bridge information to almost
 * nobody. It goes to no network, and comes from none.
 */
export const topicNote = (network: string, channel: string, trust: NetworkTrust): string =>
  `${BEGIN}${network} ${channel} (${TRUST_WORDS[trust]})`;

const BEGIN = 'bridged with ';
const GAP = ' | ';
const ENDS = Object.values(TRUST_WORDS).map((words) => `(${words})`);

/** A topic as people of the network wrote it. */
export function withoutNote(topic: string): string {
  let own = topic;
  for (;;) {
    const at = own.lastIndexOf(BEGIN);
    const before = at < 0 ? '' : own.slice(0, at).trimEnd();
    const note = at < 0 ? '' : own.slice(at).trimEnd();
    const isNote = ENDS.some((end) => note.endsWith(end)) && !note.includes('|');
    if (!isNote || (before !== '' && !before.endsWith('|'))) return own;
    own = before.slice(0, -1).trimEnd();
  }
}

/** @param note none where the network's topics are left alone */
export function withNote(topic: string, note: string | undefined): string {
  const own = withoutNote(topic);
  return [own, note].filter((part) => part !== undefined && part !== '').join(GAP);
}
