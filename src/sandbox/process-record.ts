import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A process beyond doubt: its number alone may belong to somebody else by the time it is read. */
export type ProcessRecord = { readonly pid: number; readonly startedAt: string };

/** @returns undefined when there is no such process, or only its zombie */
export function recordOf(pid: number): ProcessRecord | undefined {
  const startedAt = existsSync('/proc/self/stat') ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export const isStillThere = (record: ProcessRecord): boolean => recordOf(record.pid)?.startedAt === record.startedAt;

/** Field 22 of /proc/<pid>/stat: clock ticks between boot and the process's start (man 5 proc). */
function startFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ...rest] = fields;
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

function startFromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

/** A record out of a file that may be damaged. */
export function parseRecord(text: string): ProcessRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessRecord>;
    const usable = Number.isSafeInteger(value.pid) && Number(value.pid) > 1 && typeof value.startedAt === 'string';
    return usable ? { pid: Number(value.pid), startedAt: String(value.startedAt) } : undefined;
  } catch {
    return undefined;
  }
}
