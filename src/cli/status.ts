import { reportProblems, type StatusReport } from '../ports/status.ts';
import { askBridge, somethingElse } from './ask-bridge.ts';
import { askCommand } from './ask-command.ts';
import { bridgeAddress } from './bridge-address.ts';
import { parseArguments } from './command.ts';
import { statusText } from './status-text.ts';

export const EXIT = { well: 0, wrong: 1, unreachable: 2 } as const;

/** What the command touches besides the network; the process's own where left out. */
export type StatusSurroundings = {
  readonly folder: string;
  readonly columns: number;
  readonly terminal: boolean;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Ends `--watch`. */
  readonly signal: AbortSignal;
  readonly everyMs: number;
};

/** `causeway status`: how all of the running bridge stands, or one link. */
export async function status(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await runStatus(argv, {
      folder: process.cwd(),
      columns: process.stdout.columns ?? 120,
      terminal: process.stdout.isTTY === true,
      print: (text) => void process.stdout.write(text),
      complain: (text) => void process.stderr.write(text),
      signal: stop.signal,
      everyMs: 2000,
    });
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

/** @returns the exit code */
export async function runStatus(argv: readonly string[], around: StatusSurroundings): Promise<number> {
  const parsed = parseArguments('status', argv);
  if (!parsed.ok) {
    around.complain(`${parsed.text}\n`);
    return EXIT.unreachable;
  }
  const { watch, all, json } = parsed.flags;
  if (parsed.words.length > 0) {
    if (watch !== true && all !== true) return askCommand('status', argv, around);
    around.complain('--watch and --all show every link: leave out the channel.\n');
    return EXIT.unreachable;
  }
  const address = await bridgeAddress(parsed.flags, around.folder);
  if ('problem' in address) {
    around.complain(`${address.problem}\n`);
    return EXIT.unreachable;
  }

  for (;;) {
    const answer = await ask(address.url);
    const code =
      'problem' in answer ? EXIT.unreachable : reportProblems(answer.report).length > 0 ? EXIT.wrong : EXIT.well;
    const clear = watch === true && around.terminal && json !== true ? '\u001b[H\u001b[2J' : '';
    if ('problem' in answer) {
      around.complain(`${clear}${answer.problem} (The address is from ${address.source}.)\n`);
    } else if (json === true) {
      around.print(`${JSON.stringify(answer.report, undefined, watch === true ? undefined : 2)}\n`);
    } else {
      around.print(
        clear +
          statusText(answer.report, {
            columns: around.columns,
            colours: around.terminal && process.env.NO_COLOR === undefined,
            maxPortals: all === true ? Number.POSITIVE_INFINITY : 100,
          }),
      );
    }
    if (watch !== true || !(await waited(around.everyMs, around.signal))) return code;
  }
}

/** @returns false when it was ended before */
const waited = (ms: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => resolve(true), ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve(false);
      },
      { once: true },
    );
  });

async function ask(url: string): Promise<{ readonly report: StatusReport } | { readonly problem: string }> {
  const answer = await askBridge(url, '/status');
  if ('problem' in answer) return answer;
  try {
    const report: unknown = JSON.parse(answer.text);
    if (isReport(report)) return { report };
  } catch {
    // Said below.
  }
  return { problem: somethingElse(url, '/status') };
}

function isReport(value: unknown): value is StatusReport {
  if (typeof value !== 'object' || value === null) return false;
  const { bridge, homeserver, database, networks, portals } = value as Record<string, unknown>;
  const parts = [bridge, homeserver, database];
  return (
    parts.every((part) => typeof part === 'object' && part !== null) &&
    Array.isArray(networks) &&
    Array.isArray(portals)
  );
}
