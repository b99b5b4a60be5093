/**
 * Tells a person that something is going on: one line per step. On a terminal the line is rewritten each second; anywhere
 * else a step is a line at its beginning, one each ten seconds while it lasts, and one at its end.
 */
export type Progress = {
  /** Begins a step; the one before must have ended. */
  readonly step: (title: string) => Step;
  /** A whole line between steps. */
  readonly say: (line: string) => void;
};

export type Step = {
  /** What is being done now: `143 packages compiled`. */
  readonly detail: (text: string) => void;
  readonly done: (text?: string) => void;
  readonly failed: (text: string) => void;
  /** Neither done nor failed: this way is not open on this machine. */
  readonly skipped: (text: string) => void;
};

export type Terminal = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

const REPEAT_MS = 10_000;
const TERMINAL_TICK_MS = 1_000;
/** A step that is over sooner is one line, not two, where lines cannot be rewritten. */
const WORTH_ANNOUNCING_MS = 250;
/** Of a terminal that does not say its width (a new pseudo-terminal says 0). */
const USUAL_COLUMNS = 80;
/** Steps shorter than this show no time. */
const WORTH_TELLING_MS = 100;

export function makeProgress(terminal: Terminal = process.stdout): Progress {
  const rewrites = terminal.isTTY === true;
  const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(1) : (ms / 1000).toFixed(0));

  const step = (title: string): Step => {
    const startedAt = performance.now();
    let detail = '';
    let over = false;
    const elapsed = (): number => performance.now() - startedAt;
    const line = (mark: string, text: string): string => {
      const time = elapsed() >= WORTH_TELLING_MS ? ` (${seconds(elapsed())} s)` : '';
      return `  ${mark} ${title}${text === '' ? '' : `: ${text}`}${time}`;
    };
    const show = (): void => {
      const text = line('…', detail);
      if (rewrites) terminal.write(`\r\x1b[2K${text.slice(0, (terminal.columns || USUAL_COLUMNS) - 1)}`);
      else terminal.write(`${text}\n`);
    };
    const end =
      (mark: string) =>
      (text = '') => {
        if (over) return;
        over = true;
        clearInterval(timer);
        terminal.write(`${rewrites ? '\r\x1b[2K' : ''}${line(mark, text)}\n`);
      };
    let timer = setTimeout(
      () => {
        show();
        timer = setInterval(show, rewrites ? TERMINAL_TICK_MS : REPEAT_MS);
      },
      rewrites ? 0 : WORTH_ANNOUNCING_MS,
    );
    return {
      detail: (text) => {
        detail = text;
      },
      done: end('✔'),
      failed: end('✘'),
      skipped: end('·'),
    };
  };
  return { step, say: (text) => void terminal.write(`${text}\n`) };
}

/** Says nothing; for callers who only want the result. */
export const quiet: Progress = {
  step: () => ({ detail: () => {}, done: () => {}, failed: () => {}, skipped: () => {} }),
  say: () => {},
};
