/** A line of ours as the listener saw it. */
export type OwnLine = {
  readonly channel: string;
  readonly nick: string;
  readonly account: string | undefined;
  readonly body: string;
  readonly tag: string | undefined;
  /** By which it is found again. */
  readonly msgid: string | undefined;
  readonly atMs: number;
};

const MAX_LINES = 4000;

/**
 * The last lines of ours that the listener saw, and since when it has been listening without a break: where a server keeps no history,
 * this tells whether a line arrived.
 */
export class OwnLines {
  #lines: OwnLine[] = [];
  /** The oldest ones had to go: what came before this is not known. */
  #completeSinceMs = Number.POSITIVE_INFINITY;

  /** The listener is in its channels from now on. */
  listening(nowMs: number): void {
    this.#lines = [];
    this.#completeSinceMs = nowMs;
  }

  deaf(): void {
    this.#completeSinceMs = Number.POSITIVE_INFINITY;
  }

  add(line: OwnLine): void {
    this.#lines.push(line);
    if (this.#lines.length <= MAX_LINES * 2) return;
    this.#lines = this.#lines.slice(-MAX_LINES);
    this.#completeSinceMs = Math.max(this.#completeSinceMs, this.#lines[0]?.atMs ?? 0);
  }

  /** What was seen since then; `complete` where that is everything there was. */
  since(sinceMs: number): { readonly lines: readonly OwnLine[]; readonly complete: boolean } {
    return { lines: this.#lines.filter(({ atMs }) => atMs >= sinceMs), complete: sinceMs >= this.#completeSinceMs };
  }
}
