import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeTempDir } from '../test/servers/temp-dir.ts';
import { describeMachine } from './bench/machine.ts';
import type { Row, Scenario } from './bench/scenario.ts';
import { SCENARIOS } from './bench/scenarios.ts';
import { judge, renderTable } from './bench/table.ts';
import { makeWorld, type World } from './bench/world.ts';

const USAGE = `npm run bench -- [--only NAME,NAME] [--runs N] [--quick] [--out FILE] [--list]

Measures ours against the bare calls on the same real servers, prints medians of the runs, and writes them as JSON.

  --only    scenarios to run; without it all of them
  --runs    runs of each, 3 without it
  --quick   fewer lines and smaller crowds, to try the benchmark itself; its numbers prove nothing
  --out     where the JSON goes (bench-results.json)
  --profile folder for CPU profiles of the bridge, one per process (chrome://inspect and editors open them)
  --strict  exit 1 also when a goal was missed
  --list    the scenarios`;

type Outcome = {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly seconds: number;
  /** Load average of the minute before it began and of its last one: others' work is in every number. */
  readonly load: readonly number[];
  readonly failed?: string;
};

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: 'bench-results.json' },
      profile: { type: 'string' },
      strict: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.list) {
    for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(16)} ${title}`);
    return 0;
  }
  const names = values.only?.split(',') ?? SCENARIOS.map(({ name }) => name);
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  const runs = Number(values.runs);
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
    console.error(
      unknown.length > 0
        ? `There is no scenario ${unknown.join(', ')}; --list names them.`
        : '--runs wants a number from 1.',
    );
    return 2;
  }

  if (values.profile !== undefined) process.env.BENCH_PROFILES = resolve(values.profile);
  const dir = makeTempDir('bench');
  const machine = describeMachine(dir);
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}; load ${machine.load}, fsync ${machine.fsyncMs} ms; commit ${machine.commit}`,
  );
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => names.includes(name))) {
    outcomes.push(await runScenario(scenario, join(dir, scenario.name), runs, values.quick));
    writeFileSync(values.out, `${JSON.stringify(resultsOf(machine, runs, values.quick, outcomes), null, 2)}\n`);
  }
  const rows = outcomes.flatMap((outcome) => outcome.rows);
  console.log(`\nMedians of ${runs} runs${values.quick ? ', QUICK: these prove nothing' : ''}\n`);
  if (rows.length > 0) console.log(renderTable(rows));
  for (const { name, failed } of outcomes)
    if (failed !== undefined) console.log(`\n${name} could not be measured: ${failed}`);
  console.log(`\nWritten to ${values.out}.`);
  const missed = rows.some((row) => judge(row).met === false);
  return outcomes.some(({ failed }) => failed !== undefined) || (values.strict && missed) ? 1 : 0;
}

const resultsOf = (machine: object, runs: number, quick: boolean, outcomes: readonly Outcome[]): object => ({
  machine,
  at: new Date().toISOString(),
  runs,
  quick,
  scenarios: outcomes.map((outcome) => ({ ...outcome, rows: outcome.rows.map(judge) })),
});

/** One scenario within its time; its servers are gone afterwards, whatever happened. */
async function runScenario(scenario: Scenario, dir: string, runs: number, quick: boolean): Promise<Outcome> {
  const from = performance.now();
  const load = [loadavg()[0] ?? 0];
  console.log(`\n${scenario.name}: ${scenario.title}`);
  mkdirSync(dir, { recursive: true });
  const worlds: World[] = [];
  const end = new AbortController();
  const context = {
    runs,
    quick,
    signal: end.signal,
    say: (text: string) => console.log(`  ${text}`),
    world: async (options = {}) => {
      const world = await makeWorld(join(dir, String(worlds.length)), options);
      worlds.push(world);
      return world;
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${scenario.timeoutMs / 1000} s`)), scenario.timeoutMs);
  });
  let outcome: { readonly rows: readonly Row[]; readonly failed?: string };
  try {
    outcome = { rows: await Promise.race([scenario.run(context), late]) };
  } catch (error) {
    const logs = worlds.map((world) => join(world.dir, 'causeway.log')).join(', ');
    outcome = {
      rows: [],
      failed: `${error instanceof Error ? error.message : String(error)} (CAUSEWAY_KEEP=1 keeps ${logs})`,
    };
    console.log(`  ${outcome.failed}`);
  }
  clearTimeout(timer);
  end.abort();
  for (const world of worlds) await world.close();
  load.push(loadavg()[0] ?? 0);
  return { name: scenario.name, ...outcome, load, seconds: Math.round((performance.now() - from) / 1000) };
}

// What a scenario that was given up still awaits may fail later; the result is out by then.
process.on('unhandledRejection', () => {});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));
process.exit(await main(process.argv.slice(2)));
