import type { Progress } from '../progress.ts';
import { NotPackaged } from './apt.ts';

/** A program that is there and runs. */
export type Program = { readonly path: string; readonly version: string };

/** One way to come by a program. */
export type Way = {
  /** `on PATH`, `built with Go`. */
  readonly title: string;
  /**
   * The program, or a sentence that says why this way is not open here. An exception is a way that should have worked:
   * it is reported, and the next one tried.
   */
  readonly tryIt: (detail: (text: string) => void) => Promise<Program | string>;
};

/** Tries one way after the other and reports each. Undefined when all are closed. */
export async function obtain(name: string, ways: readonly Way[], progress: Progress): Promise<Program | undefined> {
  for (const way of ways) {
    const step = progress.step(`${name}, ${way.title}`);
    try {
      const found = await way.tryIt(step.detail);
      if (typeof found === 'string') step.skipped(found);
      else {
        step.done(`${found.version}, ${found.path}`);
        return found;
      }
    } catch (error) {
      if (error instanceof NotPackaged) step.skipped(error.message);
      else step.failed(error instanceof Error ? error.message : String(error));
    }
  }
  return undefined;
}
