import type { Kit } from '../kit.ts';
import { Withdrawals } from '../lanes/withdrawals.ts';
import type { People } from '../people/people.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { inBackground } from '../timing/background.ts';
import { LineComposer } from './line-composer.ts';
import { NetworkErrands } from './network-errands.ts';
import { SaidTexts } from './said-texts.ts';
import { Targets } from './targets.ts';

/** What lines are about beside themselves: what they answer, change, take back. */
export type Relations = {
  readonly targets: Targets;
  readonly texts: SaidTexts;
  readonly withdrawals: Withdrawals;
  readonly composer: LineComposer;
  readonly errands: NetworkErrands;
  /** A room was replaced by another. */
  readonly moved: (from: string, to: string) => void;
};

export function makeRelations(kit: Kit, people: People, rules: RoomRules): Relations {
  const targets = new Targets(kit);
  const texts = new SaidTexts();
  return {
    targets,
    texts,
    withdrawals: new Withdrawals(),
    composer: new LineComposer(kit, people, targets, texts),
    errands: new NetworkErrands(kit, people, targets, rules),
    moved: (from, to) => {
      targets.moved(from, to);
      inBackground(kit, rules.moved(to));
    },
  };
}
