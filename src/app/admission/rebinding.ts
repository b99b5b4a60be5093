import { subjectKey } from '../../core/authority/member.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Person } from '../commands/asker.ts';
import type { Kit } from '../kit.ts';
import type { Admission } from './admission.ts';

export type RebindingParts = {
  readonly kit: Kit;
  readonly audit: Audit;
  readonly admission: Admission;
  /** The two accounts change ghosts. */
  readonly swapGhosts: (network: NetworkId, a: GhostSubject, b: GhostSubject) => Promise<void>;
};

/**
 * Gives the ghost of an account that somebody had to the one that they have now, after both were proven to be theirs.
 * @param words on a network the account that was before; on Matrix the network and the two accounts
 */
export async function rebind(parts: RebindingParts, asker: Person, words: readonly string[]): Promise<string> {
  const { kit, audit, admission, swapGhosts } = parts;
  const wish = wishOf(asker, words);
  if (typeof wish === 'string') return wish;
  const network = kit.networks.get(wish.network);
  if (network === undefined) return `There is no network ${wish.network}.`;
  const holders = [wish.from, wish.to].map((account) => admission.networkUser(network.id, { nick: '', account }));
  const [before, now] = holders.map((holder) =>
    holder.kind === 'found' ? subjectKey(holder.value.subject) : undefined,
  );
  const mine = asker.kind === 'matrix' ? admission.subjectOf(asker.userId) : now;
  if (before === undefined || before !== now || before !== mine)
    return `It is not proven that both ${wish.from} and ${wish.to} are yours. Link each with \`!causeway link\` first, logged in to it.`;
  const [from, to] = [wish.from, wish.to].map((account) =>
    subjectOf({ nick: '', account }, (name) => network.fold(name)),
  );
  if (from === undefined || to === undefined || from.name === to.name) return 'These are one account.';
  const isWritten = await audit.write([
    {
      phase: 'note',
      actor: asker.kind === 'matrix' ? asker.userId : before,
      cause: 'rebind',
      subject: before,
      action: 'rebind',
      resource: '',
      why: `the ghosts of ${from.name} and ${to.name} on ${network.id} change places: both accounts are proven to be this member’s`,
      revision: null,
    },
  ]);
  if (!isWritten) return 'The record of decisions cannot be written now, so nothing was changed. Try again later.';
  await swapGhosts(network.id, from, to);
  return `${to.name} on ${network.id} has the Matrix user of ${from.name} from now on. Saying it again with the two the other way round undoes it.`;
}

type Wish = { readonly network: NetworkId; readonly from: string; readonly to: string };

function wishOf(asker: Person, words: readonly string[]): Wish | string {
  const [first = '', second = '', third = ''] = words;
  if (asker.kind === 'network') {
    if (asker.account === null || asker.origin !== undefined)
      return 'Log in to the account that you have now, and say it from there.';
    return { network: asker.network, from: first, to: asker.account };
  }
  return { network: first as NetworkId, from: second, to: third };
}
