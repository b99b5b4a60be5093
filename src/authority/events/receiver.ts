import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { SecurityEventSink } from '../../ports/security-events.ts';
import type { KeySet } from '../keys/key-set.ts';
import { MAX_TOKEN, type TokenFault, verifyToken } from '../keys/verify-token.ts';
import { readEvent } from './read-event.ts';

export type ReceiverOptions = {
  /** Who signs the events (`iss`). */
  readonly issuer: string;
  /** Whom they are for (`aud`). */
  readonly audience: string;
  readonly keys: KeySet;
  /** `iss` of the subjects that the authority knows. */
  readonly subjects: string;
  readonly sink: SecurityEventSink;
  readonly clock: Clock;
  readonly log: Log;
};

const MEDIA_TYPE = 'application/secevent+jwt';
/** Who pushes tries again for hours, not for days; and what is older than this need not be remembered. */
export const MAX_AGE_MS = 86_400_000;
const RETRY_S = 15;

/** Codes of RFC 8935 §2.4. */
const CODES: Readonly<Record<TokenFault, string>> = {
  malformed: 'invalid_request',
  type: 'invalid_request',
  claims: 'invalid_request',
  time: 'invalid_request',
  algorithm: 'invalid_key',
  key: 'invalid_key',
  signature: 'authentication_failed',
  issuer: 'invalid_issuer',
  audience: 'invalid_audience',
};

/**
 * Where security event tokens (RFC 8417) are pushed to us (RFC 8935), by whoever has the issuer's key: nothing else is
 * believed of a request. 202 says that the event is on disk; 503 that it has to be brought again.
 */
export function makeEventReceiver(options: ReceiverOptions): Router {
  const { issuer, audience, keys, subjects, sink, clock, log } = options;
  const router = express.Router({ caseSensitive: true });
  router.post('/', express.text({ type: MEDIA_TYPE, limit: MAX_TOKEN, inflate: false }), async (request, response) => {
    if (typeof request.body !== 'string') return refuse(response, 400, 'invalid_request', `Send ${MEDIA_TYPE}.`);
    const expected = {
      keys,
      typ: 'secevent+jwt',
      issuer,
      audience,
      claims: ['jti', 'events'],
      maxAgeMs: MAX_AGE_MS,
      clock,
    };
    const verdict = await verifyToken(request.body.trim(), expected);
    if (verdict.kind === 'unknown') {
      sink.refused('unknown', verdict.text);
      return later(response);
    }
    const event = verdict.kind === 'ok' ? readEvent(verdict.claims, { authority: subjects, issuer }) : undefined;
    if (verdict.kind === 'refused' || event === undefined) {
      const [fault, text] = verdict.kind === 'refused' ? [verdict.fault, verdict.text] : NO_EVENT;
      sink.refused(fault, text);
      return refuse(response, 400, CODES[fault], text);
    }
    await sink.take(event);
    response.status(202).end();
  });
  router.all('/', (_request, response) => {
    response.set('Allow', 'POST');
    refuse(response, 405, 'invalid_request', 'Events are pushed here with POST.');
  });
  // Express knows an error handler by its four parameters.
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const status = statusOf(error);
    if (status !== undefined) return refuse(response, status, 'invalid_request', 'This body cannot be read.');
    log.error('An event that was pushed to us could not be stored; it has to be brought again.', {
      error: error instanceof Error ? error.message : String(error),
    });
    later(response);
  });
  return router;
}

const NO_EVENT: readonly [TokenFault, string] = ['claims', 'The token says of no event what has to be said.'];

/** RFC 8935 §2.3. */
function refuse(response: Response, status: number, err: string, description: string): void {
  response.status(status).set('Content-Language', 'en').json({ err, description });
}

function later(response: Response): void {
  response.status(503).set('Retry-After', String(RETRY_S)).end();
}

/** Of what the reader of bodies refuses: too long, cut off, compressed, an unknown character set. */
function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
