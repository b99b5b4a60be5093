import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';

export type HttpServer = {
  readonly host: string;
  /** The port that was given, or the one the system chose for 0. */
  readonly port: number;
  /** Lets requests in flight end for up to a second. Never fails, and may be called again. */
  close(): Promise<void>;
};

/** For people and scrapers on a local network: whoever is slower than this is cut off. */
const REQUEST_MS = 10_000;
const CLOSE_MS = 1000;
const MAX_CONNECTIONS = 100;

/** Serves an app. @returns a sentence for the admin where the address cannot be had */
export function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
): Promise<Result<HttpServer>> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: 5000, maxHeaderSize: 16_384 },
    app,
  );
  server.maxConnections = MAX_CONNECTIONS;
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
    server.once('error', (error: NodeJS.ErrnoException) => resolve(fail(cannotListen(at, error))));
    server.listen(at.port, at.host, () => {
      // From here on an error is one of a connection at most; it must not end the process.
      server.removeAllListeners('error').on('error', () => {});
      const { address, port } = server.address() as AddressInfo;
      resolve(ok({ host: address, port, close }));
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there. Is Causeway running already? Else give `http.listen` another port in config.yaml.',
  EACCES: 'this user may not listen there. Take a port above 1023 for `http.listen` in config.yaml.',
  EADDRNOTAVAIL: 'this machine has no such address. Write one of its own for `http.listen`, such as 127.0.0.1:9010.',
  ENOTFOUND: 'there is no such name. Write an address for `http.listen`, such as 127.0.0.1:9010.',
};

function cannotListen(at: { host: string; port: number }, error: NodeJS.ErrnoException): BridgeError {
  const where = at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
  return {
    code: 'http-listen',
    text: `Cannot listen on ${where} for health and status: ${REASONS[error.code ?? ''] ?? `${error.message}.`}`,
    retry: 'later',
    notify: 'log',
  };
}
