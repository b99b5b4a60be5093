import { join } from 'node:path';
import { askCommand } from '../../../src/cli/ask-command.ts';
import type { HeldPlanReport } from '../../../src/ports/status.ts';
import { knownAt, writeList } from '../cooperative.ts';
import { type Crowd, makeCrowd, mxidOf, quiet } from '../crowd.ts';
import type { IrcClient } from '../irc-client.ts';
import type { BenchContext, Row, Scenario } from '../scenario.ts';
import { median } from '../stats.ts';
import { until } from '../waiting.ts';
import type { World } from '../world.ts';

const CHANNEL = '#c0';
/** What a homeserver takes for a kick; one after the other in a room, four rooms at once. */
const KICK_MS = 40;
const ROOMS_AT_ONCE = 4;
/** So many of those who will leave have a connection of their own by then. */
const TALKERS = 20;
const LIMIT_MS = 900_000;

type Run = {
  readonly relayMs: number;
  readonly heldMs: number;
  readonly named: number;
  readonly outMs: number;
  readonly floorMs: number;
  readonly oneMoreMs: number;
  readonly crossed: number;
};

/** A tenth of a cooperative leaves at once: nobody is put out unless somebody says that it is meant. */
export const massChange: Scenario = {
  name: 'mass-change',
  title: '1,000 of 10,000 leave at once: relaying ends, the guard holds, a confirmation lets it go on',
  timeoutMs: 1_200_000,
  run: async (context) => {
    const { runs, quick, say } = context;
    const size = quick ? 1_000 : 10_000;
    const leaving = size / 10;
    const all: Run[] = [];
    for (let run = 0; run < runs; run++) {
      const crowd = await makeCrowd(context, { size, large: 3, reconcileSeconds: 86_400 });
      const result = await change(context, crowd, leaving);
      all.push(result);
      say(
        `run ${run}: relaying ended after ${result.relayMs.toFixed(0)} ms, held after ${result.heldMs.toFixed(0)} ms with ${result.named} people in the Space’s plan; after the confirmation all out in ${(result.outMs / 1000).toFixed(1)} s (calls alone ${(result.floorMs / 1000).toFixed(1)} s), one more meanwhile in ${result.oneMoreMs.toFixed(0)} ms`,
      );
      await crowd.world.close();
    }
    return rowsOf(all, size, leaving);
  },
};

function rowsOf(all: readonly Run[], size: number, leaving: number): Row[] {
  const ours = (key: keyof Run): number[] => all.map((run) => run[key]);
  const value = { unit: 'ms', measure: 'value' } as const;
  const leave = `${leaving.toLocaleString('en')} of ${size.toLocaleString('en')} leave`;
  return [
    {
      ...value,
      what: `${leave}: file renamed → none of them is relayed`,
      ours: ours('relayMs'),
      goal: { op: '<=', value: 1_000 },
      note: `each of them said a line once the bridge knew: ${ours('crossed').join(', ')} were carried. Removal was held all the while.`,
    },
    {
      ...value,
      what: `${leave}: file renamed → all rooms held`,
      ours: ours('heldMs'),
      note: `${ours('named').join(', ')} people are in the plan of the Space, and nobody was moved before the confirmation.`,
    },
    {
      what: `${leave}: confirmed → out of every room`,
      unit: 's',
      ours: ours('outMs').map((ms) => ms / 1000),
      limit: ours('floorMs').map((ms) => ms / 1000),
      measure: 'ratio',
      goal: { op: '<=', value: 1.5 },
      note: `a homeserver in memory that takes ${KICK_MS} ms a kick; "bare" is that time alone, ${ROOMS_AT_ONCE} rooms at once.`,
    },
    {
      ...value,
      what: 'one more is suspended meanwhile → out of every room',
      ours: ours('oneMoreMs'),
      goal: { op: '<=', value: 5_000 },
      note: `while the ${leaving.toLocaleString('en')} are being put out; median ${median(ours('oneMoreMs')).toFixed(0)} ms.`,
    },
  ];
}

