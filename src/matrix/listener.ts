import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { fail, ok, type Result } from '../core/errors.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { Log } from '../ports/log.ts';
import type { MatrixSink } from '../ports/matrix.ts';
import { makeTokenCheck, proveToken, requireToken } from './authentication.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { readTransaction, type TransactionResult } from './transactions.ts';

export type ListenerOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly hsToken: string;
  /** Also take the token from the query string. */
  readonly queryToken: boolean;
  readonly sink: MatrixSink;
  readonly log: Log;
  readonly failpoint: Failpoint;
  readonly observe?: ListenerObserver;
  readonly maxBodyBytes?: number;
};

/** For metrics. */
export type ListenerObserver = {
  readonly transaction?: (result: TransactionResult, tookMs: number) => void;
  /** Answered 503: the store is away. */
  readonly refused?: () => void;
  readonly unauthorized?: () => void;
};

export type Listener = {
  /** Starts to listen. @returns the port, or why not, in a sentence */
  listen(): Promise<Result<number>>;
  /** Takes no more, and lets the transaction under way finish (at most 10 s). */
  close(): Promise<void>;
};

const MAX_BODY_BYTES = 256 * 1024 * 1024;
const MAX_CONNECTIONS = 512;
const RETRY_AFTER_S = 2;
const CLOSE_WITHIN_MS = 10_000;
/** A body that is not JSON is refused this often, in case it was damaged on the way; then the queue has to go on. */
const BROKEN_TRIES = 3;

/**
 * Where the homeserver pushes events to us. Answers 200 only after the sink has stored them: anything but 200 makes
 * Dendrite hold all later events back and repeat for ever, and a 200 makes it forget them.
 */
export function makeListener(options: ListenerOptions): Listener {
  const { log } = options;
  const app = express();
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 120_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 16 * 1024,
    },
    app,
  );
  const limit = new ConnectionLimit(server, MAX_CONNECTIONS);
  prepare(app, options, (request, _response, next) => {
    limit.admit(request.socket);
    next();
  });
  return { listen: () => listen(server, options.listen), close: () => close(server, log) };
}

/** @param admitted sees what comes with the token */
function prepare(app: Express, options: ListenerOptions, admitted: RequestHandler): void {
  const { sink, log, observe } = options;
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(
    proveToken(options.hsToken),
    requireToken(makeTokenCheck(options.hsToken, options.queryToken), (from) => {
      observe?.unauthorized?.();
      log.warn(
        'A request without the right hs_token was refused. If it was the homeserver: it has an old copy of registration.yaml.',
        { from },
      );
    }),
    admitted,
  );

  let brokenTxn = '';
  let brokenTimes = 0;
  const transaction: RequestHandler = async (request, response) => {
    const startedMs = performance.now();
    const result = await readTransaction(request, sink, log, options.maxBodyBytes ?? MAX_BODY_BYTES);
    observe?.transaction?.(result, performance.now() - startedMs);
    const txnId = String(request.params.txnId);
    if (result.end === 'broken') {
      brokenTimes = txnId === brokenTxn ? brokenTimes + 1 : 1;
      brokenTxn = txnId;
      log.error('A transaction of the homeserver is not JSON.', { txnId, bytes: result.bytes, times: brokenTimes });
      if (brokenTimes < BROKEN_TRIES) {
        response.status(400).json({ errcode: 'M_NOT_JSON', error: 'The body is not a JSON object.' });
        return;
      }
    }
    if (result.leftOut > 0 || result.end === 'broken')
      sink.interrupted('push', 'A transaction held events that could not be read.');
    options.failpoint('after-transaction-stored');
    options.failpoint('before-transaction-answered');
    // Dendrite does not read our body: one of two bytes keeps its connection half open for half a minute.
    if (request.headers['user-agent']?.startsWith('Go-http-client'))
      response.status(200).set('Content-Length', '0').end();
    else response.status(200).json({});
  };

  const exists = (known: boolean) => (known ? { status: 200, body: {} } : NOT_FOUND);
  const hasGhost: RequestHandler = async (request, response) => {
    const { status, body } = exists(await sink.hasGhost(String(request.params.userId)));
    response.status(status).json(body);
  };
  const hasAlias: RequestHandler = async (request, response) => {
    const { status, body } = exists(await sink.hasAlias(String(request.params.alias)));
    response.status(status).json(body);
  };
  const answer =
    (body: object): RequestHandler =>
    (_, response) => {
      response.json(body);
    };

  const routes: ReadonlyArray<readonly ['get' | 'put' | 'post', readonly string[], RequestHandler]> = [
    ['put', ['/_matrix/app/v1/transactions/:txnId', '/transactions/:txnId'], transaction],
    ['get', ['/_matrix/app/v1/users/:userId', '/users/:userId'], hasGhost],
    ['get', ['/_matrix/app/v1/rooms/:alias', '/rooms/:alias'], hasAlias],
    ['post', ['/_matrix/app/v1/ping'], answer({})],
    // Dendrite asks these of everybody, remembers the answer and does not look at its status: never an error.
    ['get', [`${THIRDPARTY}/protocol/:protocol`], answer({})],
    ['get', [`${THIRDPARTY}/user{/:protocol}`, `${THIRDPARTY}/location{/:protocol}`], answer([])],
  ];
  for (const [method, paths, handler] of routes) {
    app[method]([...paths], handler);
    app.all([...paths], (_, response) => {
      response
        .status(405)
        .set('Allow', method.toUpperCase())
        .json({ errcode: 'M_UNRECOGNIZED', error: 'Wrong method.' });
    });
  }
  app.use((_, response) => {
    response.status(404).json({ errcode: 'M_UNRECOGNIZED', error: 'Unknown path.' });
  });
  app.use(onError(log, observe));
}

