import type { Clock } from '../ports/clock.ts';
import { clean, type Unknown, unknown } from './unknown.ts';

export type Question = {
  /** Who is asked, for sentences: `the decision point`. */
  readonly whom: string;
  readonly url: string;
  readonly token?: string | undefined;
  /** Sent as JSON with POST; a GET without. */
  readonly body?: unknown;
  /** For all of it, the body of the answer included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Media types that the answer may have; any when left out, and JSON is asked for. */
  readonly types?: readonly string[];
  /** Ends it early. */
  readonly signal?: AbortSignal;
};

/** `json`: of a 200; undefined with every other status, whose body nobody reads. */
export type HttpAnswer = { readonly kind: 'answered'; readonly status: number; readonly json: unknown } | Unknown;

/**
 * One request whose answer is JSON. Follows no redirect, since the token goes to nobody but whom it is for. What is no
 * answer (no connection, silence, too long, not JSON, cut) is `unknown`; statuses are the caller's to judge.
 */
export async function askJson(question: Question, clock: Clock): Promise<HttpAnswer> {
  const { whom, url, token, body, timeoutMs, maxBytes, types, signal } = question;
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort());
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: types?.join(', ') ?? 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, signal]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'answered', status: response.status, json: undefined };
    }
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    if (types !== undefined && !types.includes(type.trim().toLowerCase())) {
      await response.body?.cancel();
      return unknown(
        'malformed',
        `${whom} answered with ${type === '' ? 'no media type' : clean(type)}, not with ${types.join(' or ')}.`,
      );
    }
    const text = await readBounded(response, maxBytes);
    if (text === undefined) return unknown('malformed', `${whom} answered with more than ${maxBytes} bytes.`);
    return { kind: 'answered', status: 200, json: JSON.parse(text) };
  } catch (error) {
    if (timeout.signal.aborted) return unknown('timeout', `${whom} did not answer in ${timeoutMs / 1000} s.`);
    if (error instanceof SyntaxError) return unknown('malformed', `${whom} answered with something that is not JSON.`);
    return unknown('unreachable', `${whom} cannot be reached: ${clean(causeOf(error))}.`);
  } finally {
    cancel();
  }
}

/** undefined where it is longer than allowed. */
async function readBounded(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop ends the transfer.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What fetch hides behind "fetch failed". */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code || cause.message : String(cause);
}

const REFUSALS: Readonly<Record<number, Unknown['reason']>> = { 401: 'unauthorized', 403: 'unauthorized' };

/** What a status other than 200 means where nothing better is known of it. */
export function fromStatus(whom: string, status: number): Unknown {
  const refused = REFUSALS[status];
  if (refused !== undefined) return unknown(refused, `${whom} refuses our token (status ${status}). Check it.`);
  if (status >= 300 && status < 400)
    return unknown(
      'malformed',
      `${whom} sends us elsewhere (status ${status}), and no token goes elsewhere. Correct its URL.`,
    );
  if (status >= 500 || status === 429 || status === 408)
    return unknown('unreachable', `${whom} cannot answer now (status ${status}).`);
  return unknown('malformed', `${whom} does not understand the question (status ${status}). Check its URL.`);
}
