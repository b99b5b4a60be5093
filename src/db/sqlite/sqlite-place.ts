import { closeSync, lstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fail, ok, type Result } from '../../core/errors.ts';

/**
 * Makes sure of the file and gives its one true path, so that a link or a relative path meets the same lock and the
 * same log beside it. The file and its folder are for the user of the bridge alone: messages are in it.
 */
export function settleSqlitePath(path: string): Result<string> {
  const wanted = resolve(path);
  try {
    mkdirSync(dirname(wanted), { recursive: true, mode: 0o700 });
    // An existing file is never opened here: closing it would drop the locks that SQLite holds on it in this process.
    if (lstatSync(wanted, { throwIfNoEntry: false }) === undefined) closeSync(openSync(wanted, 'a', 0o600));
    const real = realpathSync(wanted);
    const stat = statSync(real);
    if (!stat.isFile()) return refuse(wanted, 'it is no file');
    if (stat.nlink > 1) return refuse(wanted, 'the file has several names (hard links), and would have a log for each');
    return ok(real);
  } catch (error) {
    return refuse(wanted, (isErrno(error) && REASONS[error.code ?? '']) || String(error));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'the user that runs the bridge may not write there',
  EPERM: 'the user that runs the bridge may not write there',
  EROFS: 'the file system is read-only',
  EEXIST: 'a part of its path is a file',
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'it is a link that leads nowhere',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

const isErrno = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;

const refuse = (path: string, why: string): Result<never> =>
  fail({
    code: 'database_unusable',
    text: `The database file ${path} cannot be used: ${why}. Give another path under \`database\`, or put this right.`,
    retry: 'never',
    notify: 'log',
  });

/** Names what is at a path, so that a replacement is noticed; `unknown` where one may not look. */
export function fileIdentity(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? 'nothing' : `${stat.dev}:${stat.ino}`;
  } catch {
    return 'unknown';
  }
}
