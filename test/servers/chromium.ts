import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages } from '../../src/sandbox/obtain/apt.ts';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { onPath } from '../../src/sandbox/obtain/on-path.ts';
import { libraryDirs, type PackagedProgram } from './debian-program.ts';

/**
 * Debian's Chromium, unpacked where it is not installed, with two fonts so that a page looks the same everywhere. The package's own
 * start script knows only `/`.
 */
export async function chromiumProgram(onDetail?: (text: string) => void): Promise<PackagedProgram> {
  const [installed] = await onPath('chromium');
  if (installed !== undefined) return { path: installed, root: '/', env: {} };
  const root = await ensureCached('debian-chromium-fonts', (draft) =>
    unpackDebianPackages(draft, {
      packages: ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji'],
      withDependencies: true,
      ...(onDetail === undefined ? {} : { onDetail }),
    }),
  );
  const fonts = join(root, 'fonts.conf');
  await writeFile(fonts, `<fontconfig><dir>${join(root, 'usr/share/fonts')}</dir></fontconfig>\n`);
  const libraries = (await libraryDirs(root)).flatMap((dir) => [dir, join(dir, 'pulseaudio')]);
  return {
    path: join(root, 'usr/lib/chromium/chromium'),
    root,
    env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: fonts },
  };
}

/** Nobody asks for a window, a sandbox of its own or anything of the network beyond loopback. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
