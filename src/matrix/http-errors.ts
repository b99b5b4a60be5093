import type { BridgeError } from '../core/errors.ts';
import type { HttpFailure } from './transport.ts';

/** What a call asks for, as far as its failures differ. */
export type CallKind =
  /** Doing it twice is harmless: reading, state, membership, profiles. */
  | 'repeatable'
  /** Doing it twice makes two: messages, redactions, rooms. A lost answer has to be looked up. */
  | 'once';

/** An HTTP answer that is not a success, or whose body is not what it must be. */
export type Refusal = {
  readonly status: number;
  readonly errcode?: string | undefined;
  /** The server's own words; of any content. */
  readonly said?: string | undefined;
  readonly retryAfter?: string | undefined;
  readonly retryAfterMs?: unknown;
};

type Row = {
  readonly when: (refusal: Refusal) => boolean;
  readonly error: (refusal: Refusal, kind: CallKind) => BridgeError;
};

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 5 * 60_000;
const DEFAULT_WAIT_MS = 500;
/** A token is put right by a person: no hurry, but nothing is given up. */
const TOKEN_WAIT_MS = 5_000;
const MAX_SAID = 200;

export const TOKEN_UNKNOWN_TEXT =
  'The homeserver does not know our as_token. It has not loaded registration.yaml (or an old copy). ' +
  'Add it under app_service_api.config_files and restart Dendrite.';

/** First row that fits. */
const ROWS: readonly Row[] = [
  {
    when: ({ status }) => status === 429,
    error: (refusal) => ({
      code: 'matrix.limited',
      text: 'The homeserver asks us to slow down. It will be tried again.',
      retry: 'later',
      waitMs: waitMs(refusal),
      notify: 'log',
    }),
  },
  {
    when: ({ status, errcode }) => status === 401 || errcode === 'M_UNKNOWN_TOKEN' || errcode === 'M_MISSING_TOKEN',
    error: () => ({
      code: 'matrix.token',
      text: TOKEN_UNKNOWN_TEXT,
      retry: 'later',
      waitMs: TOKEN_WAIT_MS,
      notify: 'log',
    }),
  },
  {
    // What a proxy says while the homeserver behind it restarts (Traefik: 404), is locked (nginx: 403) or is moved (302).
    when: isForeign,
    error: (refusal) => ({
      code: 'matrix.not-matrix',
      text: `Something between us and the homeserver answered in its place (${refusal.status}). It will be tried again. If it lasts, look whether homeserver.url leads to the homeserver, and whether the proxy passes on everything under /_matrix.`,
      retry: 'later',
      notify: 'log',
    }),
  },
  {
    // Dendrite says so of a ghost that was never registered, or that its lost database had, and, for any ghost, while
    // it stops (5 of 50 sends under SIGTERM). Nothing was done, so trying again is safe.
    when: ({ status, said }) => status === 403 && /has not registered this user/.test(said ?? ''),
    error: () => ({
      code: 'matrix.ghost-unknown',
      text: 'The homeserver does not know this ghost. It is registered again before it speaks.',
      retry: 'later',
      waitMs: DEFAULT_WAIT_MS,
      notify: 'log',
    }),
  },
  {
    // What Dendrite answers for a room that it does not know, depending on what is asked. The first is said of nothing else;
    // the second as well where its database fails.
    when: ({ status, errcode, said }) =>
      (status === 403 && errcode === 'M_FORBIDDEN' && said === 'room does not exist') ||
      (status === 400 && errcode === 'M_UNSUPPORTED_ROOM_VERSION'),
    error: () => ({
      code: 'matrix.room-unknown',
      text: 'The homeserver does not know this room. It was removed there, or its database is another one now; a linked room is made anew.',
      retry: 'never',
      notify: 'log',
    }),
  },
  {
    when: ({ status }) => status === 403,
    error: (refusal) => ({
      code: 'matrix.forbidden',
      text: `The homeserver refuses this: not in the room, banned, or without the power for it${quoted(refusal)}. Invite the bridge's bot and give it power level 100.`,
      retry: 'never',
      notify: 'room',
    }),
  },
  {
    when: ({ status, errcode }) => status === 413 || errcode === 'M_TOO_LARGE',
    error: () => ({
      code: 'matrix.too-large',
      text: 'The message is larger than Matrix allows (64 KiB) and was not delivered. Send it in parts.',
      retry: 'never',
      notify: 'sender',
    }),
  },
  {
    when: ({ status }) => status === 404,
    error: (refusal) => ({
      code: 'matrix.not-found',
      text: `The homeserver knows nothing of that${quoted(refusal)}.`,
      retry: 'never',
      notify: 'log',
    }),
  },
  {
    when: ({ status }) => status === 408 || status >= 500,
    error: (refusal, kind) => ({
      code: 'matrix.server-error',
      text: `The homeserver failed at this (${refusal.status}${quoted(refusal)}). ${AFTER[kind]}`,
      retry: RETRY_AFTER_SENDING[kind],
      waitMs: waitMs(refusal),
      notify: 'log',
    }),
  },
  {
    when: ({ status }) => status >= 200 && status < 300,
    error: (_, kind) => ({
      code: 'matrix.answer-unreadable',
      text: `The homeserver answered something that is not Matrix. Does homeserver.url point at it? ${AFTER[kind]}`,
      retry: RETRY_AFTER_SENDING[kind],
      notify: 'log',
    }),
  },
  {
    when: () => true,
    error: (refusal) => ({
      code: 'matrix.refused',
      text: `The homeserver does not take this (${refusal.status}${quoted(refusal)}).`,
      retry: 'never',
      notify: 'log',
    }),
  },
];

