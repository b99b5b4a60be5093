import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, type ShardOptions, startShard } from './shard.ts';

const SERVER_NAME = 'shard.test';

/** One entry of the list of members, as an admin writes it. */
export type Listed = {
  readonly status?: string;
  readonly roles?: readonly unknown[];
  readonly groups?: readonly unknown[];
  readonly irc?: string;
  /** An account on another homeserver. */
  readonly matrix?: string;
};

export type Cooperative = {
  readonly shard: Shard;
  /** Writes the list of members anew, as an editor does. @param more what else stands in the file */
  list(members: Readonly<Record<string, Listed>>, more?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes whatever into the list's file. */
  scribble(text: string): Promise<void>;
  /** Room of a resource by its alias. */
  room(alias: string): Promise<string>;
  membership(alias: string, name: string): Promise<string>;
  power(alias: string, name: string): Promise<number>;
  /** Resolves once somebody stands so in a room. */
  until(alias: string, name: string, membership: string, timeoutMs?: number): Promise<void>;
  /** Accepts every invitation to a room, as a client does. */
  enter(alias: string, name: string): Promise<string>;
  /** Resolves once the room can be entered in this way. */
  opened(alias: string, rule: string): Promise<void>;
  audit(): Promise<readonly Record<string, unknown>[]>;
};

export const mxid = (name: string): string => `@${name}:${SERVER_NAME}`;

/** A shard whose authority is a list of members in a file, with the people of the list on its homeserver. */
export async function startCooperative(
  name: string,
  people: readonly string[],
  members: Readonly<Record<string, Listed>>,
  options: Omit<ShardOptions, 'withoutBridge' | 'people'> & {
    readonly cooperative?: Readonly<Record<string, unknown>>;
    readonly authority?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Cooperative> {
  const { cooperative, authority, ...rest } = options;
  const serverName = options.dendrite?.serverName ?? SERVER_NAME;
  const idOf = (who: string): string => `@${who}:${serverName}`;
  const parts: { path: string } = { path: '' };
  const shard = await startShard(name, {
    ...rest,
    withoutBridge: true,
    config: {
      cooperative: {
        name: 'Willow',
        space: '#willow',
        lobby: '#lobby',
        adminRoom: '#admin',
        groups: [{ id: 'garden', name: 'Garden' }],
        ...cooperative,
      },
      authority: { source: 'file', path: './members.yaml', ...authority },
      ...rest.config,
    },
  });
  parts.path = join(shard.dir, 'members.yaml');
  const rooms = new Map<string, string>();
  const alias = (room: string): string => `#${room}:${serverName}`;

  const made: Cooperative = {
    shard,
    async list(entries, more = {}) {
      const listed = Object.entries(entries).map(([id, entry]) => ({
        id,
        matrix: idOf(id),
        status: 'active',
        ...entry,
      }));
      await made.scribble(JSON.stringify({ members: listed, ...more }));
    },
    async scribble(text) {
      await writeFile(`${parts.path}.new`, text);
      await rename(`${parts.path}.new`, parts.path);
    },
    async room(localpart) {
      const find = () =>
        shard
          .bot()
          .resolveAlias(alias(localpart))
          .catch(() => undefined);
      const known =
        rooms.get(localpart) ?? (await waitUntil(find, { timeoutMs: 20_000, what: `the room #${localpart}` }));
      rooms.set(localpart, known);
      return known;
    },
    async membership(localpart, who) {
      const room = await made.room(localpart);
      try {
        return String((await shard.bot().state(room, 'm.room.member', idOf(who))).membership);
      } catch {
        return 'none';
      }
    },
    async power(localpart, who) {
      const { users = {} } = await shard.bot().state(await made.room(localpart), 'm.room.power_levels');
      return (users as Record<string, number>)[idOf(who)] ?? 0;
    },
    until: (localpart, who, membership, timeoutMs = 15_000) =>
      waitUntil(async () => (await made.membership(localpart, who)) === membership, {
        timeoutMs,
        what: `${who} to stand as ${membership} in #${localpart}`,
      }).then(() => {}),
    async enter(localpart, who) {
      return shard.person(who).join(await made.room(localpart));
    },
    async opened(localpart, rule) {
      const room = await made.room(localpart);
      const joinRule = async (): Promise<unknown> => (await shard.bot().state(room, 'm.room.join_rules')).join_rule;
      await waitUntil(async () => (await joinRule()) === rule, {
        timeoutMs: 15_000,
        what: `#${localpart} to be ${rule}`,
      });
    },
    async audit() {
      const text = await readFile(join(shard.dir, 'data', 'audit.jsonl'), 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
  try {
    await made.list(members);
    for (const who of people) {
      await shard.dendrite.register(who, `${who}-password`);
      (shard.people as Map<string, MatrixUser>).set(
        who,
        await MatrixUser.login(shard.dendrite.url, who, `${who}-password`),
      );
    }
    await shard.restartBridge();
    await waitUntil(
      async () =>
        (await shard
          .bot()
          .resolveAlias(alias('willow'))
          .catch(() => '')) !== '',
      {
        timeoutMs: 20_000,
        what: 'the Space to be there',
      },
    );
    return made;
  } catch (error) {
    await shard.stop();
    const log = await readFile(join(shard.dir, 'bridge.log'), 'utf8').catch(() => '(no log)');
    throw new Error(`The cooperative did not come up: ${String(error)}\n${log.slice(-6_000)}`);
  }
}
