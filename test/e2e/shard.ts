import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askCommand } from '../../src/cli/ask-command.ts';
import { makeRegistration, renderRegistration } from '../../src/config/registration/registration.ts';
import type { AskedName } from '../../src/core/commands/command-table.ts';
import type { CommandAnswer } from '../../src/ports/commands.ts';
import { startBridge } from '../../src/sandbox/servers/bridge.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import type { ServerProcess } from '../../src/sandbox/servers/server-process.ts';
import { type Dendrite, startDendrite } from '../servers/dendrite.ts';
import { type Ergo, startErgo } from '../servers/ergo.ts';
import { IrcUser, type IrcUserOptions, MatrixUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

export type ShardOptions = {
  /** Channels and, behind them, what else their mapping says; one room each, of the same name. */
  readonly channels?: readonly (string | (Readonly<Record<string, unknown>> & { readonly channel: string }))[];
  /** More channels, in whose rooms only the first of the people is. */
  readonly aside?: readonly string[];
  /** Matrix people; `alice` and `bob` unless told. They are in all rooms, and the first sees what happens there as it does. */
  readonly people?: readonly string[];
  /** Laid over the network's section of the configuration; may depend on the server that was started. */
  readonly network?: Section | ((ergo: Ergo) => Section);
  /** Laid over the whole configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Port of another IRC server; Ergo is started unless told. */
  readonly ircPort?: number;
  readonly ergo?: Partial<Parameters<typeof startErgo>[0]>;
  readonly dendrite?: Partial<Parameters<typeof startDendrite>[0]>;
  /** Between bridge and homeserver: where the bridge reaches it instead of Dendrite's own port. */
  readonly homeserverUrl?: (dendrite: Dendrite) => Promise<string>;
  /** Between bridge and IRC server: the port that the bridge connects to. */
  readonly ircVia?: (ircPort: number) => Promise<number>;
  readonly env?: Readonly<Record<string, string>>;
  /** Resolve before the bridge runs. */
  readonly withoutBridge?: boolean;
  /** Where `http.listen` is, for a test that writes that section itself. */
  readonly httpPort?: number;
};

type Section = Readonly<Record<string, unknown>>;

/** Everybody on Matrix has an account of their own on this Ergo, and the bot one that is an operator's nowhere. */
export const withAccounts = ({ jwtKey: key }: Ergo): Section => ({
  bot: { nick: 'causeway', sasl: { mechanism: 'jwt', user: 'causeway' } },
  puppets: { max: 2_000, reconnectsAtOnce: 50, connectPerSecond: 500, sasl: { kind: 'jwt', key } },
});

/** A cooperative's deployment on this machine: real homeserver, real IRC server, the bridge as a process of its own. */
export type Shard = {
  readonly dir: string;
  readonly dendrite: Dendrite;
  /** Undefined where the test brought another IRC server. */
  readonly ergo: Ergo | undefined;
  readonly bridge: ServerProcess;
  readonly ircPort: number;
  readonly httpPort: number;
  readonly configPath: string;
  readonly people: ReadonlyMap<string, MatrixUser>;
  /** Room ids by channel. */
  readonly rooms: ReadonlyMap<string, string>;
  person(name: string): MatrixUser;
  /** The bridge's own bot, to arrange rooms with. */
  bot(): MatrixUser;
  room(channel: string): string;
  /** Somebody in an IRC client, in all channels. */
  ircUser(nick: string, options?: Partial<IrcUserOptions>): Promise<IrcUser>;
  status(): Promise<Record<string, unknown>>;
  /** What `causeway NAME WORDS` is answered. */
  asks(name: AskedName, ...words: string[]): Promise<CommandAnswer>;
  /** Another process on the same configuration, with failpoints or faults in its environment. */
  restartBridge(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  stop(): Promise<void>;
};

const SERVER_NAME = 'shard.test';

export async function startShard(name: string, options: ShardOptions = {}): Promise<Shard> {
  const dir = makeTempDir(name);
  const serverName = options.dendrite?.serverName ?? SERVER_NAME;
  const channels = (options.channels ?? ['#commons']).map((entry) =>
    typeof entry === 'string' ? { channel: entry } : entry,
  );
  const aside = (options.aside ?? []).map((channel) => ({ channel }));
  const [asPort, httpPort] = [await freePort(), options.httpPort ?? (await freePort())];
  const registrationPath = join(dir, 'registration.yaml');
  const url = `http://127.0.0.1:${asPort}`;
  const registration = makeRegistration({
    serverName,
    url,
    randomToken: () => randomBytes(32).toString('hex'),
  });
  await writeFile(registrationPath, renderRegistration(registration), { mode: 0o600 });
  const ergo = options.ircPort === undefined ? await startErgo({ dir: join(dir, 'ergo'), ...options.ergo }) : undefined;
  const ircPort = options.ircPort ?? ergo?.ports.irc ?? 0;
  const dendrite = await startDendrite({
    dir: join(dir, 'dendrite'),
    serverName,
    registrations: [registrationPath],
    ...options.dendrite,
  });
  const config = {
    homeserver: { url: (await options.homeserverUrl?.(dendrite)) ?? dendrite.url, serverName },
    appservice: { listen: `127.0.0.1:${asPort}`, url, registration: registrationPath },
    database: `sqlite:${join(dir, 'causeway.db')}`,
    networks: [
      {
        id: 'home',
        server: { host: '127.0.0.1', port: (await options.ircVia?.(ircPort)) ?? ircPort, tls: false },
        bot: { nick: 'causeway' },
        puppets: { max: 2_000, reconnectsAtOnce: 50, connectPerSecond: 500 },
        ...(typeof options.network === 'function' ? ergo && options.network(ergo) : options.network),
        channels: [...channels, ...aside].map((channel) => ({ room: channel.channel, ...channel })),
      },
    ],
    http: { listen: `127.0.0.1:${httpPort}` },
    log: { level: 'debug', format: 'json' },
    ...options.config,
  };
  const configPath = join(dir, 'config.yaml');
  await writeFile(configPath, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  await mkdir(join(dir, 'data'), { recursive: true });

  const launch = (env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
    startBridge({ config: configPath, httpPort, env: { ...options.env, ...env } });
  const parts: { bridge: ServerProcess | undefined } = { bridge: undefined };
  const people = new Map<string, MatrixUser>();
  const rooms = new Map<string, string>();

  const shard: Shard = {
    dir,
    dendrite,
    ergo,
    get bridge() {
      if (parts.bridge === undefined) throw new Error('The bridge of this shard was not started.');
      return parts.bridge;
    },
    ircPort,
    httpPort,
    configPath,
    people,
    rooms,
    person(who) {
      const user = people.get(who);
      if (user === undefined) throw new Error(`Nobody is called ${who} here.`);
      return user;
    },
    bot: () =>
      MatrixUser.withToken(dendrite.url, `@${registration.sender_localpart}:${serverName}`, registration.as_token),
    room(channel) {
      const room = rooms.get(channel);
      if (room === undefined) throw new Error(`${channel} has no room here.`);
      return room;
    },
    ircUser: (nick, more) =>
      IrcUser.connect({ port: ircPort, nick, channels: channels.map(({ channel }) => channel), ...more }),
    async status() {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/status`);
      return (await answer.json()) as Record<string, unknown>;
    },
    async asks(name, ...words) {
      let said = '';
      const hear = (text: string): void => {
        said += text;
      };
      const argv = [...words, '--json', '--config', configPath];
      const code = await askCommand(name, argv, { folder: dir, print: hear, complain: hear });
      if (code === 2) throw new Error(said);
      return JSON.parse(said) as CommandAnswer;
    },
    async restartBridge(env) {
      if (parts.bridge?.isRunning() === true) await parts.bridge.stop();
      parts.bridge = await launch(env);
      return parts.bridge;
    },
    async stop() {
      await Promise.all([...people.values()].map((person) => person.stop()));
      await parts.bridge?.stop();
      await Promise.all([dendrite.stop(), ergo?.stop()]);
    },
  };
  if (options.withoutBridge === true) return shard;
  try {
    parts.bridge = await launch();
    await waitUntil(async () => linked(await shard.status()) === channels.length + aside.length, {
      timeoutMs: 20_000,
      what: 'every channel to be linked',
    });
    for (const who of options.people ?? ['alice', 'bob']) {
      await dendrite.register(who, `${who}-password`);
      people.set(who, await MatrixUser.login(dendrite.url, who, `${who}-password`));
    }
    for (const { channel } of channels) {
      for (const person of people.values()) rooms.set(channel, await person.join(`${channel}:${serverName}`));
    }
    const [first] = people.values();
    for (const { channel } of aside)
      if (first !== undefined) rooms.set(channel, await first.join(`${channel}:${serverName}`));
    // The first reads along. Twenty who read would make each line dear for the homeserver.
    await first?.startSync();
    return shard;
  } catch (error) {
    await shard.stop();
    const log = await readFile(join(dir, 'bridge.log'), 'utf8').catch(() => '(no log)');
    throw new Error(`The shard did not come up: ${String(error)}\n${log.slice(-6_000)}`);
  }
}

const linked = (status: Record<string, unknown>): number =>
  (status.portals as { readonly state: string }[]).filter((portal) => portal.state === 'linked').length;
