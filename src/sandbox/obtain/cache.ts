import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs that were built or unpacked stay, one folder per user. */
export function cacheRoot(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'causeway');
}

/**
 * The folder `name` of the cache, made by `fill` when it is not there. It appears whole or not at all: two processes may
 * fill it at once, and one that is killed in the middle leaves nothing that looks finished.
 */
export async function ensureCached(name: string, fill: (dir: string) => Promise<void>): Promise<string> {
  const wanted = join(cacheRoot(), name);
  if (await exists(wanted)) return wanted;
  const draft = `${wanted}.${process.pid}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    await rename(draft, wanted);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(wanted))) throw error;
  }
  return wanted;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
