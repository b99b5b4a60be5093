import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exchange, type Pool } from '../../src/matrix/transport.ts';
import { waitUntil } from '../servers/people.ts';

/** Bytes that a Go server has read, at most, when it begins to serve a request. */
const READ_AHEAD = 4_096;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (url: string, pool: Pool = 'shared', put?: string) =>
  exchange({
    method: put === undefined ? 'GET' : 'PUT',
    url,
    headers: {},
    ...(put === undefined ? {} : { body: put }),
    patienceMs: 10_000,
    pool,
  });

const answerOf = async (asked: ReturnType<typeof ask>): Promise<string> => {
  const result = await asked;
  if ('failure' in result) return result.failure.reason;
  return `${result.answer.body.toString()}${result.answer.reused ? ', the connection was kept' : ''}`;
};

describe('a reading, which a server must not notice us leave', { timeout: 60_000 }, () => {
  type Connection = { readonly socket: Socket; heard: string; ended: boolean };
  const connections: Connection[] = [];
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    const connection: Connection = { socket, heard: '', ended: false };
    connections.push(connection);
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.ended = true;
    });
    socket.on('data', (data) => {
      connection.heard += data.toString('latin1');
    });
  });
  let url = '';
  before(async () => {
    url = await listening(server);
  });
  after(() => {
    for (const { socket } of connections) socket.destroy();
    server.close();
  });
  /** The newest connection, once it has heard a request and whatever stands behind it. */
  const heardBy = async (n: number, least = READ_AHEAD): Promise<Connection> => {
    const connection = await waitUntil(() => connections[n], { what: `connection ${n}` });
    await waitUntil(() => (connection.heard.split('\r\n\r\n')[1]?.length ?? 0) > least, { what: 'all of it' });
    return connection;
  };

  test('is followed by more than what a server reads ahead, which never becomes a request', async () => {
    const asked = ask(`${url}/reading`);
    const here = await heardBy(0);
    const [head = '', next = '', ...more] = here.heard.split('\r\n\r\n');
    assert.match(head, /^GET \/reading HTTP\/1\.1\r\n/);
    assert.doesNotMatch(head, /connection: close/i);
    assert.match(next, /^GET \/ HTTP\/1\.1\r\n[\w-]+: -+$/);
    assert.deepEqual(more, []);
    here.socket.write(ANSWER);
    assert.equal(await answerOf(asked), '{}');
    await waitUntil(() => here.ended, { what: 'its connection to be ended' });
  });

  test('tells of a poll whether the connection of the one before it was kept', async () => {
    const poll = async (n: number): Promise<string> => {
      const asked = ask(`${url}/poll`, 'poll');
      (await heardBy(n)).socket.write(ANSWER);
      return answerOf(asked);
    };
    assert.equal(await poll(1), '{}');
    assert.equal(connections[1]?.ended, false);
    assert.equal(await poll(2), '{}, the connection was kept');
    connections[2]?.socket.destroy();
    await waitUntil(() => connections[2]?.ended === true);
    // What the server ended has to have come here, too.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    assert.equal(await poll(3), '{}');
    assert.equal(await poll(4), '{}, the connection was kept');
    assert.equal(connections[3]?.ended, true);
  });

  test('is the only one: behind a writing stands nothing, and its connection is used again', async () => {
    for (const text of ['one', 'two']) {
      const asked = ask(`${url}/send`, 'shared', text);
      const here = await waitUntil(() => connections[5], { what: 'a connection' });
      await waitUntil(() => here.heard.endsWith(`\r\n\r\n${text}`), { what: 'the request' });
      here.socket.write(ANSWER);
      assert.match(await answerOf(asked), /^\{\}/);
    }
    assert.equal(connections.length, 6);
  });
});

test('a server that speaks HTTP answers readings, long ones too, and is left alone by what was only begun', async () => {
  const long = 'x'.repeat(300_000);
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(String(request.url));
    response.end(request.url === '/long' ? long : '{}');
  });
  const url = await listening(server);
  for (const [path, answer] of [
    ['/a', '{}'],
    ['/long', long],
    ['/b', '{}'],
  ] as const)
    assert.equal(await answerOf(ask(`${url}${path}`)), answer);
  assert.deepEqual(asked, ['/a', '/long', '/b']);
  const many = await Promise.all(Array.from({ length: 100 }, (_, n) => answerOf(ask(`${url}/${n}`))));
  assert.deepEqual(new Set(many), new Set(['{}']));
  assert.equal(asked.length, 103);
  server.closeAllConnections();
  server.close();
});
