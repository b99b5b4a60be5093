import { CHANNELS } from './bridge-files.ts';
import { MatrixRefusal, MatrixUser } from './people/matrix-user.ts';
import { waitUntil } from './people/wait.ts';
import type { Shard } from './shard.ts';

const ROOMS_MS = 30_000;

/** Resolves when the bridge has made all rooms. @returns room ids by channel */
export async function madeRooms(shard: Shard): Promise<ReadonlyMap<string, string>> {
  const bot = botOf(shard);
  const rooms = new Map<string, string>();
  for (const channel of CHANNELS) {
    const alias = `${channel}:${shard.homeserver.serverName}`;
    const what = `the bridge to make the room ${alias}`;
    rooms.set(channel, await waitUntil(() => resolved(bot, alias), { timeoutMs: ROOMS_MS, what }));
  }
  return rooms;
}

/** Logs the sandbox's people in and brings them into all rooms; harmless when they are there already. */
export async function joinRooms(shard: Shard): Promise<{
  readonly people: readonly MatrixUser[];
  readonly rooms: ReadonlyMap<string, string>;
}> {
  const rooms = await madeRooms(shard);
  const { url } = shard.homeserver;
  const people = await Promise.all(
    shard.state.people.map(({ name, password }) => MatrixUser.login(url, name, password)),
  );
  for (const room of rooms.values()) for (const person of people) await enter(person, room, botOf(shard));
  return { people, rooms };
}

const botOf = (shard: Shard): MatrixUser => MatrixUser.withToken(shard.homeserver.url, '', shard.asToken);

const resolved = (user: MatrixUser, alias: string): Promise<string | undefined> =>
  user.resolveAlias(alias).catch((error: unknown) => {
    if (error instanceof MatrixRefusal && error.status === 404) return undefined;
    throw error;
  });

/** Joins, invited by the bot where the room lets in nobody else. */
async function enter(person: MatrixUser, room: string, bot: MatrixUser): Promise<void> {
  try {
    await person.join(room);
  } catch (error) {
    if (!(error instanceof MatrixRefusal) || error.status !== 403) throw error;
    await bot.invite(room, person.userId);
    await person.join(room);
  }
}