/**
 * Whether a refusal is none of a homeserver: each of those has an errcode. What is too much in itself, or asks us to wait, is believed of
 * a proxy as well; failures (5xx) are judged by their status.
 */
export function isForeign({ status, errcode }: Pick<Refusal, 'status' | 'errcode'>): boolean {
  return errcode === undefined && status >= 300 && status < 500 && !BELIEVED.has(status);
}

const BELIEVED: ReadonlySet<number> = new Set([401, 408, 413, 429]);

const RETRY_AFTER_SENDING = { repeatable: 'later', once: 'lookup' } as const;
const AFTER = { repeatable: 'It will be tried again.', once: 'It will be looked up whether it was done.' } as const;

/** @returns what a refusal means and what to do about it */
export function refusalToError(refusal: Refusal, kind: CallKind): BridgeError {
  for (const row of ROWS) if (row.when(refusal)) return row.error(refusal, kind);
  throw new Error('unreachable: the last row takes everything');
}

/** @returns what it means that no answer came, and what to do about it */
export function failureToError(failure: HttpFailure, kind: CallKind): BridgeError {
  if (!failure.sent)
    return {
      code: 'matrix.unreachable',
      text: `The homeserver cannot be reached (${failure.reason}). It will be tried again.`,
      retry: 'later',
      notify: 'log',
    };
  return {
    code: 'matrix.answer-lost',
    text: `The homeserver's answer was lost (${failure.reason}). ${AFTER[kind]}`,
    retry: RETRY_AFTER_SENDING[kind],
    notify: 'log',
  };
}

/** Retry-After (seconds or a date) before `retry_after_ms`; never absurdly short or long. @returns milliseconds */
export function waitMs(refusal: Refusal, nowMs: number = Date.now()): number {
  const said = fromHeader(refusal.retryAfter, nowMs) ?? Number(refusal.retryAfterMs ?? Number.NaN);
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Number.isFinite(said) ? said : DEFAULT_WAIT_MS));
}

function fromHeader(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : date - nowMs;
}

function quoted({ errcode, said }: Refusal): string {
  const words = (said ?? errcode ?? '')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, MAX_SAID);
  return words === '' ? '' : `: “${words}”`;
}
