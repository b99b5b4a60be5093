import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { PAGES_PATH } from '../core/pages.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { Log } from '../ports/log.ts';
import type { PageSource } from '../ports/pages.ts';
import { pagesRouter, say } from './pages/pages-router.ts';

export type PublicParts = {
  readonly pages: PageSource;
  readonly log: Log;
  /** For tests: how many at once, and how slow they may be. */
  readonly router?: Router;
};

/** No page elsewhere may read along, nothing is learnt from where a link was followed, no search engine keeps it. */
const HEADERS = {
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** What the internet may see: pages behind links, and nothing else. It sets no cookies and asks for none. */
export function makePublicApp({ pages, log, router }: PublicParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('case sensitive routing', true);
  app.use((request, response, next) => {
    response.set(HEADERS);
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    response.set('Allow', 'GET, HEAD');
    say(request, response, 405, 'Not this way', 'Only GET and HEAD are understood here.');
  });
  app.use(PAGES_PATH, router ?? pagesRouter({ pages, log }));
  app.use((request, response) => say(request, response, 404, 'Nothing is here', 'This link is not whole.'));
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) return void response.destroy();
    if (error instanceof StoreUnavailable) {
      response.set('Retry-After', '10');
      return say(request, response, 503, 'Not now', 'The bridge cannot look this up now. Try again in a moment.');
    }
    const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
    // express says so of a path that cannot be decoded
    if (typeof status === 'number' && status >= 400 && status < 500)
      return say(request, response, 404, 'Nothing is here', 'This link is not whole.');
    log.error('A page for the public failed; the bridge goes on.', {
      error: error instanceof Error ? error.message : String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    say(request, response, 500, 'This failed', 'It is not your fault. Try again later.');
  });
  return app;
}
