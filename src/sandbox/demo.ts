import { CONVERSATION, IRC_SPEAKERS, MATRIX_SPEAKERS, numbered } from './demo-script.ts';
import { DemoTalk, type Direction } from './demo-talk.ts';
import { judge, percentiles } from './demo-verdict.ts';
import { makeProgress, type Progress } from './progress.ts';
import { SandboxRefusal } from './refusal.ts';
import { joinRooms } from './rooms.ts';
import { openFolder } from './sandbox.ts';
import { freePort } from './servers/ports.ts';
import { type Shard, type ShardWish, startShard } from './shard.ts';

const QUIET_SETTLE_MS = 15_000;
const BURST_SETTLE_MS = 30_000;
/** After a restart the homeserver's own back-off may have to pass. */
const RESTART_SETTLE_MS = 60_000;
const PAUSE_MS = 60;
const BURST = 20;
/** Lines of one speaker around one restart. */
const AROUND_RESTART = 30;

/**
 * The sandbox without a person: talks both ways through the real servers, restarts the bridge meanwhile, and counts.
 * @returns 0 when each line arrived once and in order, 1 otherwise
 */
export async function runDemo(wish: ShardWish & { readonly dir: string }): Promise<number> {
  const progress = makeProgress();
  const startedAt = performance.now();
  progress.say('Causeway demo: two people on Matrix, two on IRC, the bridge between them');
  let shard: Shard | undefined;
  try {
    const folder = await openFolder(wish.dir, true, progress);
    const usualPorts = {
      homeserver: await freePort(),
      irc: await freePort(),
      appservice: await freePort(),
      http: await freePort(),
    };
    shard = await startShard(folder, { ...wish, usualPorts }, progress);
    const passed = await perform(shard, progress);
    await shard.stop();
    folder.release();
    const left = shard.servers.filter((server) => server.isRunning());
    if (left.length > 0) throw new Error(`${left.map(({ name }) => name).join(', ')} did not end.`);
    progress.say(`  All servers ended. ${((performance.now() - startedAt) / 1000).toFixed(0)} s in all.`);
    return passed ? 0 : 1;
  } catch (error) {
    await shard?.kill();
    console.error(`\n${error instanceof Error ? error.message : String(error)}\nLogs are in ${wish.dir}.`);
    return error instanceof SandboxRefusal ? 2 : 1;
  }
}

async function perform(shard: Shard, progress: Progress): Promise<boolean> {
  const { people, rooms } = await joinRooms(shard);
  const talk = await DemoTalk.begin(shard.irc.world.port, people, rooms);
  try {
    const quietLines = await play(talk, shard, progress);
    return await report(talk, quietLines, progress);
  } finally {
    await talk.end();
  }
}

/** All acts, each with its transcript. @returns how many lines were said one by one */
async function play(talk: DemoTalk, shard: Shard, progress: Progress): Promise<number> {
  const act = async (title: string, settleMs: number, ...parts: (() => Promise<unknown>)[]): Promise<void> => {
    progress.say(`\n${title}`);
    // All of them end before one that failed is told: nothing goes on behind our back.
    const ends = await Promise.allSettled(parts.map((part) => part()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    await talk.settle(settleMs);
    for (const line of talk.transcript()) progress.say(line);
  };

  await act('One line after the other', QUIET_SETTLE_MS, async () => {
    for (const line of CONVERSATION) {
      await talk.say(line);
      await talk.settle(QUIET_SETTLE_MS);
    }
  });
  const quietLines = talk.spoken.length;
  await act(`${BURST} lines each way at once`, BURST_SETTLE_MS, () => everybody(talk, 'at once', BURST / 2, 0));
  await act(
    'The bridge is restarted (SIGTERM) while everybody talks',
    RESTART_SETTLE_MS,
    () => everybody(talk, 'through a restart', AROUND_RESTART, PAUSE_MS),
    () => afterSome(talk, () => shard.bridge.restart()),
  );
  await act(
    'The bridge is killed (kill -9) while everybody talks',
    RESTART_SETTLE_MS,
    () => everybody(talk, 'through a kill', AROUND_RESTART, PAUSE_MS),
    () =>
      afterSome(talk, async () => {
        await shard.bridge.kill9();
        await shard.bridge.start();
      }),
  );
  return quietLines;
}

/** All four talk at the same time, two on each side. */
function everybody(talk: DemoTalk, about: string, count: number, pauseMs: number): Promise<unknown> {
  const speakers = [...IRC_SPEAKERS, ...MATRIX_SPEAKERS];
  return Promise.all(speakers.map((speaker) => talk.sayAll(numbered(speaker, '#commons', about, count), pauseMs)));
}

/** Does something in the middle of the talk: when a quarter of the act's lines is said. */
async function afterSome(talk: DemoTalk, doIt: () => Promise<void>): Promise<void> {
  const from = talk.spoken.length;
  await talk.until(from + AROUND_RESTART);
  await doIt();
}

async function report(talk: DemoTalk, quietLines: number, progress: Progress): Promise<boolean> {
  progress.say('\nCounted at the edges, by a client on each side');
  const problems: string[] = [];
  for (const direction of ['irc→mx', 'mx→irc'] as const satisfies Direction[]) {
    const said = talk.said(direction);
    const verdict = judge(said, await talk.heard(direction));
    const idle = percentiles(talk.lags(direction, quietLines));
    const all = percentiles(talk.lags(direction));
    const ms = (lag: typeof idle): string => (lag === undefined ? 'none' : `median ${lag.p50} ms, p95 ${lag.p95} ms`);
    progress.say(
      `  ${direction}  ${verdict.arrived} of ${said.length} lines arrived; lag line by line: ${ms(idle)}; bursts and restarts included: ${ms(all)}`,
    );
    problems.push(...verdict.problems.map((text) => `${direction}  ${text}`));
  }
  for (const problem of problems) progress.say(`  ✘ ${problem}`);
  if (problems.length === 0) progress.say('  ✔ Each line arrived once, and in order.');
  return problems.length === 0;
}
