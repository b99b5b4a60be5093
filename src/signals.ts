import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';

/** Two within this time may be one Ctrl-C that came by two ways. */
const ONE_KEYSTROKE_MS = 700;

export type Heeded = {
  readonly clock: Clock;
  readonly log: Log;
  /** Called once. @param why the signal */
  readonly stop: (why: string) => void;
  readonly reload: () => void;
};

/** From now on: what the system and people say to the process, and what nobody caught. */
export function heedSignals({ clock, log, stop, reload }: Heeded): void {
  let askedAtMs = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      // Asked again by a person: at once; what is on disk is safe.
      if (clock.nowMs() - askedAtMs > ONE_KEYSTROKE_MS) process.exit(1);
      if (askedAtMs === Number.POSITIVE_INFINITY) stop(signal);
      askedAtMs = Math.min(askedAtMs, clock.nowMs());
    });
  process.on('SIGHUP', reload);
  process.on('unhandledRejection', (reason) =>
    log.error('a bug: a failure that nobody expected', { error: String(reason), stack: stackOf(reason) }),
  );
  process.on('uncaughtException', (error) =>
    log.error('a bug: an exception that nobody expected', { error: String(error), stack: stackOf(error) }),
  );
}

const stackOf = (reason: unknown): string | undefined => (reason instanceof Error ? reason.stack : undefined);
