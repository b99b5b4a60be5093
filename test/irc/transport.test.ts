import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DOES_NOT_READ, MAX_UNSENT_BYTES, SocketTransport } from '../../src/irc/wire/transport.ts';

const LINES = Array.from({ length: 100 }, () => `PONG ${'x'.repeat(400)}`);

/** A server that takes connections and never reads. @returns its port */
async function deafServer(t: TestContext): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a connection to a server that does not read what it is sent ends, instead of piling up its answers', async (t) => {
  const port = await deafServer(t);
  let written = 0;
  let open = true;
  const why = await new Promise<string>((resolve) => {
    const transport: SocketTransport = new SocketTransport(
      { host: '127.0.0.1', port, tls: false },
      {
        opened: () => write(),
        line: () => {},
        closed: (reason) => {
          open = false;
          resolve(reason);
        },
      },
    );
    const write = (): void => {
      if (!open) return;
      transport.write(LINES);
      written += LINES.length * 402;
      if (written < 40 * MAX_UNSENT_BYTES) setImmediate(write);
      else transport.destroy('still open');
    };
  });
  assert.equal(why, DOES_NOT_READ);
});
