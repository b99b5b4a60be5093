import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';

/** Two within this time may be one Ctrl-C that came by two ways. */
const ONE_KEYSTROKE_MS = 700;

/**
 * While the program is starting there is nobody to tell of a SIGHUP, and by itself it would end the process.
 * @returns called once, from when on {@link heedSignals} hears them: whether one came
 */
export function holdHangups(): () => boolean {
  let came = false;
  const note = (): void => {
    came = true;
  };
  process.on('SIGHUP', note);
  return () => {
    process.off('SIGHUP', note);
    return came;
  };
}

export type Heeded = {
  readonly clock: Clock;
  readonly log: Log;
  /** Called once. @param why the signal */
  readonly stop: (why: string) => void;
  readonly reload: () => void;
  /** Of the start. */
  readonly hangups: ReturnType<typeof holdHangups>;
};

/** From now on: what the system and people say to the process, and what nobody caught. */
export function heedSignals({ clock, log, stop, reload, hangups }: Heeded): void {
  let askedAtMs = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      // Asked again by a person: at once; what is on disk is safe.
      if (clock.nowMs() - askedAtMs > ONE_KEYSTROKE_MS) process.exit(1);
      if (askedAtMs === Number.POSITIVE_INFINITY) stop(signal);
      askedAtMs = Math.min(askedAtMs, clock.nowMs());
    });
  process.on('SIGHUP', reload);
  if (hangups()) reload();
  process.on('unhandledRejection', (reason) =>
    log.error('a bug: a failure that nobody expected', { error: String(reason), stack: stackOf(reason) }),
  );
  process.on('uncaughtException', (error) =>
    log.error('a bug: an exception that nobody expected', { error: String(error), stack: stackOf(error) }),
  );
}

const stackOf = (reason: unknown): string | undefined => (reason instanceof Error ? reason.stack : undefined);
