import { spawn } from 'node:child_process';
import { atExit } from './at-exit.ts';

export type Execution = {
  /** Exit code; undefined when a signal or the time limit ended it, or it could not be started. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

export type ExecuteOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Called for each line of either output stream as it comes. */
  readonly onLine?: (line: string) => void;
  /** Written to standard input, which is empty otherwise. */
  readonly input?: string;
};

const KEPT_CHARS = 1_000_000;

/** Runs a program to its end, bounded in time. Never fails: a program that is not there has no exit code and says so in `stderr`. */
export function execute(command: string, args: readonly string[], options: ExecuteOptions): Promise<Execution> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    let settled = false;
    // Nothing we started works on when we are gone.
    const keep = atExit(() => child.kill('SIGKILL'));
    const settle = (code: number | undefined): void => {
      if (settled) return;
      settled = true;
      keep();
      clearTimeout(timer);
      resolve({ code, ...out });
    };
    const timer = setTimeout(() => {
      out.stderr += `\n${command} took longer than ${options.timeoutMs / 1000} s.`;
      child.kill('SIGKILL');
    }, options.timeoutMs);

    for (const name of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        if (out[name].length < KEPT_CHARS) out[name] += chunk;
        const lines = (rest + chunk).split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line);
      });
    }
    child.once('error', (error) => {
      out.stderr += error.message;
      settle(undefined);
    });
    child.once('close', (code) => settle(code ?? undefined));
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The last lines of what a program wrote, for a message. */
export const lastLines = (run: Execution, lines = 8): string =>
  `${run.stdout}\n${run.stderr}`.trim().split('\n').slice(-lines).join('\n');
