/** So many records with one text within the window are written; the rest are counted. */
const BURST = 20;
const WINDOW_MS = 10_000;
/** More texts at a time than that are not told apart: the oldest is forgotten. */
const MAX_TEXTS = 500;

type Window = { startedMs: number; written: number; suppressed: number };

/** Says which of many equal records to write, so that an outage does not fill the disk with one sentence. */
export type RepeatLimit = {
  /** @returns whether to write it */
  admit(text: string, nowMs: number): boolean;
  /** Texts whose window is over, and how many records of each were left out. */
  expired(nowMs: number): ReadonlyArray<{ readonly text: string; readonly suppressed: number }>;
};

export function makeRepeatLimit(): RepeatLimit {
  const windows = new Map<string, Window>();
  return {
    admit(text, nowMs) {
      let window = windows.get(text);
      if (window === undefined) {
        const oldest = windows.size >= MAX_TEXTS ? windows.keys().next().value : undefined;
        if (oldest !== undefined) windows.delete(oldest);
        window = { startedMs: nowMs, written: 0, suppressed: 0 };
        windows.set(text, window);
      }
      if (window.written < BURST) {
        window.written++;
        return true;
      }
      window.suppressed++;
      return false;
    },
    expired(nowMs) {
      const over: { text: string; suppressed: number }[] = [];
      for (const [text, window] of windows) {
        // A wall clock may be set back: then the window is over too.
        if (nowMs - window.startedMs < WINDOW_MS && nowMs >= window.startedMs) continue;
        windows.delete(text);
        if (window.suppressed > 0) over.push({ text, suppressed: window.suppressed });
      }
      return over;
    },
  };
}
