import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Full paths of the programs of this name on PATH, then in `more`, first found first. */
export async function onPath(name: string, more: readonly string[] = []): Promise<string[]> {
  const found: string[] = [];
  for (const dir of [...(process.env.PATH ?? '').split(delimiter), ...more]) {
    const path = join(dir, name);
    if (dir !== '' && (await isProgram(path))) found.push(path);
  }
  return found;
}

export const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
