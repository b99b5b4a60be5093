import type { Ghosts } from '../people/ghosts.ts';
import type { Names } from '../people/names.ts';
import type { RoomFate } from '../rooms/room-fate.ts';
import type { Relations } from '../to-network/relations.ts';
import { MatrixDoubts, type MatrixDoubtsParts } from './matrix-doubt.ts';
import { MatrixEffects, type MatrixEffectsParts } from './matrix-effects.ts';
import { MatrixRelations } from './matrix-relations.ts';
import { ToMatrixDriver, type ToMatrixParts } from './to-matrix.ts';

export type MakeToMatrixParts = Pick<ToMatrixParts, 'kit' | 'lanes' | 'portals' | 'gate' | 'echoes' | 'receipts'> &
  Pick<MatrixEffectsParts, 'files' | 'rules'> &
  Pick<MatrixDoubtsParts, 'isOurs' | 'bootId'> & {
    readonly ghosts: Ghosts;
    readonly relations: Relations;
    readonly names: Pick<Names, 'calls'>;
    readonly fate: Pick<RoomFate, 'upgrades' | 'lost'>;
  };

/** What carries effects out on Matrix, put together. */
export function makeToMatrix(parts: MakeToMatrixParts): ToMatrixDriver {
  const { kit, ghosts, relations, names, fate } = parts;
  const { targets, withdrawals } = relations;
  return new ToMatrixDriver({
    ...parts,
    effects: new MatrixEffects({
      ...parts,
      relations: new MatrixRelations(kit, ghosts, targets, names.calls),
      upgrades: fate.upgrades,
      lost: fate.lost,
    }),
    doubts: new MatrixDoubts(parts),
    withdrawals,
  });
}
