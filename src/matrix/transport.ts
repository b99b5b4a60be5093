import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { UnnoticedConnections } from './unnoticed.ts';

/** One HTTP exchange to make. `url` is complete, query included. */
export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** How long to wait for the whole answer. Then we stop listening; the server may still do what was asked. */
  readonly patienceMs: number;
  /** Which connections it may use; see {@link Pool}. */
  readonly pool: Pool;
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
};

/**
 * `shared`: kept alive, at most {@link MAX_CONNECTIONS} per server. `poll`: kept alive, never behind other requests.
 * `own`: a connection for this request alone (Dendrite limits /register per connection). A GET over plain HTTP always
 * has one for itself, see {@link UnnoticedConnections}.
 */
export type Pool = 'shared' | 'poll' | 'own';

export type HttpAnswer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** False where the request had to open a connection; of a poll, where the one before it was closed meanwhile. */
  readonly reused: boolean;
  /** The server lets the connection be used again. */
  readonly keptAlive: boolean;
};

/** No complete answer came. */
export type HttpFailure = {
  /** False only when it is certain that not one byte of the request reached the server. */
  readonly sent: boolean;
  /** `ECONNREFUSED`, `timeout`, `answer too large`, `aborted` … */
  readonly reason: string;
};

export type Exchange = { readonly answer: HttpAnswer } | { readonly failure: HttpFailure };

const MAX_CONNECTIONS = 32;
/** Shorter than the idle limits of the usual reverse proxies, so that it is us who closes an idle connection. */
const IDLE_MS = 8_000;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

const shared = {
  keepAlive: true,
  maxSockets: MAX_CONNECTIONS,
  maxFreeSockets: 8,
  timeout: IDLE_MS,
  scheduling: 'lifo',
} as const;
const poll = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4 } as const;
const AGENTS = {
  'http:': { shared: new http.Agent(shared), poll: new http.Agent(poll), own: false },
  'https:': { shared: new https.Agent(shared), poll: new https.Agent(poll), own: false },
} as const;

const unnoticed = new UnnoticedConnections();
/** Each on a connection of its own, which ends with the answer: what was begun behind it belongs to nobody. */
const READINGS = new http.Agent({ maxSockets: MAX_CONNECTIONS });

/**
 * Makes one exchange; never throws and never repeats. An answer is whatever the server said, of any status.
 * Written for us, because it must be known whether a request that failed had left (a send in doubt is looked up,
 * one that never left is tried again), and because no library may abort or repeat a send.
 */
export function exchange(request: HttpRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const url = new URL(request.url);
    const secure = url.protocol === 'https:';
    let sent = false;
    let settled = false;
    let connection: Socket | undefined;

    // Over TLS a proxy stands between, and leaves the server when it likes to.
    const isReading = request.method === 'GET' && !secure;
    const wasKept = isReading && request.pool === 'poll' && unnoticed.letGo(url);
    const outgoing = (secure ? https : http).request(url, {
      method: request.method,
      headers: isReading ? { ...withLength(request), Connection: 'keep-alive' } : withLength(request),
      ...(isReading && request.pool === 'poll'
        ? { createConnection: () => unnoticed.open(url) }
        : { agent: isReading ? READINGS : AGENTS[secure ? 'https:' : 'http:'][request.pool] }),
    });

    const settle = (result: Exchange): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const giveUp = (reason: string): void => {
      settle({ failure: { sent, reason } });
      outgoing.destroy();
    };
    const onAbort = (): void => giveUp('aborted');
    const timer = setTimeout(() => giveUp('timeout'), request.patienceMs);

    outgoing.once('socket', (socket) => {
      connection = socket;
      if (outgoing.reusedSocket) sent = true;
      else socket.once(isTls(socket) ? 'secureConnect' : 'connect', () => (sent = true));
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => giveUp(error.code ?? error.message));
    outgoing.once('response', (incoming) => {
      const max = request.maxBodyBytes ?? MAX_BODY_BYTES;
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > max) giveUp('answer too large');
        else chunks.push(chunk);
      });
      incoming.once('error', (error: NodeJS.ErrnoException) => giveUp(error.code ?? error.message));
      incoming.once('close', () => giveUp('connection lost'));
      incoming.once('end', () => {
        if (isReading && request.pool === 'poll' && outgoing.shouldKeepAlive && connection !== undefined)
          unnoticed.keep(url, connection);
        else if (isReading) connection?.destroy();
        settle({
          answer: {
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
            reused: outgoing.reusedSocket || wasKept,
            keptAlive: outgoing.shouldKeepAlive,
          },
        });
      });
    });

    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted) onAbort();
    else
      outgoing.end(request.body, () => {
        if (isReading && connection !== undefined) unnoticed.beginNext(connection);
      });
  });
}

const isTls = (socket: object): socket is TLSSocket => 'encrypted' in socket;

function withLength(request: HttpRequest): Record<string, string | number> {
  if (request.body === undefined) return { ...request.headers };
  return { ...request.headers, 'Content-Length': Buffer.byteLength(request.body) };
}
