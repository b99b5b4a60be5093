import { moreThanLines } from './demo-conversation.ts';
import { admission, homecoming, promotion, type Stage, suspension } from './demo-cooperative.ts';
import { DemoFindings } from './demo-findings.ts';
import { CONVERSATION, IRC_SPEAKERS, MATRIX_SPEAKERS, MEMBER, MEMBER_ON_IRC, numbered } from './demo-script.ts';
import { DemoTalk, type Direction } from './demo-talk.ts';
import { judge, percentiles } from './demo-verdict.ts';
import { IrcUser, USUAL_CAPS } from './people/irc-user.ts';
import { waitUntil } from './people/wait.ts';
import { makeProgress, type Progress } from './progress.ts';
import { SandboxRefusal } from './refusal.ts';
import { botOf, type Household, moveIn } from './rooms.ts';
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

const DOOR_MS = 10_000;
/** Channels that the demo talks in, and who of IRC is in them. */
const AUDIENCE: Readonly<Record<string, readonly string[]>> = {
  [IRC_SPEAKERS[0]]: ['#commons', '#garden'],
  [IRC_SPEAKERS[1]]: ['#commons'],
  [MEMBER_ON_IRC]: ['#commons'],
};
/** Who of them is logged in to which account. */
const ACCOUNTS: Readonly<Record<string, string>> = { [IRC_SPEAKERS[0]]: 'carol', [MEMBER_ON_IRC]: MEMBER };

/**
 * The sandbox without a person: talks both ways through the real servers, admits, promotes, suspends and readmits somebody,
 * restarts the bridge meanwhile, and counts.
 * @returns 0 when each line arrived once and in order and everything followed the list of members, 1 otherwise
 */
export async function runDemo(wish: ShardWish & { readonly dir: string }): Promise<number> {
  const progress = makeProgress();
  const startedAt = performance.now();
  progress.say('Causeway demo: a small cooperative on Matrix and IRC, the bridge between them');
  let shard: Shard | undefined;
  try {
    const folder = await openFolder(wish.dir, true, progress);
    const usualPorts = {
      homeserver: await freePort(),
      irc: await freePort(),
      appservice: await freePort(),
      http: await freePort(),
      pages: await freePort(),
    };
    shard = await startShard(folder, { ...wish, usualPorts }, progress);
    const passed = await perform(shard, wish.dir, progress);
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

async function perform(shard: Shard, dir: string, progress: Progress): Promise<boolean> {
  const step = progress.step('The cooperative moves in');
  const household = await moveIn(shard, [MEMBER]);
  await household.rest();
  step.done('its rooms are there');
  const { people, rooms } = household;
  const irc = await connectAll(shard);
  const channels = new Map([...rooms].filter(([name]) => name === '#commons' || name === '#garden'));
  const talk = await DemoTalk.begin(irc, people, channels);
  const findings = new DemoFindings(dir, progress);
  try {
    const stage = stageOf(shard, household, irc, talk, findings);
    const quietLines = await play(stage, shard, progress);
    return await report(talk, quietLines, findings, progress);
  } finally {
    await talk.end();
    await household.stop();
  }
}

async function connectAll(shard: Shard): Promise<ReadonlyMap<string, IrcUser>> {
  const { port } = shard.irc.world;
  const irc = new Map<string, IrcUser>();
  for (const [nick, channels] of Object.entries(AUDIENCE)) {
    const account = shard.state.ircPeople.find(({ name }) => name === ACCOUNTS[nick]);
    const sasl = account === undefined ? {} : { sasl: { account: account.name, password: account.password } };
    const user = await IrcUser.connect({ port, nick, caps: [...USUAL_CAPS, 'draft/message-redaction'], ...sasl });
    irc.set(nick, user);
    for (const channel of channels) {
      const what = `${nick} to be let into ${channel}`;
      const comesIn = (): Promise<boolean> =>
        user.join(channel).then(
          () => true,
          (error: unknown) => (/ 473 /.test(String(error)) ? false : Promise.reject(error)),
        );
      await waitUntil(comesIn, { timeoutMs: DOOR_MS, what });
    }
  }
  return irc;
}

function stageOf(
  shard: Shard,
  { people, rooms }: Household,
  irc: ReadonlyMap<string, IrcUser>,
  talk: DemoTalk,
  findings: DemoFindings,
): Stage {
  const member = people.find(({ userId }) => userId.startsWith(`@${MEMBER}:`));
  const [phone, witness] = [irc.get(MEMBER_ON_IRC), irc.get(IRC_SPEAKERS[0])];
  if (member === undefined || phone === undefined || witness === undefined) throw new Error('Somebody is missing.');
  const [alice, bob] = MATRIX_SPEAKERS.map((name) => people.find(({ userId }) => userId.startsWith(`@${name}:`)));
  if (alice === undefined || bob === undefined) throw new Error('Somebody is missing.');
  return { talk, findings, rooms, bot: botOf(shard), member, phone, witness, alice, bob };
}

/** All acts, each with its transcript. @returns how many lines were said one by one */
async function play(stage: Stage, shard: Shard, progress: Progress): Promise<number> {
  const { talk } = stage;
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
  await act('An answer, a correction, a reaction, a deletion and a picture', QUIET_SETTLE_MS, () =>
    moreThanLines(stage),
  );
  await act('Erin applied, and is admitted', QUIET_SETTLE_MS, () => admission(stage));
  await act('She becomes coordinator of the garden group', QUIET_SETTLE_MS, () => promotion(stage));
  await act('She is suspended in the middle of a conversation', QUIET_SETTLE_MS, () => suspension(stage));
  await act('The suspension ends', QUIET_SETTLE_MS, () => homecoming(stage));
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

async function report(
  talk: DemoTalk,
  quietLines: number,
  findings: DemoFindings,
  progress: Progress,
): Promise<boolean> {
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
  for (const problem of findings.problems) progress.say(`  ✘ ${problem}`);
  if (findings.problems.length === 0) progress.say('  ✔ Rooms, powers and relaying followed the list of members.');
  return problems.length + findings.problems.length === 0;
}
