import type { ServerProcess } from './servers/server-process.ts';

const TRIES = 5;
const WITHIN_MS = 60_000;

/**
 * Starts a server again when it ends by itself, until it does so too often.
 * @param say told what happens
 * @param giveUp called once, when it ended five times within a minute or did not start again
 */
export function keepRunning(server: ServerProcess, say: (line: string) => void, giveUp: () => void): void {
  const ends: number[] = [];
  server.onUnexpectedEnd((how) => {
    const now = performance.now();
    ends.push(now);
    const recent = ends.filter((at) => now - at < WITHIN_MS).length;
    if (recent > TRIES) {
      say(`  ✘ ${server.name} ended again (${how}). Its log: ${server.logFile}`);
      giveUp();
      return;
    }
    say(`  ! ${server.name} ended (${how}); starting it again.`);
    server.start().then(
      () => say(`  ✔ ${server.name} is back.`),
      (error: Error) => {
        say(`  ✘ ${error.message}`);
        giveUp();
      },
    );
  });
}
