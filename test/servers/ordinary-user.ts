import { chown } from 'node:fs/promises';

/** `nobody`, as Debian numbers it. */
const ORDINARY_UID = 65_534;

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * The command line under which a program that refuses root runs: as `nobody` when we are root, unchanged otherwise. It may
 * pass folders that are closed to others, since ours in a root's home or temporary folder are.
 */
export function asOrdinaryUser(
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (!isRoot()) return { command, args };
  const drop = [`--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups'];
  const pass = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: 'setpriv', args: [...drop, ...pass, command, ...args] };
}

/** Gives a folder or file to the user of {@link asOrdinaryUser}. */
export async function giveToOrdinaryUser(path: string): Promise<void> {
  if (isRoot()) await chown(path, ORDINARY_UID, ORDINARY_UID);
}
