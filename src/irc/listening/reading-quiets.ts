import type { NetworkQuiet } from '../../core/events.ts';
import { keyFromLine } from '../../core/ids.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { ModeChange } from '../../core/irc/modes.ts';
import { quietedBy } from '../../core/irc/quiet-mask.ts';
import { type Perspective, readNetworkSource, timeOf } from './reading.ts';

/** A mask that hits more of ours than this is about no person; whoever writes is told then. */
const MAX_TOLD = 10;

/** Which of our people a MODE line silences, or lets speak again. @param name of the line: each person's event has it with a number */
export function readQuiets(
  line: IrcLine,
  changes: readonly ModeChange[],
  { network, names, isupport, nowMs }: Perspective,
  name: { readonly epoch: string; readonly number: number },
): readonly NetworkQuiet[] {
  const told: NetworkQuiet[] = [];
  const { source, params } = line;
  const from = source === undefined ? { nick: '' } : readNetworkSource(line, source);
  for (const change of changes) {
    const whom = quietedBy(change, isupport);
    if (whom === undefined) continue;
    const hit = 'mask' in whom ? names.hitBy(whom.mask) : names.ofAccount(whom.account);
    if (hit.length > MAX_TOLD) continue;
    for (const userId of hit)
      told.push({
        kind: 'quiet',
        network,
        channel: params[0] ?? '',
        key: keyFromLine(`${name.epoch}-quiet-${name.number}`, told.length + 1),
        timeMs: timeOf(line, nowMs),
        replayed: false,
        source: from,
        userId,
        silenced: change.sign === '+',
      });
  }
  return told;
}
