import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { startHttpProxy } from './http-proxy.ts';
import { waitUntil } from './people.ts';
import { startProxy } from './tcp-proxy.ts';

const dial = (port: number): { socket: Socket; heard: () => string; end: () => string | undefined } => {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let end: string | undefined;
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', (error) => {
    end = (error as NodeJS.ErrnoException).code;
  });
  socket.on('close', () => {
    end ??= 'closed';
  });
  return { socket, heard: () => text, end: () => end };
};

describe('the proxy for lines', async () => {
  const echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  echo.unref();
  const target = (echo.address() as AddressInfo).port;

  test('passes bytes, holds them back while it is silent, and lets them go afterwards', async () => {
    const proxy = await startProxy(target);
    after(() => proxy.stop());
    const { socket, heard } = dial(proxy.port);
    socket.write('one ');
    await waitUntil(() => heard() === 'one ');
    proxy.blackhole();
    socket.write('two ');
    const late = dial(proxy.port);
    late.socket.write('three ');
    await waitUntil(() => proxy.open() === 2);
    assert.deepEqual([heard(), late.heard()], ['one ', '']);
    proxy.pass();
    await waitUntil(() => heard() === 'one two ' && late.heard() === 'three ');
  });

  test('resets connections, refuses new ones and takes them again', async () => {
    const proxy = await startProxy(target);
    after(() => proxy.stop());
    const first = dial(proxy.port);
    first.socket.write('x');
    await waitUntil(() => first.heard() === 'x');
    await proxy.refuse();
    proxy.reset();
    assert.equal(await waitUntil(first.end), 'ECONNRESET');
    assert.equal(await waitUntil(dial(proxy.port).end), 'ECONNREFUSED');
    proxy.pass();
    const again = dial(proxy.port);
    again.socket.write('y');
    await waitUntil(() => again.heard() === 'y');
  });

  test('leaves a client alone with half a connection', async () => {
    const proxy = await startProxy(target);
    after(() => proxy.stop());
    const { socket, heard, end } = dial(proxy.port);
    socket.write('x');
    await waitUntil(() => heard() === 'x');
    proxy.halfOpen();
    await new Promise((resolve) => socket.write('into the void', resolve));
    assert.deepEqual([heard(), end()], ['x', undefined]);
  });

  test('cuts a connection after a number of bytes', async () => {
    const proxy = await startProxy(target);
    after(() => proxy.stop());
    proxy.cutAfter(3);
    const { socket, end } = dial(proxy.port);
    socket.write('abcdef');
    assert.equal(await waitUntil(end), 'ECONNRESET');
  });
});

describe('the proxy for requests', async () => {
  const carriedOut: string[] = [];
  const server = createHttpServer((request, response) => {
    carriedOut.push(`${request.method} ${request.url}`);
    response.end('done');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();

  test('carries a request out and drops its answer, as often as told', async () => {
    const proxy = await startHttpProxy((server.address() as AddressInfo).port);
    after(() => proxy.stop());
    proxy.rule({ fits: (request) => request.startsWith('PUT /send'), fault: { kind: 'drop-response' }, times: 1 });
    await assert.rejects(fetch(`${proxy.url}/send/1`, { method: 'PUT', body: 'x' }), TypeError);
    assert.deepEqual(carriedOut, ['PUT /send/1']);
    assert.equal(await (await fetch(`${proxy.url}/send/1`, { method: 'PUT', body: 'x' })).text(), 'done');
  });

  test('answers in place of the server', async () => {
    const proxy = await startHttpProxy((server.address() as AddressInfo).port);
    after(() => proxy.stop());
    const carriedOutBefore = carriedOut.length;
    const remove = proxy.rule({ fits: () => true, fault: { kind: 'answer', status: 502, body: 'bad gateway' } });
    const answer = await fetch(`${proxy.url}/anything`);
    assert.deepEqual([answer.status, await answer.text(), carriedOut.length], [502, 'bad gateway', carriedOutBefore]);
    remove();
    assert.equal((await fetch(`${proxy.url}/anything`)).status, 200);
  });
});
