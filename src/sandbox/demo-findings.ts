import { editMember } from './members-file.ts';
import { waitUntil } from './people/wait.ts';
import type { Progress } from './progress.ts';

const COMES_MS = 15_000;

/** What has to hold in the demo besides lines arriving: each is told, with the time since the list of members was saved. */
export class DemoFindings {
  readonly problems: string[] = [];
  readonly #dir: string;
  readonly #progress: Progress;
  #savedAtMs = 0;

  /** @param dir where the list of members is */
  constructor(dir: string, progress: Progress) {
    this.#dir = dir;
    this.#progress = progress;
  }

  get savedAtMs(): number {
    return this.#savedAtMs;
  }

  /** Changes somebody's entry in the list of members, and starts the clock. */
  async save(id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    await editMember(this.#dir, id, change);
    this.#savedAtMs = Date.now();
    this.#progress.say(`  members.yaml is saved, with ${id}: ${JSON.stringify(change).replaceAll('"', '')}`);
  }

  /** @param limitMs most time since the list was saved; what comes later counts as not come */
  async comes(what: string, look: () => boolean | Promise<boolean>, limitMs = COMES_MS): Promise<void> {
    const restMs = Math.max(0, this.#savedAtMs + limitMs - Date.now());
    const came = await waitUntil(look, { timeoutMs: restMs }).catch(() => false);
    const sinceMs = Date.now() - this.#savedAtMs;
    this.holds(came ? `${what}  ${sinceMs} ms after` : `${what}: not within ${limitMs / 1000} s`, came);
  }

  holds(what: string, isSo: boolean): void {
    this.#progress.say(`  ${isSo ? '✔' : '✘'} ${what}`);
    if (!isSo) this.problems.push(what);
  }
}
