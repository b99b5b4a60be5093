import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { CHALLENGE_HEADER, isChallenge, PROOF_HEADER, proofOf } from '../config/proof.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether a request comes from the homeserver: decided from its head alone, before a byte of its body is read, in
 * time that tells nothing of the token (digests of equal length are compared).
 * @param queryToken also take the token from the query, as homeservers before Matrix 1.4 send it
 */
export function makeTokenCheck(
  hsToken: string,
  queryToken: boolean,
): (authorization: string | undefined, url: string) => boolean {
  const expected = digest(hsToken);
  const matches = (token: string | null | undefined): boolean => timingSafeEqual(digest(token ?? ''), expected);
  return (authorization, url) => {
    if (hsToken === '') return false;
    const bearer = /^Bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1];
    if (bearer !== undefined || !queryToken) return matches(bearer);
    const at = url.indexOf('?');
    return matches(at < 0 ? undefined : new URLSearchParams(url.slice(at)).get('access_token'));
  };
}

/** Answers `causeway check`, which wants to know whether we know the token and does not show it to whom it does not know. */
export const proveToken =
  (hsToken: string): RequestHandler =>
  (request, response, next) => {
    const challenge = request.get(CHALLENGE_HEADER);
    const isAsked = challenge !== undefined && request.headers.authorization === undefined && isChallenge(challenge);
    if (!isAsked || hsToken === '') return next();
    response.set({ [PROOF_HEADER]: proofOf(hsToken, 'appservice', challenge), Connection: 'close' });
    response.status(403).json({ errcode: 'M_FORBIDDEN', error: 'Missing hs_token.' });
  };

/** Answers 403 to everybody but the homeserver, whatever they ask for, and lets go of the connection. */
export function requireToken(
  isToken: ReturnType<typeof makeTokenCheck>,
  refused: (from: string | undefined) => void,
): RequestHandler {
  return (request, response, next) => {
    if (isToken(request.headers.authorization, request.url)) {
      next();
      return;
    }
    refused(request.socket.remoteAddress);
    // The body stays unread, so the connection cannot be used again.
    response.set('Connection', 'close');
    response.status(403).json({ errcode: 'M_FORBIDDEN', error: 'Wrong or missing hs_token.' });
  };
}
