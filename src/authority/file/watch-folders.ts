import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Says when something changes in the folder of a file and, where the file is a link, in that of what it leads to. A
 * folder and not the file, since editors put another file in its place. Folders that cannot be watched are not: whoever
 * uses this looks from time to time as well.
 */
export class FolderWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #isClosed = false;

  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
  }

  /** Watches the folders as they are now; again after folders were replaced. */
  async ensureWatching(): Promise<void> {
    const real = await realpath(this.#path).catch(() => this.#path);
    const wanted = new Set([dirname(this.#path), dirname(real)]);
    if (this.#isClosed) return;
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#forget(folder);
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    this.#isClosed = true;
    for (const folder of [...this.#watchers.keys()]) this.#forget(folder);
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#onChange());
      watcher.on('error', () => this.#forget(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // No such folder, or no watches left on this machine: the slow look finds changes.
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
