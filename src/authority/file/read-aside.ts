import { Worker } from 'node:worker_threads';
import { type Answer, unknown } from '../unknown.ts';
import { type MembersText, type ReadMembers, readMembers } from './read-members.ts';

/** Longer lists take more than some 40 ms to read, and messages would wait for it. */
const ASIDE_LENGTH = 65_536;
const TIMEOUT_MS = 60_000;
const MAX_HEAP_MB = 3_072;

/** {@link readMembers}, long lists in a thread of their own, bounded in time and memory. */
export async function readAside(text: MembersText, signal: AbortSignal): Promise<Answer<ReadMembers>> {
  if (text.text.length <= ASIDE_LENGTH) return readMembers(text);
  const worker = new Worker(new URL('./members-worker.ts', import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  worker.unref();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => void worker.terminate();
  signal.addEventListener('abort', onAbort);
  try {
    return await new Promise<Answer<ReadMembers>>((resolve) => {
      const tooMuch = (why: string): void =>
        resolve(unknown('malformed', `The list of members ${text.file} ${why}. Long lists are read better as JSON.`));
      timer = setTimeout(() => tooMuch(`takes more than ${TIMEOUT_MS / 1000} s to read`), TIMEOUT_MS);
      timer.unref();
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? tooMuch(`takes more than ${MAX_HEAP_MB} MB to read`)
          : resolve(unknown('malformed', `The list of members ${text.file} cannot be read: ${error.message}.`)),
      );
      worker.once('exit', () => tooMuch('was not read to its end'));
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