async function change({ signal }: BenchContext, crowd: Crowd, leaving: number): Promise<Run> {
  const { world, standIn, listed, rooms, placesOf } = crowd;
  const ear = await world.irc('ear', CHANNEL);
  const heard = new Map<string, number>();
  ear.onLine = ({ command, params, atMs }) => {
    if (command === 'PRIVMSG') heard.set(params[1] ?? '', atMs);
  };
  const room = standIn.roomOf(CHANNEL) ?? '';
  const stays = leaving + 1;
  await connect(crowd, ear, [...Array(TALKERS).keys(), stays], room);
  let kicks = 0;
  standIn.onRequest = (_method, path) => {
    if (!path.endsWith('/kick')) return undefined;
    kicks++;
    return new Promise((resolve) => setTimeout(resolve, KICK_MS));
  };

  const talk = startTalk(crowd, room);
  await until('lines of those who will leave', 30_000, () =>
    [...heard.keys()].some((text) => text.startsWith('last ')),
  );
  const left = listed.map((row, who) => (who < leaving ? { ...row, status: 'departed' } : row));
  const renamedAt = writeList(world, left);
  await until('the bridge to know', 30_000, () => !Number.isNaN(knownAt(world, renamedAt)), 5);
  // Each of them says a line, and last somebody who stays: lines of a room keep their order.
  for (let who = 0; who < leaving; who++) standIn.say(mxidOf(who), room, `late ${who}`);
  const mark = `stays ${renamedAt}`;
  standIn.say(mxidOf(stays), room, mark);
  await until('the line of somebody who stays', 120_000, () => heard.has(mark));
  talk.stop();
  const texts = [...heard];
  const lastLine = Math.max(renamedAt, ...texts.filter(([text]) => text.startsWith('last ')).map(([, atMs]) => atMs));
  const crossed = texts.filter(([text]) => text.startsWith('late ')).length;

  const held = await settledHolds(world, crowd, leaving);
  const heldMs = held.atMs - renamedAt;
  const named = held.plans.find(({ resource }) => resource === 'space:coop')?.removes ?? 0;
  await quiet(crowd.bridge.pid);
  kicks = 0;
  const confirmedAt = performance.now();
  const isOut = (who: number): boolean =>
    placesOf(who).every((place) => standIn.membership(mxidOf(who), place) === 'leave');
  for (const { hash } of held.plans) await confirm(world, hash);
  // While they go, another one is suspended, with places in as many rooms as anybody.
  const other = leaving + 3;
  await until('the removal to be under way', 30_000, () => kicks > 20, 5);
  const againAt = writeList(
    world,
    left.map((row, who) => (who === other ? { ...row, status: 'suspended' } : row)),
  );
  let otherOutAt = Number.NaN;
  let allOutAt = Number.NaN;
  const everybody = Array.from({ length: leaving }, (_, who) => who);
  await until(
    'everybody to be out',
    LIMIT_MS,
    () => {
      if (signal.aborted) return true;
      if (Number.isNaN(otherOutAt) && isOut(other)) otherOutAt = performance.now();
      if (Number.isNaN(allOutAt) && everybody.every(isOut)) allOutAt = performance.now();
      return !Number.isNaN(otherOutAt) && !Number.isNaN(allOutAt);
    },
    20,
  );
  return {
    relayMs: lastLine - renamedAt,
    heldMs,
    named,
    crossed,
    outMs: allOutAt - confirmedAt,
    floorMs: floorOf(rooms, everybody, placesOf),
    oneMoreMs: otherOutAt - againAt,
  };
}

/** The calls alone: the longest room, or what four at once take for all of them. */
function floorOf(
  rooms: readonly string[],
  people: readonly number[],
  placesOf: (who: number) => readonly string[],
): number {
  const counts = new Map(rooms.map((room) => [room, 0]));
  for (const who of people) for (const place of placesOf(who)) counts.set(place, (counts.get(place) ?? 0) + 1);
  const sizes = [...counts.values()];
  const sum = sizes.reduce((total, count) => total + count, 0);
  return Math.max(Math.max(...sizes), sum / ROOMS_AT_ONCE) * KICK_MS;
}

async function connect({ standIn }: Crowd, ear: IrcClient, people: readonly number[], room: string): Promise<void> {
  for (const who of people) {
    const text = `here ${who}`;
    const heard = ear.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === text, text, 60_000);
    standIn.say(mxidOf(who), room, text);
    await heard;
  }
}

function startTalk({ standIn }: Crowd, room: string): { readonly stop: () => void } {
  let i = 0;
  const timer = setInterval(() => standIn.say(mxidOf(i % TALKERS), room, `last ${i++}`), 50);
  return { stop: () => clearInterval(timer) };
}

/** Until every room with too many who leave has its plan held. */
async function settledHolds(
  world: World,
  { rooms, standIn }: Crowd,
  leaving: number,
): Promise<{ readonly plans: readonly HeldPlanReport[]; readonly atMs: number }> {
  let plans: readonly HeldPlanReport[] = [];
  let atMs = performance.now();
  let before = -1;
  await until(
    'the plans to be held',
    180_000,
    async () => {
      plans = (await world.status()).authority?.heldPlans ?? [];
      if (plans.length !== before) {
        before = plans.length;
        atMs = performance.now();
      }
      return plans.length > 0 && performance.now() - atMs > 5_000;
    },
    100,
  );
  const moved = Array.from({ length: leaving }, (_, who) => mxidOf(who)).filter(
    (id) => standIn.membership(id, rooms[0] ?? '') !== 'join',
  );
  if (moved.length > 0) throw new Error(`${moved.length} people were moved out of the Space before the confirmation.`);
  return { plans, atMs };
}

async function confirm({ dir }: World, hash: string): Promise<void> {
  const complain = (text: string): never => {
    throw new Error(`The plan ${hash} was not confirmed: ${text}`);
  };
  await askCommand('confirm', [hash, '--config', join(dir, 'config.yaml')], { folder: dir, print: () => {}, complain });
}
