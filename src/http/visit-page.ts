import express, { type Request, type Response, type Router } from 'express';
import type { VisitAnswer, VisitSource } from '../ports/visit.ts';
import { inTime } from './in-time.ts';
import { words } from './words.ts';

export const VISIT_PATH = '/visit';

const MAX_BYTES = 12_000;
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export type VisitPageParts = { readonly visit?: VisitSource; readonly timeoutMs: number };

/**
 * Where somebody of another shard, or their shard for them, presents an assertion (RFC 7523 §2.1: a form with `grant_type` and
 * `assertion`; or JSON with `assertion`). It proves itself, so whoever reaches the page may ask. Errors are those of RFC 6749 §5.2.
 */
export function visitPage({ visit, timeoutMs }: VisitPageParts): Router {
  const router = express.Router({ caseSensitive: true });
  if (visit === undefined) return router;
  const limits = { limit: MAX_BYTES, inflate: false };
  router.post(VISIT_PATH, express.json(limits), express.urlencoded({ ...limits, extended: false, parameterLimit: 10 }));
  router.post(VISIT_PATH, async (request, response) => {
    const assertion = assertionIn(request);
    if (assertion === undefined)
      return fault(response, 400, 'invalid_request', `Send a form with grant_type=${GRANT_TYPE} and assertion.`);
    const late = 'It could not be found out in time whether you are let in. Ask your home shard for a new assertion.';
    answer(response, await inTime(visit.visit(assertion), timeoutMs, late));
  });
  router.all(VISIT_PATH, (_request, response) => {
    response.set('Allow', 'POST');
    words(response, 405, 'Assertions of visitors are posted here.');
  });
  return router;
}

function assertionIn(request: Request): string | undefined {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null) return undefined;
  const { assertion, grant_type: grantType } = body as Readonly<Record<string, unknown>>;
  const isForm = request.is('application/x-www-form-urlencoded') !== false;
  if (isForm && grantType !== GRANT_TYPE) return undefined;
  return typeof assertion === 'string' && assertion !== '' ? assertion : undefined;
}

function answer(response: Response, said: VisitAnswer): void {
  if (said.kind === 'unknown') fault(response.set('Retry-After', '5'), 503, 'temporarily_unavailable', said.text);
  else if (said.kind === 'refused') fault(response, 400, 'invalid_grant', said.text);
  else {
    const { agreement, userId, untilMs, rooms } = said;
    response.json({ agreement, matrix: userId, until: new Date(untilMs).toISOString(), rooms });
  }
}

const fault = (response: Response, status: number, error: string, error_description: string): void => {
  response.status(status).json({ error, error_description });
};
