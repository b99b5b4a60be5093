import { reportProblems, type StatusReport } from '../ports/status.ts';
import { askBridge, somethingElse } from './ask-bridge.ts';
import { type Command, parseArguments } from './command.ts';
import { statusAddress, typedAddress } from './status-address.ts';
import { statusText } from './status-text.ts';
import { printable } from './terminal-text.ts';

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

export const status: Command = {
  name: 'status',
  summary: 'Say how the running bridge stands: links, lag, queues, problems',
  usage: `Usage: causeway status [--config FILE] [--url HOST:PORT] [--watch] [--all] [--json]

Asks the running bridge and prints problems first. Then for each link: people in the room and in the channel (M+N);
how long ago the last line went each way; how long it took (lag); lines on their way (queued); of these, lines of which
nobody knows yet whether they arrived (doubtful); events whose handling failed (parked); lines that the other side
refused since the start.

Ends with 0 when all is well, 1 when something is wrong, 2 when the bridge cannot be reached.`,
  options: {
    // Without a default: what is left out is looked for in more than one place.
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      text: "the configuration whose http.listen to ask (config.yaml, else the sandbox's)",
    },
    url: { type: 'string', value: 'HOST:PORT', text: 'where to ask instead' },
    watch: { type: 'boolean', short: 'w', text: 'again every two seconds, until Ctrl-C' },
    all: { type: 'boolean', text: 'every link; without it those that are well are only counted after the first 100' },
    json: { type: 'boolean', text: 'the report as JSON; with --watch one per line' },
  },
  run: async (argv) => {
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

/** @returns the exit code */
export async function runStatus(argv: readonly string[], around: StatusSurroundings): Promise<number> {
  const parsed = parseArguments(status, argv);
  if (!parsed.ok) {
    around.complain(`${parsed.text}\n`);
    return EXIT.unreachable;
  }
  const { config, url, watch, all, json } = parsed.flags;
  const address =
    typeof url !== 'string'
      ? await statusAddress(typeof config === 'string' ? config : undefined, around.folder)
      : (typedAddress(url) ?? { problem: `--url ${printable(url)} is neither host:port nor a URL.` });
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
