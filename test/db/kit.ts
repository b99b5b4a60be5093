import { type OpenDatabaseOptions, openDatabase } from '../../src/db/open-database.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Database } from '../../src/ports/db.ts';
import type { Log } from '../../src/ports/log.ts';
import { waitUntil } from '../../src/sandbox/people/wait.ts';

export const realClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** A log that keeps `level: message` lines. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => {
    lines.push(`${level}: ${message}`);
  };
  const log = {
    lines,
    error: keep('error'),
    warn: keep('warn'),
    info: keep('info'),
    debug: keep('debug'),
    with: () => log,
  };
  return log;
}

/** Opens a database that is expected to open. */
export async function openForTest(url: string, options: Partial<OpenDatabaseOptions> = {}): Promise<Database> {
  const opened = await openDatabase(url, { log: recordingLog(), clock: realClock, ...options });
  if (!opened.ok) throw new Error(opened.error.text);
  return opened.value;
}

/** The refusal of a database that is expected not to open. */
export async function refusalOf(
  url: string,
  options: Partial<OpenDatabaseOptions> = {},
): Promise<{ code: string; text: string }> {
  const opened = await openDatabase(url, { log: recordingLog(), clock: realClock, ...options });
  if (opened.ok) {
    await opened.value.close();
    throw new Error(`${url} was opened`);
  }
  return opened.error;
}

/** Waits for a condition; fails after the deadline with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 15_000,
): Promise<void> {
  await waitUntil(condition, { what, timeoutMs: deadlineMs });
}
