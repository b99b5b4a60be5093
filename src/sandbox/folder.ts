import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';
import { waitUntil } from './people/wait.ts';
import { isStillThere, type ProcessRecord, parseRecord, recordOf } from './process-record.ts';

/** What a sandbox keeps in its folder; nothing else is ever removed from it. */
const ENTRIES = [
  ...['state.json', 'config.yaml', 'registration.yaml', 'bridge.log', 'dendrite', 'ergo', 'processes'],
  ...['members.yaml', 'audit.jsonl', 'audit.jsonl.head', 'audit.jsonl.key'],
  ...['causeway.db', 'causeway.db-wal', 'causeway.db-shm', 'causeway.db.lock', 'media'],
];
const LOCK = 'lock.json';
const ORDERLY_END_MS = 4_000;

export type Leftover = { readonly name: string; readonly pid: number };

/** A sandbox's folder while this process works in it. */
export type Folder = {
  readonly path: string;
  /** Remembers a server process, so that the next start finds it should we be killed. */
  readonly record: (name: string, pid: number) => void;
  /** Ends what an earlier run left behind; harmless when there is nothing. */
  readonly clearLeftovers: () => Promise<Leftover[]>;
  /** Begins anew: removes everything of the sandbox from the folder. */
  readonly reset: () => void;
  readonly release: () => void;
};

/** Takes the folder for this process. @returns the process that has it already, where one does */
export function takeFolder(path: string): Folder | { readonly takenBy: number } {
  mkdirSync(join(path, 'processes'), { recursive: true, mode: 0o700 });
  const lock = join(path, LOCK);
  const me = JSON.stringify(recordOf(process.pid));
  if (!create(lock, me)) {
    const holder = read(lock);
    if (holder !== undefined && isStillThere(holder)) return { takenBy: holder.pid };
    rmSync(lock, { force: true });
    if (!create(lock, me)) return { takenBy: read(lock)?.pid ?? 0 };
  }
  const release = (): void => {
    forget();
    if (read(lock)?.pid === process.pid) rmSync(lock, { force: true });
  };
  const forget = atExit(release);

  const processes = join(path, 'processes');
  return {
    path,
    record: (name, pid) => {
      const record = recordOf(pid);
      if (record !== undefined) writeFileSync(join(processes, `${name}.json`), JSON.stringify(record), { mode: 0o600 });
    },
    clearLeftovers: () => clearLeftovers(processes),
    reset: () => {
      for (const entry of ENTRIES) rmSync(join(path, entry), { recursive: true, force: true });
      mkdirSync(processes, { recursive: true, mode: 0o700 });
    },
    release,
  };
}

async function clearLeftovers(processes: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const file of readdirSync(processes)) {
    const record = read(join(processes, file));
    if (record !== undefined && isStillThere(record)) {
      found.push({ name: file.replace(/\.json$/, ''), pid: record.pid });
      await endGroup(record);
    }
    rmSync(join(processes, file), { force: true });
  }
  return found;
}

/** Each server leads its own process group. */
async function endGroup(record: ProcessRecord): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-record.pid, name);
    } catch {
      // Gone meanwhile, or never leader of a group.
    }
  };
  const gone = (): boolean => !isStillThere(record);
  signal('SIGTERM');
  signal('SIGCONT');
  await waitUntil(gone, { timeoutMs: ORDERLY_END_MS }).catch(() => signal('SIGKILL'));
  await waitUntil(gone, { timeoutMs: ORDERLY_END_MS, what: `the end of process ${record.pid}` });
}

function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): ProcessRecord | undefined {
  try {
    return parseRecord(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
