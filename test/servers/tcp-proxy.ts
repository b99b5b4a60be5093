import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../src/sandbox/servers/ports.ts';

export type TcpProxy = {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** Lets bytes through again, on new connections and on those it held back. */
  readonly pass: () => void;
  /** Takes bytes and keeps them: the peer looks alive and silent. New connections are accepted and silent too. */
  readonly blackhole: () => void;
  /** Accepts no connections; those there go on. */
  readonly refuse: () => Promise<void>;
  /** Ends all connections with RST, as a firewall does that forgot them. */
  readonly reset: () => void;
  /** The server's end is gone and the client is not told; what the client writes goes nowhere. */
  readonly halfOpen: () => void;
  /** Ends each connection with RST after so many bytes more from the client (counted per connection). */
  readonly cutAfter: (bytes: number) => void;
  readonly stop: () => Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket; left: number; dead: boolean };

/** A proxy on the loopback address that can break as networks do. @param port to listen on; a free one unless told */
export async function startProxy(targetPort: number, port?: number): Promise<TcpProxy> {
  const listenPort = port ?? (await freePort());
  const pairs = new Set<Pair>();
  let silent = false;
  let limit = Number.POSITIVE_INFINITY;

  const forget = (pair: Pair): void => {
    pairs.delete(pair);
    if (!pair.dead) {
      pair.client.destroy();
      pair.server.destroy();
    }
  };
  const resetPair = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  };
  const hold = (pair: Pair): void => {
    pair.client.pause();
    pair.server.pause();
  };

  const accept = (client: Socket): void => {
    const server = connect({ port: targetPort, host: '127.0.0.1' });
    const pair: Pair = { client, server, left: limit, dead: false };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      if (pair.dead) return;
      server.write(chunk.subarray(0, Math.max(0, pair.left)));
      pair.left -= chunk.length;
      if (pair.left <= 0) resetPair(pair);
    });
    server.on('data', (chunk: Buffer) => {
      if (!pair.dead) client.write(chunk);
    });
    client.on('end', () => server.end());
    server.on('end', () => {
      if (!pair.dead) client.end();
    });
    for (const socket of [client, server]) {
      socket.on('error', () => forget(pair));
      socket.on('close', () => forget(pair));
    }
    if (silent) hold(pair);
  };

  let listener = createServer({ allowHalfOpen: true }, accept);
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      listener = createServer({ allowHalfOpen: true }, accept);
      listener.once('error', reject);
      listener.listen(listenPort, '127.0.0.1', () => resolve());
      listener.unref();
    });
  const unlisten = (): Promise<void> =>
    new Promise((resolve) => {
      listener.close();
      // Waits for the port, not for the connections.
      setImmediate(resolve);
    });
  await listen();

  return {
    port: listenPort,
    open: () => pairs.size,
    pass: () => {
      silent = false;
      limit = Number.POSITIVE_INFINITY;
      for (const pair of pairs) {
        pair.left = limit;
        pair.client.resume();
        pair.server.resume();
      }
      if (!listener.listening) void listen();
    },
    blackhole: () => {
      silent = true;
      for (const pair of pairs) hold(pair);
    },
    refuse: unlisten,
    reset: () => {
      for (const pair of pairs) resetPair(pair);
    },
    halfOpen: () => {
      for (const pair of pairs) {
        pair.dead = true;
        pair.server.resetAndDestroy();
      }
    },
    cutAfter: (bytes) => {
      limit = bytes;
      for (const pair of pairs) pair.left = bytes;
    },
    stop: async () => {
      for (const pair of pairs) resetPair(pair);
      await unlisten();
    },
  };
}
