import express, { type Request, type Response, type Router } from 'express';
import type { ConfirmSource, ExplainSource } from '../ports/explain.ts';
import { isFromHere } from './from-here.ts';
import { inTime } from './in-time.ts';
import { words } from './words.ts';

export type AuthorityPagesParts = {
  readonly explain?: ExplainSource;
  readonly confirm?: ConfirmSource;
  readonly timeoutMs: number;
};

export const EXPLAIN_PATH = '/authority/explain';
export const CONFIRM_PATH = '/authority/confirm';
/** No form and no page of another site can send it. */
const CONFIRM_HEADER = 'x-causeway';

const MAX_NAME = 512;
const HASH = /^[A-Za-z0-9_-]{4,128}$/;
const BY = /^[A-Za-z0-9_.@-]{1,64}$/;

/**
 * What the authority says of a person, and the one order that is taken over HTTP: to let a held plan go on. Both only for
 * programs on this machine: the first names people, the second removes them.
 */
export function authorityPages({ explain, confirm, timeoutMs }: AuthorityPagesParts): Router {
  const router = express.Router({ caseSensitive: true });
  if (explain !== undefined)
    router.get(EXPLAIN_PATH, async (request, response) => {
      if (!isFromHere(request)) return notFromHere(response);
      const asked = question(request);
      if (asked === undefined)
        return words(response, 400, `Ask with ?person= (a Matrix id, subject or account) and, if you like, &room=.`);
      const late = `The authority could not be asked within ${timeoutMs} ms. The log says more.`;
      response.json({ lines: await inTime(explain.explain(asked.person, asked.room), timeoutMs, late) });
    });
  if (confirm !== undefined) {
    router.post(CONFIRM_PATH, (request, response, next) => {
      if (!isFromHere(request) || request.get(CONFIRM_HEADER) !== 'confirm') return notFromHere(response);
      if (request.is('application/json') !== 'application/json') return words(response, 415, 'Send JSON.');
      next();
    });
    router.post(CONFIRM_PATH, express.json({ limit: 2048, inflate: false }), async (request, response) => {
      const { hash, by } = fieldsOf(request.body);
      if (typeof hash !== 'string' || !HASH.test(hash))
        return words(response, 400, 'Send {"hash": …} with the hash of the plan, as `causeway status` names it.');
      const who = typeof by === 'string' && BY.test(by) ? `command line (${by})` : 'command line';
      const late = 'The plan may have begun; `causeway status` shows whether it still waits.';
      const answer = await inTime(confirm.confirm(hash, who), timeoutMs, late);
      response.status(answer.ok ? 200 : 409).json(answer);
    });
    router.all(CONFIRM_PATH, (_request, response) => {
      response.set('Allow', 'POST');
      words(response, 405, 'Only `causeway authority confirm HASH` asks here.');
    });
  }
  return router;
}

const notFromHere = (response: Response): void =>
  words(response, 403, 'Only the `causeway` command on the machine of the bridge may ask this.');

/** undefined where nothing is asked, or nothing that a person could have typed. */
function question({ originalUrl }: Request): { readonly person: string; readonly room?: string } | undefined {
  const parameters = new URL(originalUrl, 'http://localhost').searchParams;
  const person = parameters.get('person') ?? '';
  const room = parameters.get('room') ?? undefined;
  if (!isName(person) || (room !== undefined && !isName(room))) return undefined;
  return { person, ...(room === undefined ? {} : { room }) };
}

const isName = (text: string): boolean => text !== '' && text.length <= MAX_NAME && !/\p{Cc}/u.test(text);

const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
