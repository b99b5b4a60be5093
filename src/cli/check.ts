import { loadConfig } from '../config/load.ts';
import type { ConfigParts } from '../config/parts.ts';
import { type ConfigProblem, formatProblems } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { checkAuthority } from './checks/authority.ts';
import { checkCertificates } from './checks/certificates.ts';
import { checkDatabase } from './checks/database.ts';
import { checkEventKeys } from './checks/event-keys.ts';
import type { Finding } from './checks/finding.ts';
import { checkHomeserver } from './checks/homeserver.ts';
import { checkIrc } from './checks/irc.ts';
import { checkListen } from './checks/listen.ts';
import { checkPages } from './checks/pages.ts';
import { checkReach } from './checks/reach.ts';
import { parseArguments, type Run } from './command.ts';

/** Tries everything outside that the right parts of a configuration name; takes at most some seconds, changes nothing. */
async function checkWorld(parts: ConfigParts): Promise<readonly Finding[]> {
  const [homeserver, listen, ...others] = await Promise.all([
    checkHomeserver(parts),
    checkListen(parts),
    checkAuthority(parts),
    checkCertificates(parts),
    checkEventKeys(parts),
    checkDatabase(parts),
    checkIrc(parts),
  ]);
  // Asks more of a homeserver that knows us; and listens where the check before it has looked.
  const known = homeserver.every((finding) => 'good' in finding);
  const reach = known ? await checkReach(parts, listen.some(isRunning)) : [];
  const pages = await checkPages(parts, listen.some(isRunning));
  return [...homeserver, ...reach, ...listen, ...pages, ...others.flat()];
}

/** Waiting for a file to be right, or for a while, keeps no process alive: without this it would end in the midst of it. */
async function awake<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

const isRunning = (finding: Finding): boolean => 'running' in finding;

export const check: Run = async (argv) => {
  const parsed = parseArguments('check', argv);
  if (!parsed.ok) {
    console.error(parsed.text);
    return 2;
  }
  const path = String(parsed.flags.config);
  const loaded = await loadConfig(path);
  const findings = loaded.parts === undefined ? [] : await awake(checkWorld(loaded.parts));
  const problems: ConfigProblem[] = [
    ...(loaded.ok ? [] : loaded.problems),
    ...findings.flatMap((finding) => ('problem' in finding ? [finding.problem] : [])),
  ];
  if (loaded.ok) console.log(row('configuration', `${path}: ${sizeOf(loaded.config)}`));
  for (const finding of findings) if ('good' in finding) console.log(row(finding.topic, finding.good));
  const notes = [
    ...(loaded.ok ? loaded.warnings : []),
    ...findings.flatMap((finding) => ('note' in finding ? [finding.note] : [])),
  ];
  if (notes.length > 0) console.log(`\nWorth knowing:\n${formatProblems(notes)}`);
  if (problems.length === 0) {
    const running = findings.some(isRunning);
    console.log(running ? '\nCauseway is running, and all that it needs is there.' : '\nA start will work.');
    return 0;
  }
  console.error(`\n${formatProblems(problems)}\n\n✘ ${count(problems.length, 'problem')}. Nothing was changed.`);
  return 2;
};

const row = (topic: string, text: string): string => `✔ ${topic.padEnd(13)}  ${text}`;

const sizeOf = ({ networks }: Config): string =>
  `${count(networks.flatMap(({ channels }) => channels).length, 'channel')} on ${count(networks.length, 'network')}`;

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
