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
import { elsewhere, findErgo, type IrcSide, type IrcWish, registerBot, startIrc } from './irc-side.ts';
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
  /** Ends all of it: the bridge first, so that it can say goodbye to both sides. Bounded. */
  readonly stop: () => Promise<void>;
  /** At once and without manners. */
  readonly kill: () => Promise<void>;
};

/** Brings a shard up in a folder. When it fails on the way, nothing is left running. */
export async function startShard(folder: Folder, wish: ShardWish, progress: Progress): Promise<Shard> {
  const dendriteBinary = await findDendrite(wish, progress);
  const ergoBinary = await findErgo(wish, progress);
  const loaded = await loadState(folder.path, wish.usualPorts);
  for (const sentence of loaded.moved) progress.say(`  ! ${sentence}`);
  let state = loaded.state;

  const running: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of running) await server.stop();
  };
  const started = <T extends ServerProcess>(server: T): T => {
    running.unshift(server);
    return server;
  };

  try {
    let irc: IrcSide;
    if (ergoBinary === undefined) irc = elsewhere(wish.irc ?? '');
    else {
      const own = await timed(progress, 'Ergo', `127.0.0.1:${state.ports.irc}`, () =>
        startIrc(ergoBinary, state, folder),
      );
      started(own.ergo);
      if (!state.bot.registered) {
        await registerBot(own.ergo, state.bot);
        state = { ...state, bot: { ...state.bot, registered: true } };
        await saveState(folder.path, state);
      }
      irc = own;
    }

    const serverName =
      wish.homeserver === undefined ? state.serverName : await nameOfHomeserver(wish.homeserver, wish.serverName);
    const url = wish.homeserver ?? `http://127.0.0.1:${state.ports.homeserver}`;
    const files = await writeBridgeFiles(folder.path, {
      homeserver: { url, serverName },
      irc: irc.world,
      ports: state.ports,
    });
    let homeserver: HomeserverSide = { url, serverName };
    if (dendriteBinary === undefined) await expectRegistration(url, files.asToken, files.registration);
    else {
      const own = await timed(progress, 'Dendrite', url, () =>
        startHomeserver(dendriteBinary, state, files.registration, folder),
      );
      started(own.dendrite);
      homeserver = own;
    }

    const bridge = await timed(progress, 'Causeway', `http://127.0.0.1:${state.ports.http}`, () =>
      startBridge({
        config: files.config,
        httpPort: state.ports.http,
        onStarted: (pid) => folder.record('causeway', pid),
      }),
    );
    started(bridge);
    return {
      homeserver,
      irc,
      bridge,
      servers: running,
      state,
      asToken: files.asToken,
      known: loaded.known,
      stop,
      kill: async () => void (await Promise.all(running.map((server) => server.kill9()))),
    };
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
