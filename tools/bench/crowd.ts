import type { ServerProcess } from '../../src/sandbox/servers/server-process.ts';
import { ALIASES, cooperativeConfig, GROUPS, LINKS, type Listed, writeList } from './cooperative.ts';
import { processorMs } from './process-usage.ts';
import type { BenchContext } from './scenario.ts';
import { type StandIn, startStandIn } from './stand-in.ts';
import { pause, until } from './waiting.ts';
import type { World } from './world.ts';

/** A cooperative of thousands, in the rooms of a homeserver in memory, with the bridge on it. */
export type Crowd = {
  readonly world: World;
  readonly standIn: StandIn;
  readonly bridge: ServerProcess;
  readonly listed: readonly Listed[];
  /** Ids of all fifty rooms. */
  readonly rooms: readonly string[];
  /** Who was in which rooms when it began. */
  readonly placesOf: (who: number) => readonly string[];
  readonly joined: number;
};

export const mxidOf = (who: number): string => `@member${who}:bench.example`;

const FEW_PARTS = 10;
const GROUP_PARTS = 4;
/** One in a hundred has no account on the homeserver. */
const STRANGERS = 100;

/**
 * All are in the Space and in the largest channels, a tenth in each of the others, a third in the Space of each group and
 * a quarter of these in each of its channels. The rooms were empty when the bridge made them, so that the authority is
 * enforced in them; then everybody has been there all along.
 * @param large how many channels hold everybody
 */
export async function makeCrowd(
  { world: makeWorld, say }: BenchContext,
  options: { readonly size: number; readonly large: number; readonly reconcileSeconds: number },
): Promise<Crowd> {
  let standIn: StandIn | undefined;
  const world = await makeWorld({
    homeserver: async (parts) => {
      standIn = await startStandIn(parts);
      return standIn;
    },
  });
  if (standIn === undefined) throw new Error('There is no homeserver.');
  const server = standIn;
  const config = cooperativeConfig({ reconcileSeconds: options.reconcileSeconds });
  writeList(world, [{ id: 'nobody' }]);
  const first = await world.bridge({ links: LINKS, config });
  await until('the Spaces', 60_000, () => ALIASES.every((alias) => server.roomOf(`#${alias}`) !== undefined));
  await quiet(first.pid);
  await first.stop();

  const rooms = ALIASES.map((alias) => server.roomOf(`#${alias}`) ?? '');
  const placesOf = (who: number): readonly string[] =>
    ALIASES.flatMap((alias, at) => (belongs(alias, who, options) ? [rooms[at] ?? ''] : []));
  let joined = 0;
  for (let who = 0; who < options.size; who++)
    for (const room of placesOf(who)) {
      server.seed(mxidOf(who), room);
      joined++;
    }
  const listed = Array.from({ length: options.size }, (_, who) => ({
    id: `member${who}`,
    ...(who < options.size - options.size / STRANGERS ? { matrix: mxidOf(who) } : {}),
    irc: `home/member${who}`,
    groups: [groupOf(who)],
  }));
  writeList(world, listed);
  const bridge = await world.bridge({ links: LINKS, config });
  await quiet(bridge.pid);
  say(`${options.size} listed, ${joined} memberships in ${rooms.length} rooms`);
  return { world, standIn: server, bridge, listed, rooms, placesOf, joined };
}

const groupOf = (who: number): string => GROUPS[who % GROUPS.length] ?? '';

function belongs(
  alias: string,
  who: number,
  { size, large }: { readonly size: number; readonly large: number },
): boolean {
  if (who >= size - size / STRANGERS) return false;
  const channel = /^c(\d+)$/.exec(alias)?.[1];
  if (channel === undefined) return alias === 'willow' || alias === `willow-${groupOf(who)}`;
  const group = LINKS[Number(channel)]?.group;
  if (group !== undefined) return group === groupOf(who) && Math.floor(who / 3) % GROUP_PARTS === 0;
  const place = LINKS.filter((link) => link.group === undefined).findIndex((link) => link.room === `#${alias}`);
  return place < large || who % FEW_PARTS === place % FEW_PARTS;
}

/** Until a process has little to do. */
export async function quiet(pid: number): Promise<void> {
  await until(
    'the bridge to be done with its start',
    300_000,
    async () => {
      const before = processorMs(pid);
      await pause(1_500);
      return processorMs(pid) - before < 60;
    },
    0,
  );
}
