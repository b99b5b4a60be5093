import { userInfo } from 'node:os';
import { askBridge, type BridgeAnswer, somethingElse } from './ask-bridge.ts';
import { type Command, parseArguments } from './command.ts';
import { statusAddress, typedAddress } from './status-address.ts';
import { printable } from './terminal-text.ts';

export const EXIT = { done: 0, refused: 1, unreachable: 2 } as const;

/** What the command touches besides the network; the process's own where left out. */
export type AuthoritySurroundings = {
  readonly folder: string;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
};

export const authority: Command = {
  name: 'authority',
  summary: 'Say what the authority knows of a person, or let a held plan go on',
  usage: `Usage: causeway authority explain PERSON [ROOM] [--config FILE] [--url HOST:PORT]
       causeway authority confirm HASH [--config FILE] [--url HOST:PORT]

explain asks the running bridge what the authority says of PERSON (a Matrix id, a subject or an account), how fresh that
is, and what follows from it in ROOM (an alias, a room id or a channel) or everywhere.

confirm lets the plan go on that \`causeway status\` and the admin room name with this hash: one that would remove many
people, or the first for a room with people in it. A plan that changed meanwhile has another hash.

Both work on the machine of the bridge only. Ends with 0 when it was done, 1 when the bridge refused, 2 when it cannot be
reached.`,
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      text: "the configuration whose http.listen to ask (config.yaml, else the sandbox's)",
    },
    url: { type: 'string', value: 'HOST:PORT', text: 'where to ask instead' },
  },
  run: (argv) =>
    runAuthority(argv, {
      folder: process.cwd(),
      print: (text) => void process.stdout.write(text),
      complain: (text) => void process.stderr.write(text),
    }),
};

type Task = {
  /** How many arguments it takes. */
  readonly takes: readonly [least: number, most: number];
  readonly path: (args: readonly string[]) => string;
  readonly ask: (url: string, path: string, args: readonly string[]) => Promise<BridgeAnswer>;
  /** What to print of an answer; undefined where it is none of Causeway's. */
  readonly text: (answer: unknown) => string | undefined;
};

const TASKS: Readonly<Record<string, Task>> = {
  explain: {
    takes: [1, 2],
    path: ([person = '', room]) =>
      `/authority/explain?${new URLSearchParams({ person, ...(room === undefined ? {} : { room }) })}`,
    ask: (url, path) => askBridge(url, path),
    text: (answer) => {
      const { lines } = answer as { lines?: unknown };
      return Array.isArray(lines) ? lines.map((line) => printable(String(line))).join('\n') : undefined;
    },
  },
  confirm: {
    takes: [1, 1],
    path: () => '/authority/confirm',
    ask: (url, path, [hash]) =>
      askBridge(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-causeway': 'confirm' },
        body: JSON.stringify({ hash, by: userName() }),
      }),
    text: (answer) => {
      const { text } = answer as { text?: unknown };
      return typeof text === 'string' ? printable(text) : undefined;
    },
  },
};

/** @returns the exit code */
export async function runAuthority(argv: readonly string[], around: AuthoritySurroundings): Promise<number> {
  const refuse = (text: string, code: number = EXIT.unreachable): number => {
    around.complain(`${text}\n`);
    return code;
  };
  const parsed = parseArguments(authority, argv, true);
  if (!parsed.ok) return refuse(parsed.text);
  const [name = '', ...args] = parsed.positionals;
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined || args.length < task.takes[0] || args.length > task.takes[1])
    return refuse('Say `causeway authority explain PERSON [ROOM]` or `causeway authority confirm HASH`.');
  const { url, config } = parsed.flags;
  const address =
    typeof url !== 'string'
      ? await statusAddress(typeof config === 'string' ? config : undefined, around.folder)
      : (typedAddress(url) ?? { problem: `--url ${printable(url)} is neither host:port nor a URL.` });
  if ('problem' in address) return refuse(address.problem);

  const path = task.path(args);
  const answer = await task.ask(address.url, path, args);
  if ('problem' in answer) return refuse(`${answer.problem} (The address is from ${address.source}.)`);
  const text = textOf(task, answer);
  if (answer.status === 200 && text !== undefined) {
    around.print(`${text}\n`);
    return EXIT.done;
  }
  if (answer.status === 404 && answer.text.startsWith('There is nothing here. What there is:'))
    return refuse('This bridge asks no authority (authority.source: none): it lets everybody in.', EXIT.refused);
  if (answer.status >= 400 && answer.status < 500)
    return refuse(text ?? printable(answer.text.trim()).slice(0, 500), EXIT.refused);
  return refuse(somethingElse(address.url, path));
}

function textOf(task: Task, { text }: { readonly text: string }): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? task.text(answer) : undefined;
  } catch {
    return undefined;
  }
}

/** For the audit log; nobody's proof of anything. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
