import assert from 'node:assert/strict';

/** So much more input is given the second time. */
const TIMES = 16;
/** How much dearer a unit of the larger input may be: caches and the collector take their share. Less than {@link TIMES}. */
const SLACK = 6;
/** Below it chance decides. */
const LEAST_MS = 1;

/**
 * Fails where the time that a piece of work takes grows faster than its input. What counts is processor time of this thread, so
 * that other processes of a busy machine take no part in it.
 * @param size of the larger input; the smaller has a sixteenth of it
 */
export function growsEvenly(what: string, work: (size: number) => unknown, size: number): void {
  const leastMs = (of: number): number => Math.min(...[0, 1, 2].map(() => processorMs(() => work(of))));
  const [short, long] = [leastMs(Math.ceil(size / TIMES)), leastMs(size)];
  assert.ok(
    long < TIMES * SLACK * Math.max(short, LEAST_MS),
    `${what}: ${long.toFixed(1)} ms for ${TIMES} times what takes ${short.toFixed(1)} ms`,
  );
}

/** What a piece of work takes of the processor, in milliseconds. */
export function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
