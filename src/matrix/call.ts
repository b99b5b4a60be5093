import { LogLevel, LogService, MatrixClient, setRequestFn } from '@vector-im/matrix-bot-sdk';
import { fail, ok, type Result } from '../core/errors.ts';
import { type CallKind, failureToError, type Refusal, refusalToError } from './http-errors.ts';
import { type Exchange, exchange, type HttpFailure, type Pool } from './transport.ts';
import { isObject } from './validate-event.ts';

/** One request of the client-server API. */
export type CallSpec = {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Below `/_matrix/`, as segments that are still to be escaped: `['client', 'v3', 'rooms', roomId, 'leave']`. */
  readonly path: readonly string[];
  /** Full id of whom it is made as. Left out only where there is no user yet. */
  readonly as?: string;
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: object;
  readonly patienceMs?: number;
};

export type Answer = { readonly status: number; readonly json: unknown; readonly retryAfter: string | undefined };
export type Outcome = { readonly answer: Answer } | { readonly failure: HttpFailure };

/** Makes the request once. Never throws for anything that the homeserver or the network does. */
export type Call = (spec: CallSpec) => Promise<Outcome>;

export const PATIENCE_MS = 30_000;
/** Sends and joins: Dendrite may be busy, and giving up on a send makes it one in doubt. */
export const LONG_PATIENCE_MS = 120_000;

/** @param told called with each outcome, for health */
export function makeCall(options: { url: string; asToken: string; told: (outcome: Outcome) => void }): Call {
  useOwnTransport();
  const client = new MatrixClient(options.url, options.asToken);
  return async (spec) => {
    const outcome = await once(client, spec);
    options.told(outcome);
    return outcome;
  };
}

/** @returns the body of a success as an object, else what the failure means */
export function objectOf(outcome: Outcome, kind: CallKind): Result<Readonly<Record<string, unknown>>> {
  if ('failure' in outcome) return fail(failureToError(outcome.failure, kind));
  const { status, json } = outcome.answer;
  return status >= 200 && status < 300 && isObject(json)
    ? ok(json)
    : fail(refusalToError(refusalOf(outcome.answer), kind));
}

export function refusalOf({ status, json, retryAfter }: Answer): Refusal {
  const body = isObject(json) ? json : {};
  return {
    status,
    errcode: text(body.errcode),
    said: text(body.error),
    retryAfter,
    retryAfterMs: body.retry_after_ms,
  };
}

/** The homeserver says that there is no such thing; a proxy that knows nothing of it does not count. */
export const isNotThere = (outcome: Outcome): boolean =>
  'answer' in outcome && outcome.answer.status === 404 && refusalOf(outcome.answer).errcode !== undefined;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

async function once(client: MatrixClient, spec: CallSpec): Promise<Outcome> {
  const path = `/_matrix/${spec.path.map(encodeURIComponent).join('/')}`;
  const query = { ...spec.query, user_id: spec.as };
  const patienceMs = spec.patienceMs ?? PATIENCE_MS;
  // Raw, undecoded, no error handler: the SDK would parse twice, and takes every body with an errcode for a failure.
  const reply = await client
    .doRequest(spec.method, path, query, spec.body ?? null, patienceMs, true, 'application/json', true, {
      errorHandler: () => undefined,
    })
    .catch((thrown: unknown) => thrown);
  if (reply instanceof NoAnswer) return { failure: reply.failure };
  const { statusCode, headers, body } = reply as SdkReply;
  return { answer: { status: statusCode, json: parse(body), retryAfter: text(headers['retry-after']) } };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

class NoAnswer extends Error {
  readonly failure: HttpFailure;
  constructor(failure: HttpFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

type SdkReply = { statusCode: number; headers: Readonly<Record<string, unknown>>; body: Buffer };
type SdkRequest = {
  uri: string;
  method: string;
  qs: CallSpec['query'] | null;
  headers: Record<string, string>;
  timeout: number;
  body?: string | Buffer;
};
type SdkCallback = (error: Error | null, reply?: SdkReply, body?: Buffer) => void;

let installed = false;

/** The SDK's request function and logger are global to the process. Its own would be `request`, and would print. */
function useOwnTransport(): void {
  if (installed) return;
  installed = true;
  const silent = () => undefined;
  LogService.setLogger({ info: silent, warn: silent, error: silent, debug: silent, trace: silent });
  LogService.setLevel(LogLevel.ERROR);
  setRequestFn((request: SdkRequest, callback: SdkCallback) => {
    void exchange({
      method: request.method,
      url: request.uri + queryString(request.qs ?? {}),
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      patienceMs: request.timeout,
      pool: poolFor(request.uri),
    }).then((result: Exchange) => {
      if ('failure' in result) callback(new NoAnswer(result.failure));
      else
        callback(
          null,
          { statusCode: result.answer.status, headers: result.answer.headers, body: result.answer.body },
          result.answer.body,
        );
    });
  });
}

/** Dendrite limits /register to 20 per half second and connection, whoever asks. */
const poolFor = (uri: string): Pool => (uri.endsWith('/client/v3/register') ? 'own' : 'shared');

function queryString(query: NonNullable<CallSpec['query']>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) pairs.append(name, String(each));
  }
  const encoded = pairs.toString();
  return encoded === '' ? '' : `?${encoded}`;
}
