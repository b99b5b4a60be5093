import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { reset } from './reset.ts';
import type { Wire } from './session.ts';
import { acceptWebSocket } from './websocket.ts';

/** 0: none yet, or none at all. */
export type Ports = { readonly irc: number; readonly web: number; readonly tls: number; readonly wss: number };

/** PEM text. */
export type TlsFiles = { readonly cert: string; readonly key: string };

/** Hears the lines of one connection, and undefined at its end. Undefined itself: there are too many connections. */
export type Accept = (wire: Wire, isCounted: boolean) => ((line: string | undefined) => void) | undefined;

/** The sockets on which the server listens; opened again, they have the ports they had. */
export class Listeners {
  readonly #tls: TlsFiles | undefined;
  readonly #accept: Accept;
  #open: (Server | HttpServer | HttpsServer)[] = [];

  constructor(tls: TlsFiles | undefined, accept: Accept) {
    this.#tls = tls;
    this.#accept = accept;
  }

  async open(before: Ports): Promise<Ports> {
    const irc = createServer((socket) => this.#takeSocket(socket, true));
    const web = this.#upgrading(createHttpServer(noPage));
    const tls = this.#tls && createTlsServer(this.#tls, (socket) => this.#takeSocket(socket, false));
    const wss = this.#tls && this.#upgrading(createHttpsServer(this.#tls, noPage));
    this.#open = [irc, web, ...(tls === undefined ? [] : [tls]), ...(wss === undefined ? [] : [wss])];
    return {
      irc: await listen(irc, before.irc),
      web: await listen(web, before.web),
      tls: tls === undefined ? 0 : await listen(tls, before.tls),
      wss: wss === undefined ? 0 : await listen(wss, before.wss),
    };
  }

  #upgrading<S extends HttpServer | HttpsServer>(web: S): S {
    web.on('upgrade', (request, socket: Socket) => {
      if (request.url === '/irc') acceptWebSocket(request, socket, this.#accept);
      else socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
    return web;
  }

  /** No new connections; those there go on. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    for (const server of open) server.close();
    // The ports are free at once; the callback of close() would wait for the connections.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** TLS connections are not counted for their address. */
  #takeSocket(socket: Socket, isCounted: boolean): void {
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    const take = this.#accept(socketWire(socket), isCounted);
    if (take === undefined) {
      socket.destroy();
      return;
    }
    let partial = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) take(line.replace(/\r$/, ''));
    });
    socket.on('close', () => take(undefined));
  }
}

const noPage = (_request: unknown, response: ServerResponse): void => void response.writeHead(404).end();

const socketWire = (socket: Socket): Wire => ({
  address: `${socket.remoteAddress}:${socket.remotePort}`,
  write: (line) => void socket.write(`${line}\r\n`),
  close: () => void socket.end(),
  reset: () => reset(socket),
});

const listen = (server: Server | HttpServer | HttpsServer, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
