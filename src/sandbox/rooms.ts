import { CHANNELS, HOUSE_ROOMS, INHABITANTS, OPEN_ROOMS } from './cooperative.ts';
import { Acceptor } from './people/acceptor.ts';
import { MatrixRefusal, MatrixUser } from './people/matrix-user.ts';
import { waitUntil } from './people/wait.ts';
import type { Shard } from './shard.ts';

const ROOMS_MS = 60_000;
const MOVE_IN_MS = 60_000;
/** Under this name the sandbox itself is logged in as its people; the next start ends the session of the one before. */
const DEVICE = 'SANDBOX';

/** The sandbox's people, logged in and where they belong. */
export type Household = {
  readonly people: readonly MatrixUser[];
  /** Room ids by alias without the server. */
  readonly rooms: ReadonlyMap<string, string>;
  /** Nobody accepts anything any more. */
  readonly rest: () => Promise<void>;
  /** And the sandbox's sessions end. */
  readonly stop: () => Promise<void>;
};

/** Resolves when the bridge has made all rooms of channels. @returns room ids by channel */
export async function madeRooms(shard: Shard): Promise<Map<string, string>> {
  const rooms = new Map<string, string>();
  for (const channel of CHANNELS) rooms.set(channel, await madeRoom(shard, channel));
  return rooms;
}

/**
 * Logs the sandbox's people in. They enter the open rooms where they never were, and accept what they are invited to, until
 * told to stop. Resolves, where the list of members is new, when everybody is where that list wants them.
 * @param busy who decides about invitations by themselves
 */
export async function moveIn(shard: Shard, busy: readonly string[] = []): Promise<Household> {
  const { homeserver, state } = shard;
  const people = await Promise.all(
    state.people.map(({ name, password }) => MatrixUser.login(homeserver.url, name, password, DEVICE)),
  );
  const named = new Map(state.people.map(({ name }, at) => [name, people[at]]));
  const acceptors = state.people.flatMap(({ name }) => {
    const user = named.get(name);
    return user === undefined || busy.includes(name) ? [] : new Acceptor(user);
  });
  for (const acceptor of acceptors) acceptor.start();
  const rest = async (): Promise<void> => void (await Promise.all(acceptors.map((acceptor) => acceptor.stop())));
  try {
    const rooms = await madeRooms(shard);
    for (const house of HOUSE_ROOMS) rooms.set(house, await madeRoom(shard, house));
    for (const { name, comesIn } of INHABITANTS) {
      const user = named.get(name);
      if (user === undefined || !comesIn) continue;
      for (const open of OPEN_ROOMS) await comeIn(shard, user, rooms.get(open) ?? '');
    }
    if (shard.isNewCooperative) await settle(shard, rooms, named, busy);
    const stop = async (): Promise<void> => {
      await rest();
      await Promise.all(people.map((person) => person.logout().catch(() => {})));
    };
    return { people, rooms, rest, stop };
  } catch (error) {
    await rest();
    throw error;
  }
}

export const botOf = (shard: Shard): MatrixUser => MatrixUser.withToken(shard.homeserver.url, '', shard.asToken);

/** How somebody stands in a room; `none` where they never were. */
export async function membershipOf(bot: MatrixUser, room: string, userId: string): Promise<string> {
  try {
    return String((await bot.state(room, 'm.room.member', userId)).membership);
  } catch (error) {
    if (error instanceof MatrixRefusal && error.status === 404) return 'none';
    throw error;
  }
}

function madeRoom(shard: Shard, localAlias: string): Promise<string> {
  const alias = `${localAlias}:${shard.homeserver.serverName}`;
  const what = `the bridge to make the room ${alias}`;
  return waitUntil(() => resolved(botOf(shard), alias), { timeoutMs: ROOMS_MS, what });
}

const resolved = (user: MatrixUser, alias: string): Promise<string | undefined> =>
  user.resolveAlias(alias).catch((error: unknown) => {
    if (error instanceof MatrixRefusal && error.status === 404) return undefined;
    throw error;
  });

/** Somebody who left, or was put out, stays where they are. */
async function comeIn(shard: Shard, user: MatrixUser, room: string): Promise<void> {
  if ((await membershipOf(botOf(shard), room, user.userId)) !== 'none') return;
  await user.join(room).catch((error: unknown) => {
    if (!(error instanceof MatrixRefusal)) throw error;
  });
}

async function settle(
  shard: Shard,
  rooms: ReadonlyMap<string, string>,
  named: ReadonlyMap<string, MatrixUser | undefined>,
  busy: readonly string[],
): Promise<void> {
  const bot = botOf(shard);
  for (const { name, belongs } of INHABITANTS) {
    const userId = named.get(name)?.userId;
    if (userId === undefined || busy.includes(name)) continue;
    for (const place of belongs) {
      const room = rooms.get(place) ?? '';
      const isIn = async (): Promise<boolean> => (await membershipOf(bot, room, userId)) === 'join';
      await waitUntil(isIn, { timeoutMs: MOVE_IN_MS, what: `${name} to be in ${place}` });
    }
  }
}
