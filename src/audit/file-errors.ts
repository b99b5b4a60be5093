/** What comes and goes with the disk. Everything else at a start is for a person to put right. */
const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full: free some space',
  EDQUOT: 'its disk quota is used up: free some space',
  EIO: 'its disk does not work: look at the system’s log',
  EROFS: 'its disk is read-only: mount it for writing',
  EMFILE: 'this process has too many files open: raise its limit',
  ENFILE: 'this machine has too many files open',
};

const REASONS: Readonly<Record<string, string>> = {
  ...PASSING,
  EACCES: 'the user that runs the bridge may not write there',
  EPERM: 'the user that runs the bridge may not write there',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'a part of its path leads nowhere',
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';

/** Whether it may be over by itself, or when somebody looks after the disk. */
export const passes = (error: unknown): boolean => Object.hasOwn(PASSING, codeOf(error));

/** What an admin reads. */
export function sentence(error: unknown, path: string): string {
  const code = codeOf(error);
  if (code === '' && error instanceof Error) return `The audit log cannot be used: ${error.message}`;
  return `The audit log ${path} cannot be written: ${REASONS[code] ?? String(error)}. It goes on by itself when that is put right.`;
}
