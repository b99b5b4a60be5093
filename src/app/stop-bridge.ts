import type { Enforcement } from './admission/enforcement.ts';
import type { Kit } from './kit.ts';
import type { Lanes } from './lanes/lanes.ts';
import { within } from './timing/background.ts';
import type { MatrixReceipts } from './to-matrix/matrix-receipts.ts';

/** Lets what is under way reach its end, one part after the other, each for so long at most; what is left is on disk. */
export async function stopInOrder(
  kit: Kit,
  parts: { readonly enforcement: Enforcement; readonly lanes: Lanes; readonly matrixReceipts: MatrixReceipts },
): Promise<void> {
  const { enforcement, lanes, matrixReceipts } = parts;
  await within(kit, 1_000, enforcement.stop());
  await within(
    kit,
    3_000,
    lanes.stop().then(() => matrixReceipts.finish()),
  );
  const networks = [...kit.networks.values()];
  await within(kit, 4_000, Promise.all(networks.map((network) => network.stop('Causeway is stopping'))));
}
