import type { TestContext } from 'node:test';
import { FakeIrcServer, type FakeServerOptions } from './irc-server.ts';
import { NetworkWorld, type Settings } from './network-world.ts';

export type IrcScene = { readonly server: FakeIrcServer; readonly world: NetworkWorld };

/** A scripted server and a network of ours that connects to it, until the test ends. */
export async function ircScene(
  t: TestContext,
  options: FakeServerOptions = {},
  settings: Omit<Settings, 'port'> = {},
): Promise<IrcScene> {
  const server = await FakeIrcServer.start(options);
  const world = new NetworkWorld({ port: server.port, ...settings });
  t.after(async () => {
    await world.network.stop('bye');
    await server.stop();
  });
  return { server, world };
}

/** {@link ircScene}, once the listener is in its channels. */
export async function listeningScene(...wanted: Parameters<typeof ircScene>): Promise<IrcScene> {
  const scene = await ircScene(...wanted);
  await scene.world.listening();
  return scene;
}
