#!/usr/bin/env node
/**
 * The entry of every command, for whatever Node somebody has (20 or newer): it installs what is missing, finds the
 * Node 24 that the project brings along, and hands over to it. Plain JavaScript without dependencies, since there may
 * be none yet.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.causeway-installed');
const OLDEST_NODE = 20;
/** The first that has `node:sqlite` and runs TypeScript without flags. */
const NEEDED_NODE = 24;

/** @param {string} text what happened, and what to do next */
function giveUp(text) {
  console.error(text);
  process.exit(1);
}

/** @param {string[]} args @returns {{ file: string, args: string[] }} what to run with Node 24 */
function target([command, ...rest]) {
  if (command === 'dev') {
    const [tool = '', ...toolArgs] = rest;
    const file = join(ROOT, 'tools', `${tool}.ts`);
    if (!/^[a-z-]+$/.test(tool) || !existsSync(file))
      giveUp(`There is no development tool called "${tool}" in tools/.`);
    return { file, args: toolArgs };
  }
  const cli = join(ROOT, 'src', 'cli.ts');
  if (command !== 'start') return { file: cli, args: command === undefined ? [] : [command, ...rest] };
  // `npm start` is the bridge where somebody configured one, and the sandbox everywhere else.
  const configured = existsSync('config.yaml') || rest.some((arg) => arg === '-c' || arg.startsWith('--config'));
  const forSandbox = rest.some((arg) => /^--(demo|reset|dendrite|ergo|homeserver|irc|dir)\b/.test(arg));
  return { file: cli, args: [configured && !forSandbox ? 'run' : 'sandbox', ...rest] };
}

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');

/** Whether node_modules is what package-lock.json asks for. */
function isInstalled() {
  if (existsSync(STAMP)) return readFileSync(STAMP, 'utf8') === lockDigest();
  // Somebody ran npm themselves: believe npm's own record, and remember.
  if (!matchesNpmRecord()) return false;
  try {
    writeFileSync(STAMP, lockDigest());
  } catch {
    // The files are another user's, or may not be written, as under systemd: then it is looked at each time.
  }
  return true;
}

function matchesNpmRecord() {
  try {
    const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(
      // An optional package may be for another platform.
      ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/** @param {string[]} args */
function npm(args) {
  const shown = `npm ${args.join(' ')}`;
  console.log(`causeway: ${shown}`);
  const npmCli = process.env.npm_execpath;
  const run =
    npmCli !== undefined && /npm-cli\.c?js$/.test(npmCli)
      ? spawnSync(process.execPath, [npmCli, ...args], { cwd: ROOT, stdio: 'inherit' })
      : spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' });
  return run.status === 0;
}

function ensureInstalled() {
  if (isInstalled()) return;
  const why = existsSync(MODULES) ? 'package-lock.json has changed' : 'this is a fresh clone';
  console.log(`causeway: installing what the project needs (${why}); this takes a minute`);
  const startedAt = Date.now();
  // Errors only: npm runs on the Node that is here, the packages on the one that the project brings, so its warnings
  // about engines are not true.
  if (!npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    giveUp(
      'causeway: npm could not install what the project needs; its own words are above. Then run the same command again.',
    );
  }
  writeFileSync(STAMP, lockDigest());
  console.log(`causeway: installed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}

const majorOf = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);

/** Where the package `node` or its install script may have put the program. */
function nodeCandidates() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const names = [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`];
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  return [
    join(MODULES, 'node', 'bin', program),
    ...names.flatMap((name) => [
      join(MODULES, 'node', 'node_modules', name, 'bin', program),
      join(MODULES, name, 'bin', program),
    ]),
  ].filter((path) => existsSync(path));
}

function findNode() {
  // One that is there need not be asked for its version: package-lock.json says it.
  const [brought] = nodeCandidates();
  return brought ?? (majorOf(process.version) >= NEEDED_NODE ? process.execPath : undefined);
}

function ensureNode() {
  const found = findNode();
  if (found !== undefined) return found;
  console.log(
    `causeway: Node ${NEEDED_NODE} is not there yet; npm seems to have skipped the install script that brings it`,
  );
  npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts']);
  return (
    findNode() ??
    giveUp(
      `causeway needs Node ${NEEDED_NODE} and found ${process.version}. npm skipped the install script of the package "node". ` +
        `Allow it (npm config set ignore-scripts false), remove node_modules and run the same command again; or install Node ${NEEDED_NODE} yourself.`,
    )
  );
}

/** Runs a program in our place: its streams are ours, signals reach it once, its exit code becomes ours. */
function handOver(command, args) {
  const child = spawn(command, args, { stdio: 'inherit' });
  const atTerminal = process.stdin.isTTY === true;
  const hearsTwoAsOne = args.includes('run') || args.includes('sandbox');
  const lastSentAt = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => {
      // A Ctrl-C goes to everybody in the terminal's foreground, the child included. But `kill -INT` may mean us alone,
      // and bridge and sandbox take two signals within a second for one.
      if (signal === 'SIGINT' && atTerminal && !hearsTwoAsOne) return;
      // npm passes on what the terminal or a supervisor has sent to us already.
      if (Date.now() - (lastSentAt.get(signal) ?? 0) < 500) return;
      lastSentAt.set(signal, Date.now());
      child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) {
    // Under npm there is a shell between npm and us, and some shells die of a signal without passing it on.
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, 1000).unref();
  }
  child.on('error', (error) => giveUp(`causeway could not start ${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

if (majorOf(process.version) < OLDEST_NODE) {
  giveUp(
    `Node ${process.version} found; causeway needs ${OLDEST_NODE} or newer. Install it, then run the same command.`,
  );
}
ensureInstalled();
const { file, args } = target(process.argv.slice(2));
// DEP0060 (util._extend) comes from a library of the bot SDK; nobody who runs the bridge can act on it.
const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0060'];
handOver(ensureNode(), [...quiet, file, ...args]);
