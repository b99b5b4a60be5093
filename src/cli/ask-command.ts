import { networkInterfaces, userInfo } from 'node:os';
import type { AskedName } from '../core/commands/command-table.ts';
import type { CommandAnswer } from '../ports/commands.ts';
import { somethingElse } from './ask-bridge.ts';
import { askProven } from './ask-proven.ts';
import { bridgeAddress, bridgeToken } from './bridge-address.ts';
import { parseArguments } from './command.ts';
import { printable } from './terminal-text.ts';

export const EXIT = { done: 0, refused: 1, unreachable: 2 } as const;

/** What the command touches besides the network; the process's own where left out. */
export type AskSurroundings = {
  readonly folder: string;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
};

const OWN_SURROUNDINGS: AskSurroundings = {
  folder: process.cwd(),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
};

const PATH = '/command';

/** Asks the running bridge, and prints what it answers. @returns the exit code */
export async function askCommand(
  name: AskedName,
  argv: readonly string[],
  around: AskSurroundings = OWN_SURROUNDINGS,
): Promise<number> {
  const refuse = (text: string, code: number = EXIT.unreachable): number => {
    around.complain(`${text}\n`);
    return code;
  };
  const parsed = parseArguments(name, argv);
  if (!parsed.ok) return refuse(parsed.text);
  const { flags, words } = parsed;
  const address = await bridgeAddress(flags, around.folder);
  if ('problem' in address) return refuse(address.problem);
  if (address.source === '--url' && !isThisMachine(address.url))
    return refuse(`A bridge answers only on its own machine, and ${address.url} is none of this one's addresses.`);
  const token = await bridgeToken(flags, around.folder);
  if (typeof token !== 'string') return refuse(token.problem);

  if (address.url.startsWith('https:')) return refuse(`A bridge is asked on its own machine, by http: ${address.url}.`);

  const answer = await askProven(address.url, PATH, token, { words: [name, ...words], by: userName() });
  if ('problem' in answer) return refuse(`${answer.problem} (The address is from ${address.source}.)`);
  if (answer.status === 200) {
    const said = answerIn(answer.text);
    if (said === undefined) return refuse(somethingElse(address.url, PATH));
    if (flags.json === true) around.print(`${JSON.stringify({ command: name, ...said }, undefined, 2)}\n`);
    else if (said.ok) around.print(`${readable(said.text)}\n`);
    else around.complain(`${readable(said.text)}\n`);
    return said.ok ? EXIT.done : EXIT.refused;
  }
  const isOurs = [400, 401, 403].includes(answer.status);
  return isOurs ? refuse(printable(answer.text.trim()).slice(0, 500)) : refuse(somethingElse(address.url, PATH));
}

/** Nobody else is asked. */
function isThisMachine(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  return host === 'localhost' || /^127\.|^::1$/.test(host) || own.includes(host);
}

const readable = (text: string): string => text.split('\n').map(printable).join('\n');

function answerIn(text: string): CommandAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const { ok, text: said, facts } = typeof answer === 'object' && answer !== null ? (answer as CommandAnswer) : {};
    if (typeof ok !== 'boolean' || typeof said !== 'string') return undefined;
    return { ok, text: said, ...(facts === undefined ? {} : { facts }) };
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
