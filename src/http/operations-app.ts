import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import type { CommandSource } from '../ports/commands.ts';
import type { Log } from '../ports/log.ts';
import type { MetricsPage } from '../ports/metrics.ts';
import type { StatusReport, StatusSource } from '../ports/status.ts';
import type { VisitSource } from '../ports/visit.ts';
import { COMMAND_PATH, commandPage } from './command-page.ts';
import { MAX_LATE_MS, unreadyReasons } from './health.ts';
import { inTime, Late } from './in-time.ts';
import { VISIT_PATH, visitPage } from './visit-page.ts';
import { words } from './words.ts';

export type OperationsParts = {
  readonly status: StatusSource;
  readonly metrics: MetricsPage;
  readonly log: Log;
  /** How late the event loop turns, in milliseconds. */
  readonly lateMs: () => number;
  /** Whether the process is on its way out: then it is not ready, though alive. */
  readonly stopping: () => boolean;
  /** Answers the command line, where it shows the token. */
  readonly commands?: { readonly source: CommandSource; readonly token: string };
  /** Absent where there are no agreements with other shards. */
  readonly visit?: VisitSource;
  /** Where a directory writes its members to us; checks its own token. Served under {@link SCIM_PATH}. */
  readonly scim?: Router;
  /** Where security events are pushed to us; believes signatures alone. Served under {@link EVENTS_PATH}. */
  readonly events?: Router;
  /** A report that takes longer counts as none. 5 s when left out. */
  readonly reportTimeoutMs?: number;
};

const SCIM_PATH = '/scim/v2';
const EVENTS_PATH = '/events';

const PAGES: Readonly<Record<string, string>> = {
  '/healthz': 'is the process alive: 200 or 503',
  '/readyz': 'can lines pass now: 200, or 503 and why not',
  '/status': 'how everything stands, as JSON; `causeway status` prints it',
  '/metrics': 'numbers for Prometheus',
};

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const MORE_PAGES = {
  commands: { [COMMAND_PATH]: 'what `causeway` asks on its command line (POST)' },
  visit: { [VISIT_PATH]: 'where visitors of other shards present an assertion (POST)' },
} as const;

/** Health, readiness, metrics and status, for which nobody has to log in; and what asks for a token or believes signatures alone. */
export function makeOperationsApp(parts: OperationsParts): Express {
  const app = express();
  const timeoutMs = parts.reportTimeoutMs ?? 5000;
  const pages = {
    ...PAGES,
    ...(parts.commands === undefined ? {} : MORE_PAGES.commands),
    ...(parts.visit === undefined ? {} : MORE_PAGES.visit),
  };
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('case sensitive routing', true);
  const report = sharedReport(parts.status, timeoutMs);

  app.use((_request, response, next) => {
    response.set(HEADERS);
    next();
  });
  if (parts.scim !== undefined) app.use(SCIM_PATH, parts.scim);
  if (parts.events !== undefined) app.use(EVENTS_PATH, parts.events);
  if (parts.commands !== undefined) app.use(commandPage({ ...parts.commands, timeoutMs }));
  app.use(visitPage({ ...parts, timeoutMs }));
  app.use((request, response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    response.set('Allow', 'GET, HEAD');
    words(response, 405, 'Only GET is understood here.');
  });
  app.get('/healthz', (_request, response) => {
    const late = Math.round(parts.lateMs());
    if (late > MAX_LATE_MS) words(response, 503, `Alive, but the event loop turned ${late} ms late.`);
    else words(response, 200, 'Alive.');
  });
  app.get('/readyz', async (_request, response) => {
    const reasons = unreadyReasons(await report(), parts.stopping());
    words(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? 'Ready.' : reasons.join('\n'));
  });
  app.get('/status', async (_request, response) => {
    response.json(await report());
  });
  app.get('/metrics', async (_request, response) => {
    const text = await parts.metrics.text();
    response.set('Content-Type', parts.metrics.contentType).send(text);
  });
  app.get('/', (_request, response) =>
    words(
      response,
      200,
      `Causeway.\n${Object.entries(pages)
        .map(([path, what]) => `${path}  ${what}`)
        .join('\n')}`,
    ),
  );
  app.use((_request, response) =>
    words(response, 404, `There is nothing here. What there is: ${Object.keys(pages).join(' ')}`),
  );
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (error instanceof Late) {
      words(response, 503, error.message);
      return;
    }
    // express answers 400 for a path that cannot be decoded
    if (isClientError(error)) {
      words(response, 400, 'This request cannot be read.');
      return;
    }
    parts.log.error('A page of the operations server failed; the bridge goes on.', {
      error: error instanceof Error ? error.message : String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    words(response, 500, 'This page failed; the log says more.');
  });
  return app;
}

const isClientError = (error: unknown): boolean => {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500;
};

/** Whoever asks while a report is being made gets the same one, so that no number of askers makes it dear. */
function sharedReport(status: StatusSource, timeoutMs: number): () => Promise<StatusReport> {
  let pending: Promise<StatusReport> | undefined;
  return () => {
    const late = `The state could not be found out within ${timeoutMs} ms; the database may be stuck. The log says more.`;
    pending ??= inTime(status.report(), timeoutMs, late).finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
