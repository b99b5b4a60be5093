import { writeBridgeFiles } from './bridge-files.ts';
import type { Folder } from './folder.ts';
import {
  expectRegistration,
  findDendrite,
  type HomeserverSide,
  type HomeserverWish,
  nameOfHomeserver,
  startHomeserver,
} from './homeserver-side.ts';
import { elsewhere, ensureAccounts, findErgo, type IrcSide, type IrcWish, startIrc } from './irc-side.ts';
import { ensureMembers } from './members-file.ts';
import type { Progress } from './progress.ts';
import { startBridge } from './servers/bridge.ts';
import type { ServerProcess } from './servers/server-process.ts';
import { loadState, type PortName, type State, saveState } from './state.ts';

export type ShardWish = HomeserverWish & IrcWish & { readonly usualPorts?: Readonly<Record<PortName, number>> };

/** A whole shard on this machine: homeserver, IRC server, bridge. */
export type Shard = {
  readonly homeserver: HomeserverSide;
  readonly irc: IrcSide;
  readonly bridge: ServerProcess;
  /** All that run here, in the order in which they have to end. */
  readonly servers: readonly ServerProcess[];
  readonly state: State;
  readonly asToken: string;
  /** Whether the folder was used before. */
  readonly known: boolean;
  /** Whether its list of members was written now. */
  readonly isNewCooperative: boolean;
  /** Ends all of it: the bridge first, so that it can say goodbye to both sides. Bounded. */
  readonly stop: () => Promise<void>;
  /** At once and without manners. */
  readonly kill: () => Promise<void>;
};

/** Brings a shard up in a folder. When it fails on the way, nothing is left running. */
export async function startShard(folder: Folder, wish: ShardWish, progress: Progress): Promise<Shard> {
  // What the person said is checked before anything takes time.
  const ircElsewhere = wish.irc === undefined ? undefined : elsewhere(wish.irc);
  const nameElsewhere =
    wish.homeserver === undefined ? undefined : await nameOfHomeserver(wish.homeserver, wish.serverName);
  const dendriteBinary = await findDendrite(wish, progress);
  const ergoBinary = await findErgo(wish, progress);
  const { state, known, moved } = await loadState(folder.path, wish.usualPorts);
  for (const sentence of moved) progress.say(`  ! ${sentence}`);

  const running: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of running) await server.stop();
  };
  /** Starts one with words, and remembers it in the order in which all have to end. */
  const bring = async <T>(
    name: string,
    where: string,
    start: () => Promise<T>,
    processOf: (side: T) => ServerProcess,
  ) => {
    const side = await timed(progress, name, where, start);
    running.unshift(processOf(side));
    return side;
  };

  try {
    const irc =
      ircElsewhere ??
      (await bring(
        'Ergo',
        `127.0.0.1:${state.ports.irc}`,
        () => startIrc(ergoBinary ?? '', state, folder),
        (side) => side.ergo,
      ));
    if (irc.ergo !== undefined) await saveState(folder.path, await ensureAccounts(irc.ergo, state));

    const serverName = nameElsewhere ?? state.serverName;
    const url = wish.homeserver ?? `http://127.0.0.1:${state.ports.homeserver}`;
    const world = { homeserver: { url, serverName }, irc: irc.world, ports: state.ports };
    const files = await writeBridgeFiles(folder.path, world);
    const isNewCooperative = await ensureMembers(folder.path, serverName, nameElsewhere === undefined);
    if (nameElsewhere !== undefined) await expectRegistration(url, files.asToken, files.registration);
    const homeserver =
      nameElsewhere !== undefined
        ? { url, serverName }
        : await bring(
            'Dendrite',
            url,
            () => startHomeserver(dendriteBinary ?? '', state, files.registration, folder),
            (side) => side.dendrite,
          );

    const httpPort = state.ports.http;
    const onStarted = (pid: number): void => folder.record('causeway', pid);
    const bridge = await bring(
      'Causeway',
      `http://127.0.0.1:${httpPort}`,
      () => startBridge({ config: files.config, httpPort, onStarted }),
      (side) => side,
    );
    const kill = async (): Promise<void> => void (await Promise.all(running.map((server) => server.kill9())));
    const { asToken } = files;
    return { homeserver, irc, bridge, servers: running, state, asToken, known, isNewCooperative, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function timed<T>(progress: Progress, name: string, where: string, start: () => Promise<T>): Promise<T> {
  const step = progress.step(`${name} starts`);
  try {
    const result = await start();
    step.done(`ready at ${where}`);
    return result;
  } catch (error) {
    step.failed('it did not come up');
    throw error;
  }
}
