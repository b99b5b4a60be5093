import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages } from '../../src/sandbox/obtain/apt.ts';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { onPath } from '../../src/sandbox/obtain/on-path.ts';

/** A program with what it needs to be started: its libraries may lie beside it. */
export type PackagedProgram = {
  readonly path: string;
  /** Folder that stands for `/` in the package's own paths; `/` itself where it is installed. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
};

export type PackagedWish = {
  readonly name: string;
  /** Debian's package of it. */
  readonly debianPackage: string;
  /** Where the package puts it: `usr/sbin/inspircd`. */
  readonly unpackedPath: string;
  readonly onDetail?: (text: string) => void;
};

/** A program from PATH (or the folders that ordinary users' PATH lacks), else from Debian's package with its missing dependencies. */
export async function ensurePackagedProgram(wish: PackagedWish): Promise<PackagedProgram> {
  const [installed] = await onPath(wish.name, ['/usr/sbin', '/usr/local/sbin']);
  if (installed !== undefined) return { path: installed, root: '/', env: {} };
  const root = await ensureCached(`debian-${wish.debianPackage}`, (draft) =>
    unpackDebianPackages(draft, {
      packages: [wish.debianPackage],
      withDependencies: true,
      ...(wish.onDetail === undefined ? {} : { onDetail: wish.onDetail }),
    }),
  );
  return { path: join(root, wish.unpackedPath), root, env: { LD_LIBRARY_PATH: (await libraryDirs(root)).join(':') } };
}

/** Folders with shared libraries below an unpacked root: `/usr/lib/x86_64-linux-gnu` and the like. */
export async function libraryDirs(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const entries = await readdir(join(root, base), { withFileTypes: true }).catch(() => []);
    found.push(
      join(root, base),
      ...entries
        .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
        .map((entry) => join(root, base, entry.name)),
    );
  }
  return found;
}
