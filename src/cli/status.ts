import { parseArgs } from 'node:util';
import { reportProblems, type StatusReport } from '../ports/status.ts';
import { statusAddress, typedAddress } from './status-address.ts';
import { statusText } from './status-text.ts';
import { printable } from './terminal-text.ts';

const USAGE = `causeway status [--config FILE] [--url HOST:PORT] [--watch] [--all] [--json]

Asks the running Causeway how everything stands, and prints problems first.

  --config FILE    configuration whose http.listen to ask (config.yaml, else the sandbox's)
  --url HOST:PORT  where to ask instead
  --watch          again every two seconds, until Ctrl-C
  --all            every link; without it links that are well are counted after the first 100
  --json           the report as JSON (with --watch one per line)

For each link: people in the room and in the channel (M+N); how long ago the last line went each way; how
long it took (lag); lines on their way (queued); lines of which nobody knows yet whether they arrived
(doubtful); events whose handling failed (parked); lines that the other side refused since the start.

Ends with 0 when all is well, 1 when something is wrong, 2 when Causeway cannot be reached.`;

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

/** Command `status`: see its usage. */
export const statusCommand = {
  name: 'status',
  summary: 'How a running Causeway stands: links, lag, queues, problems.',
  usage: USAGE,
  async run(argv: readonly string[]): Promise<number> {
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
  },
};

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  url: { type: 'string' },
  json: { type: 'boolean' },
  watch: { type: 'boolean', short: 'w' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns the exit code */
export async function runStatus(argv: readonly string[], around: StatusSurroundings): Promise<number> {
  const options = parsed(argv);
  if (typeof options === 'string') {
    around.complain(`${options}\n\n${USAGE}\n`);
    return EXIT.unreachable;
  }
  if (options.help === true) {
    around.print(`${USAGE}\n`);
    return EXIT.well;
  }
  const address =
    options.url === undefined
      ? await statusAddress(options.config, around.folder)
      : (typedAddress(options.url) ?? { problem: `--url ${printable(options.url)} is neither host:port nor a URL.` });
  if ('problem' in address) {
    around.complain(`${address.problem}\n`);
    return EXIT.unreachable;
  }

  for (;;) {
    const answer = await ask(address.url);
    const code =
      'problem' in answer ? EXIT.unreachable : reportProblems(answer.report).length > 0 ? EXIT.wrong : EXIT.well;
    const clear = options.watch === true && around.terminal && options.json !== true ? '\u001b[H\u001b[2J' : '';
    if ('problem' in answer) {
      around.complain(`${clear}${answer.problem} (The address is from ${address.source}.)\n`);
    } else if (options.json === true) {
      around.print(`${JSON.stringify(answer.report, undefined, options.watch === true ? undefined : 2)}\n`);
    } else {
      around.print(
        clear +
          statusText(answer.report, {
            columns: around.columns,
            colours: around.terminal && process.env.NO_COLOR === undefined,
            maxPortals: options.all === true ? Number.POSITIVE_INFINITY : 100,
          }),
      );
    }
    if (options.watch !== true || !(await waited(around.everyMs, around.signal))) return code;
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return (error as Error).message;
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

const ASK_TIMEOUT_MS = 8000;

async function ask(url: string): Promise<{ readonly report: StatusReport } | { readonly problem: string }> {
  const where = `${url}/status`;
  try {
    const response = await fetch(where, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: 'error' });
    const text = await response.text();
    if (response.status === 503)
      return { problem: `Causeway answers at ${where}: ${printable(text.trim()).slice(0, 500)}` };
    const report: unknown = JSON.parse(text);
    if (isReport(report)) return { report };
  } catch (error) {
    const reason = error as Error & { cause?: { code?: string } };
    if (reason.name === 'TimeoutError')
      return {
        problem: `${where} did not answer within ${ASK_TIMEOUT_MS / 1000} s. The process is there but stuck; its log may say why.`,
      };
    if (!(error instanceof SyntaxError))
      return {
        problem: `Causeway does not answer at ${where} (${reason.cause?.code ?? reason.message}). Is it running? \`causeway run\` starts it; if it listens elsewhere, say where with --url.`,
      };
  }
  return { problem: `Something other than Causeway answers at ${where}.` };
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
