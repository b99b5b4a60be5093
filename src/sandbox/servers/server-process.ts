import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guard, unguard } from './guardian.ts';

export type ServerSpec = {
  /** For messages: `Dendrite`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where both output streams go, appended. */
  readonly logFile: string;
  /** Whether the server answers now; asked every few milliseconds. An exception means no. */
  readonly isReady: () => Promise<boolean>;
  readonly readyWithinMs?: number;
  /** Signal of an orderly stop; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long an orderly stop may take before SIGKILL. */
  readonly stopWithinMs?: number;
  /** Told the process's number at each start, before it is ready. */
  readonly onStarted?: (pid: number) => void;
  /** In its last words where it ended while it started, and only chance was to blame: it is started again, a few times. */
  readonly endsByChance?: RegExp;
};

/** A server program that runs as a child in a process group of its own, so that no Ctrl-C but ours reaches it. */
export type ServerProcess = {
  readonly name: string;
  /** Of the process that runs now or ran last. */
  readonly pid: number;
  readonly isRunning: () => boolean;
  /** Resolves when the process is gone; SIGKILL after the bound. Harmless when it does not run. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** `kill -9` of the whole group, resolves when the process is gone. */
  readonly kill9: () => Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. Resolves when every thread of the process has stopped. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  /** Starts again with the same data, ports and arguments; stops it first where it runs. Resolves when ready. */
  readonly restart: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts again what was stopped or killed. Resolves when ready. */
  readonly start: () => Promise<void>;
  /** The last lines of the log. */
  readonly logTail: (lines?: number) => Promise<string>;
  readonly logFile: string;
  /** Called at each end of the process that `stop` and `kill9` did not ask for. */
  readonly onUnexpectedEnd: (listener: (how: string) => void) => void;
};

const PROBE_EVERY_MS = 15;
/** Where it ends by chance. */
const STARTS = 5;
/** Of a panic, with the stack. */
const LAST_WORDS_LINES = 60;
const PAUSE_WITHIN_MS = 2_000;

/** Whether no thread of a process runs (proc(5): the state follows the name in parentheses). True where that cannot be seen. */
async function hasStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => ') T')),
  );
  return states.every((text) => /\) [TtZX]/.test(text));
}

/** Starts a server and resolves when it is ready; fails with the last lines of its log otherwise. */
export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let endWanted = false;
  const endListeners: ((how: string) => void)[] = [];

  const isRunning = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const logTail = (lines = 15): Promise<string> => readTail(spec.logFile, lines);

  const signal = (name: NodeJS.Signals): void => {
    if (!isRunning() || child?.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };

  const end = async (name: NodeJS.Signals, withinMs: number): Promise<void> => {
    endWanted = true;
    if (!isRunning()) return;
    signal(name);
    // A stopped process takes no other signal than SIGKILL before it is continued.
    if (name !== 'SIGKILL') signal('SIGCONT');
    const timer = setTimeout(() => signal('SIGKILL'), withinMs);
    // Whoever waits for the end stays until it is there.
    child?.ref();
    await ended;
    clearTimeout(timer);
  };

  const start = async (): Promise<void> => {
    for (let starts = 1; ; starts++) {
      try {
        return await startOnce();
      } catch (error) {
        const words = isRunning() ? '' : await logTail(LAST_WORDS_LINES);
        if (starts === STARTS || spec.endsByChance?.test(words) !== true) throw error;
      }
    }
  };

  const startOnce = async (): Promise<void> => {
    if (isRunning()) return;
    endWanted = false;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const log = openSync(spec.logFile, 'a', 0o600);
    const started = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child = started;
    let spawnError: Error | undefined;
    ended = new Promise((resolve) => {
      started.once('error', (error) => {
        spawnError = error;
        resolve();
      });
      started.once('exit', (code, signalName) => {
        if (started.pid !== undefined) unguard(started.pid);
        resolve();
        if (!endWanted) for (const tell of endListeners) tell(signalName ?? `exit code ${code}`);
      });
    });
    if (started.pid !== undefined) {
      guard(started.pid);
      spec.onStarted?.(started.pid);
    }
    started.unref();

    const withinMs = spec.readyWithinMs ?? 20_000;
    const deadline = performance.now() + withinMs;
    for (;;) {
      if (spawnError !== undefined) throw new Error(`${spec.name} could not be started: ${spawnError.message}`);
      if (!isRunning())
        throw new Error(`${spec.name} ended while it started. Last lines of ${spec.logFile}:\n${await logTail()}`);
      if (await spec.isReady().catch(() => false)) return;
      if (performance.now() > deadline) {
        await end('SIGKILL', 0);
        throw new Error(
          `${spec.name} did not answer in ${withinMs / 1000} s. Last lines of ${spec.logFile}:\n${await logTail()}`,
        );
      }
      await delay(PROBE_EVERY_MS);
    }
  };

  const stop = (name: NodeJS.Signals = spec.stopSignal ?? 'SIGTERM'): Promise<void> =>
    end(name, spec.stopWithinMs ?? 10_000);

  await start();
  return {
    name: spec.name,
    get pid() {
      return child?.pid ?? 0;
    },
    isRunning,
    stop,
    kill9: () => end('SIGKILL', 0),
    pause: async () => {
      signal('SIGSTOP');
      const deadline = performance.now() + PAUSE_WITHIN_MS;
      while (!(await hasStopped(child?.pid ?? 0)) && performance.now() < deadline) await delay(PROBE_EVERY_MS);
    },
    resume: () => signal('SIGCONT'),
    restart: async (name) => {
      await stop(name);
      await start();
    },
    start,
    logTail,
    logFile: spec.logFile,
    onUnexpectedEnd: (listener) => endListeners.push(listener),
  };
}

/** The server with more members; its `pid` stays that of the process that runs now. */
export const withMore = <T extends object>(server: ServerProcess, more: T): ServerProcess & T =>
  Object.defineProperties({ ...more }, Object.getOwnPropertyDescriptors(server)) as ServerProcess & T;

const TAIL_BYTES = 16_384;

async function readTail(path: string, lines: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '(no log)';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
    return buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}
