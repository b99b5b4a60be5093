import type { Failpoint } from './ports/failpoint.ts';

/**
 * Ends this process as `kill -9` would at the k-th visit of the place that `CAUSEWAY_FAILPOINT=name@k` names. For the
 * tests that prove a crash harmless; without the variable it does nothing.
 */
export function makeFailpoint(setting: string | undefined): Failpoint {
  if (setting === undefined || setting === '') return () => {};
  const [name, at] = setting.split('@');
  let left = Number(at ?? 1);
  return (visited) => {
    if (visited === name && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
