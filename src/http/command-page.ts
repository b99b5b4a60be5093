import express, { type RequestHandler, type Router } from 'express';
import type { CommandSource } from '../ports/commands.ts';
import { isFromHere } from './from-here.ts';
import { inTime } from './in-time.ts';
import { proveToken } from './prove-token.ts';
import { words } from './words.ts';

export type CommandPageParts = {
  readonly source: CommandSource;
  /** What whoever asks has to know; nobody is answered where it is empty. */
  readonly token: string;
  readonly timeoutMs: number;
};

export const COMMAND_PATH = '/command';

const MAX_BODY_BYTES = 16_384;
const MAX_WORDS = 20;
const MAX_WORD = 512;
const MAX_AT_ONCE = 8;
const BY = /^[A-Za-z0-9_.@-]{1,64}$/;

/**
 * What is asked on the command line, answered as to an admin: `{words, by}` gives `{ok, text, facts}`. Only for programs on this
 * machine that can read the bridge's registration, since answers name people and commands remove them.
 */
export function commandPage({ source, token, timeoutMs }: CommandPageParts): Router {
  const router = express.Router({ caseSensitive: true });
  let underWay = 0;
  router.post(COMMAND_PATH, fromHere, proveToken(token), express.json({ limit: MAX_BODY_BYTES, inflate: false }));
  router.post(COMMAND_PATH, async (request, response) => {
    const asked = question(request.body);
    if (asked === undefined)
      return words(response, 400, `Send {"words": […], "by": …} with at most ${MAX_WORDS} words as JSON.`);
    if (underWay >= MAX_AT_ONCE) return words(response, 503, 'Too many ask at this moment. Ask again.');
    underWay++;
    const late = `There was no answer within ${timeoutMs} ms. What was asked may be done yet; the log says more.`;
    // Whatever never ends gives its place back with the deadline.
    const answer = inTime(source.ask(asked.words, asked.by), timeoutMs, late).finally(() => {
      underWay--;
    });
    response.json(await answer);
  });
  router.all(COMMAND_PATH, (_request, response) => {
    response.set('Allow', 'POST');
    words(response, 405, 'Only the `causeway` command asks here.');
  });
  return router;
}

const fromHere: RequestHandler = (request, response, next) => {
  if (!isFromHere(request))
    return words(response, 403, 'Only the `causeway` command on the machine of the bridge may ask this.');
  next();
};

/** undefined for nothing that a person could have typed. */
function question(body: unknown): { readonly words: readonly string[]; readonly by: string } | undefined {
  const { words: asked, by } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  if (!Array.isArray(asked) || asked.length === 0 || asked.length > MAX_WORDS || !asked.every(isWord)) return undefined;
  return { words: asked, by: typeof by === 'string' && BY.test(by) ? `command line (${by})` : 'command line' };
}

const isWord = (word: unknown): word is string =>
  typeof word === 'string' && word !== '' && word.length <= MAX_WORD && !/\p{Cc}/u.test(word);