const THIRDPARTY = '/_matrix/app/:version/thirdparty';
const NOT_FOUND = { status: 404, body: { errcode: 'M_NOT_FOUND', error: 'Not known to Causeway.' } };

/** Express takes a handler of four parameters for the one of errors. */
const onError =
  (log: Log, observe: ListenerObserver | undefined): ErrorRequestHandler =>
  (error: unknown, request, response, _next) => {
    if (error instanceof StoreUnavailable) {
      observe?.refused?.();
      log.warn('The database is away: the homeserver is asked to repeat.', { path: request.path });
    } else if (error instanceof URIError) {
      response.status(400).json({ errcode: 'M_INVALID_PARAM', error: 'The path is not UTF-8.' });
      return;
    } else if (request.destroyed && !request.complete) {
      log.warn('The homeserver broke off a request; it will repeat it.', { path: request.path });
      return;
    } else
      log.error('A request of the homeserver failed. This is a bug; please report it.', {
        path: request.path,
        error: String(error),
      });
    if (response.headersSent) return;
    response.set('Retry-After', String(RETRY_AFTER_S));
    response.status(503).json({ errcode: 'M_UNKNOWN', error: 'Not stored; repeat it later.' });
  };

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<Result<number>> {
  return new Promise((resolve) => {
    const onListenError = (error: NodeJS.ErrnoException): void => {
      const why = LISTEN_TEXTS[error.code ?? ''] ?? `${error.message}.`;
      resolve(
        fail({
          code: 'matrix.listen',
          text: `Cannot listen on ${host}:${port} (appservice.listen): ${why}`,
          retry: 'never',
          notify: 'log',
        }),
      );
    };
    server.once('error', onListenError);
    server.listen(port, host, () => {
      server.off('error', onListenError);
      const address = server.address();
      resolve(ok(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

const LISTEN_TEXTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port. Stop it (is Causeway running already?), or choose another port.',
  EACCES: 'this port needs rights that we do not have. Choose one above 1023.',
  EADDRNOTAVAIL: 'this machine has no such address. Choose 127.0.0.1 or one of its own.',
  ENOTFOUND: 'this name has no address. Choose 127.0.0.1 or one of this machine.',
};

function close(server: Server, log: Log): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    const timer = setTimeout(() => {
      log.warn('A transaction was not finished in time at the stop; the homeserver will repeat it.');
      server.closeAllConnections();
    }, CLOSE_WITHIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
