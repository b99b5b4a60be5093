import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { SAMPLE_TOKEN } from './registration-checks.ts';

/** 64 random hexadecimal digits: a token that cannot be guessed and needs no quotes anywhere. */
export const randomToken = (): string => randomBytes(32).toString('hex');

export type Written =
  | { readonly ok: true; readonly replaced: boolean }
  | { readonly ok: false; readonly why: 'exists' | 'failed'; readonly text: string };

/**
 * Writes a registration for its owner's eyes only (mode 0600), whole or not at all. What stands there is only replaced
 * when it is the sample of the repository, or with `force`.
 * @param path absolute
 */
export async function writeRegistration(
  path: string,
  text: string,
  options: { readonly force: boolean },
): Promise<Written> {
  const temporary = `${path}.new-${randomBytes(6).toString('hex')}`;
  try {
    const standing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? undefined : Promise.reject(error),
    );
    const replaceable = standing !== undefined && (options.force || standing.includes(SAMPLE_TOKEN));
    if (standing !== undefined && !replaceable) {
      return {
        ok: false,
        why: 'exists',
        text: `${path} is there already, and the homeserver may know its tokens. Add --force to replace them, and restart the homeserver then.`,
      };
    }
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (replaceable) await rename(temporary, path);
    // A link, unlike a rename, refuses to replace what somebody else has made meanwhile.
    else await link(temporary, path);
    return { ok: true, replaced: replaceable };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { ok: false, why: 'failed', text: `${path} could not be written (${code ?? String(error)}).` };
  } finally {
    await rm(temporary, { force: true });
  }
}
