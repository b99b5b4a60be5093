import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import { boundConnections } from './bound-connections.ts';

export type HttpServer = {
  readonly host: string;
  /** The port that was given, or the one the system chose for 0. */
  readonly port: number;
  /** Lets requests in flight end for up to a second. Never fails, and may be called again. */
  close(): Promise<void>;
};

/** For people and scrapers on a local network: whoever is slower than this is cut off. */
const REQUEST_MS = 10_000;
/** Nothing is read or written on a connection for so long: whoever does not take an answer has gone away. */
const SILENT_MS = 60_000;
const CLOSE_MS = 1000;

/** What a server is for, and how many may be connected to it at once. */
export type ServerUse = { readonly key: string; readonly what: string; readonly maxConnections: number };
const OPERATIONS: ServerUse = { key: 'http.listen', what: 'health and status', maxConnections: 100 };
/** Behind a reverse proxy, which keeps a connection for each client that takes something slowly. */
export const PUBLIC: ServerUse = { key: 'http.publicListen', what: 'pages behind links', maxConnections: 512 };

/** Serves an app. @returns a sentence for the admin where the address cannot be had */
export function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
  use: ServerUse = OPERATIONS,
): Promise<Result<HttpServer>> {
  const server = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      keepAliveTimeout: 5000,
      // Node looks for the late every half minute otherwise.
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16_384,
    },
    app,
  );
  server.timeout = SILENT_MS;
  boundConnections(server, use.maxConnections);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((done) => {
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      server.close(() => {
        clearTimeout(timer);
        done();
      });
      server.closeIdleConnections();
    });
    return closing;
  };
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(fail(cannotListen(at, use, error))));
    server.listen(at.port, at.host, () => {
      // From here on an error is one of a connection at most; it must not end the process.
      server.removeAllListeners('error').on('error', () => {});
      const { address, port } = server.address() as AddressInfo;
      resolve(ok({ host: address, port, close }));
    });
  });
}

const REASONS: Readonly<Record<string, (key: string) => string>> = {
  EADDRINUSE: (key) =>
    `another program listens there. Is Causeway running already? Else give \`${key}\` another port in config.yaml.`,
  EACCES: (key) => `this user may not listen there. Take a port above 1023 for \`${key}\` in config.yaml.`,
  EADDRNOTAVAIL: (key) =>
    `this machine has no such address. Write one of its own for \`${key}\`, such as 127.0.0.1:9010.`,
  ENOTFOUND: (key) => `there is no such name. Write an address for \`${key}\`, such as 127.0.0.1:9010.`,
};

function cannotListen(
  at: { host: string; port: number },
  { key, what }: ServerUse,
  error: NodeJS.ErrnoException,
): BridgeError {
  const where = at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
  return {
    code: 'http-listen',
    text: `Cannot listen on ${where} for ${what}: ${REASONS[error.code ?? '']?.(key) ?? `${error.message}.`}`,
    retry: 'later',
    notify: 'log',
  };
}
