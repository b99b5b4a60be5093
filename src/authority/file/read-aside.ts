import { Worker } from 'node:worker_threads';
import { type Answer, unknown } from '../unknown.ts';
import { type MembersText, type ReadMembers, readMembers } from './read-members.ts';

/** Longer lists take more than some 40 ms to read, and messages would wait for it. */
const ASIDE_LENGTH = 65_536;
const TIMEOUT_MS = 60_000;
const MAX_HEAP_MB = 3_072;

/**
 * {@link readMembers}, long lists in a thread of their own, bounded in time and memory. The next thread is begun when one has
 * read its list: starting it and loading what it needs would take as long again as reading ten thousand people.
 */
export class AsideReader {
  readonly #signal: AbortSignal;
  #spare: Worker | undefined;

  /** @param signal ends threads; nothing is read any more after it */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => void this.#spare?.terminate());
  }

  async read(text: MembersText): Promise<Answer<ReadMembers>> {
    if (text.text.length <= ASIDE_LENGTH) return readMembers(text);
    const worker = this.#spare ?? makeWorker();
    this.#spare = undefined;
    try {
      return await readWith(worker, text, this.#signal);
    } finally {
      await worker.terminate();
      if (!this.#signal.aborted) this.#prepare();
    }
  }

  #prepare(): void {
    const worker = makeWorker();
    // One that ends before it is used is none.
    const drop = (): void => {
      if (this.#spare === worker) this.#spare = undefined;
    };
    worker.once('error', drop).once('exit', drop);
    this.#spare = worker;
  }
}

function makeWorker(): Worker {
  const worker = new Worker(new URL('./members-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  worker.unref();
  return worker;
}

async function readWith(worker: Worker, text: MembersText, signal: AbortSignal): Promise<Answer<ReadMembers>> {
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
      worker.postMessage(text);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
