import { statfs } from 'node:fs/promises';
import type { Health } from './health.ts';

const MiB = 1024 * 1024;
/** Below this we stop writing, so that the log can still be folded in and people can still work on the machine. */
export const DEFAULT_FLOOR_BYTES = 64 * MiB;
/** So much more than the floor must be free before writing goes on: no flapping at the border. */
const ENOUGH = 1.1;

/** @returns bytes that an ordinary user may still write in this folder */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export type FreeSpace = {
  readonly folder: string;
  readonly floorBytes: number;
  readonly measure: (folder: string) => Promise<number>;
};

/** Measures once, and tells the health of the database whether there is room. @returns bytes, where they can be known */
export async function checkFreeSpace(space: FreeSpace, health: Health): Promise<number | undefined> {
  let free: number;
  try {
    free = await space.measure(space.folder);
  } catch {
    return undefined;
  }
  const low = health.problem('space') !== undefined;
  if (free < space.floorBytes) {
    if (!low) health.begins('space', tooLittle(space, free));
  } else if (low && free >= space.floorBytes * ENOUGH) health.ends('space');
  return free;
}

const tooLittle = ({ folder, floorBytes }: FreeSpace, free: number): string =>
  `The disk of ${folder} is nearly full: ${Math.floor(free / MiB)} MiB are free, and below ${Math.ceil(floorBytes / MiB)} MiB ` +
  'nothing new is taken in. Free some space; the bridge goes on by itself, and nothing is lost.';
