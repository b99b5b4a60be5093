import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable } from '../ports/db.ts';
import type { Log } from '../ports/log.ts';
import type { MatrixSink } from '../ports/matrix.ts';
import { deliver } from './deliver.ts';
import { readEphemeral } from './ephemeral.ts';
import { TOKEN_UNKNOWN_TEXT, waitMs } from './http-errors.ts';
import { readSyncAnswer, type SyncAnswer } from './sync-answer.ts';
import { type Ephemera, syncFilters } from './sync-filter.ts';
import { exchange, type HttpAnswer } from './transport.ts';

export type CompanionSyncOptions = {
  /** Base of the client-server API, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly botId: string;
  readonly sink: MatrixSink;
  readonly log: Log;
  readonly clock: Clock;
  /** The token that was stored last. */
  readonly getCursor: () => Promise<string | undefined>;
  /** When the homeserver last pushed something, milliseconds since 1970. While it does, polls are spaced. */
  readonly lastPushMs?: () => number | null;
  /** What is told besides events and typing. */
  readonly ephemera?: Ephemera;
  /** How long the server may hold a poll without news, and how much later it is taken for stopped. */
  readonly hold?: { readonly forMs: number; readonly marginMs: number };
};

export type CompanionSync = {
  readonly start: () => void;
  /** Ends the poll under way; what it would have brought comes at the next start. */
  readonly close: () => Promise<void>;
  /** When the homeserver last answered a poll, milliseconds since 1970; undefined before the first. */
  readonly lastAnswerMs: number | undefined;
};

const HOLD = { forMs: 30_000, marginMs: 10_000 };
const CATCH_UP_PATIENCE_MS = 60_000;
const CLOSE_PATIENCE_MS = 500;
/**
 * In talk each event would answer a poll of its own, which costs the homeserver and us about as much as sending it, to
 * bring what the push has brought already. Redactions and typing, which are not pushed, come so much later in talk.
 */
const SPACED_BY_MS = 200;
/** Pushes that are older say nothing about whether they still come. */
const PUSHING_MS = 1_000;
const STORE_AT_ONCE = 500;
const STORE_AGAIN_MS = 1_000;
const BACK_OFF = { firstMs: 200, factor: 1.5, mostMs: 5_000 };

/** With jitter, so that several bridges do not come back to a restarted server at once. @param failures from 1 */
export function backOffMs(failures: number, random: number): number {
  const full = Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * BACK_OFF.factor ** (failures - 1));
  return full * (0.75 + random / 4);
}

type Poll =
  | { readonly kind: 'answer'; readonly answer: SyncAnswer; readonly http: HttpAnswer }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'failed'; readonly why: string; readonly tooLarge: boolean };

/**
 * The bot's own `/sync`: as fast as the pushes, and alone in carrying redactions and typing (Dendrite). It resumes at
 * the token that the sink stores with the events, and polls on only when they are on disk; at once, except while pushes
 * come, too.
 *
 * What it calls an interruption, since Dendrite skips up to ten events of a `/sync` around its own stop: a resume at
 * the token of an earlier process; a poll that failed or was not answered (told at once, and again at the first answer
 * after it, because only then is the room complete); a connection closed between two polls; a timeline that says it
 * was cut; a token that the server no longer knows. Not one: 429, an outage of our own store.
 */
export function makeCompanionSync(options: CompanionSyncOptions): CompanionSync {
  const { sink, log, clock } = options;
  const stop = new AbortController();
  let closing = false;
  let running: Promise<void> | undefined;
  let lastAnswerMs: number | undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        stop.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      stop.signal.addEventListener('abort', done, { once: true });
    });

  /** Again and again until the store is there, or we are closed. */
  const stored = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    for (let tries = 1; !stop.signal.aborted; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (tries === 1) log.warn('The database is away: what the homeserver says waits in the homeserver.');
        await pause(STORE_AGAIN_MS);
      }
    }
    return undefined;
  };

  const interrupted = (why: string): void => {
    log.info('Messages may have been missed; the rooms are read back.', { why });
    sink.interrupted('sync', why);
  };

  const take = async (answer: SyncAnswer): Promise<void> => {
    if (answer.cutRooms.length > 0) interrupted(`/sync left out part of ${answer.cutRooms.length} rooms`);
    const { events, nextBatch } = answer;
    for (let at = 0; at === 0 || at < events.length; at += STORE_AT_ONCE) {
      const batch = events.slice(at, at + STORE_AT_ONCE);
      const isLast = at + STORE_AT_ONCE >= events.length;
      await stored(() => deliver(sink, log, 'sync', batch, isLast ? nextBatch : undefined));
    }
    for (const { room, by, isDirect } of answer.invitations) sink.invited(room, options.botId, by, isDirect);
    for (const { room, event } of answer.ephemeral) readEphemeral(event, sink, room);
  };

  const isPushing = (): boolean => clock.nowMs() - (options.lastPushMs?.() ?? 0) < PUSHING_MS;

  const run = async (): Promise<void> => {
    let since = await stored(options.getCursor);
    if (since !== undefined) interrupted('Causeway was away');
    let failures = 0;
    let brokenBy: string | undefined;
    let connectionKept = false;
    let small = false;
    while (!stop.signal.aborted && !closing) {
      // Not held, Dendrite also takes back a position that is beyond its own, as after a backup was restored; held, it does not.
      const hurry = failures > 0 || lastAnswerMs === undefined;
      const poll = await once(options, stop.signal, since, { hurry, small });
      if (stop.signal.aborted) return;
      switch (poll.kind) {
        case 'answer': {
          lastAnswerMs = clock.nowMs();
          if (brokenBy !== undefined) interrupted(`The homeserver answers again after: ${brokenBy}`);
          else if (connectionKept && !poll.http.reused) interrupted('The homeserver closed the connection');
          failures = 0;
          brokenBy = undefined;
          small = false;
          connectionKept = poll.http.keptAlive;
          await take(poll.answer);
          since = poll.answer.nextBatch;
          if (!hurry && isPushing()) await pause(SPACED_BY_MS);
          break;
        }
        case 'wait':
          await pause(poll.ms);
          break;
        case 'forgotten':
          since = undefined;
          brokenBy ??= 'The homeserver does not know the position any more';
          break;
        case 'failed':
          failures++;
          connectionKept = false;
          small = poll.tooLarge;
          if (brokenBy === undefined) {
            brokenBy = poll.why;
            log.warn('Polling the homeserver failed; it is tried again until it works.', { why: poll.why });
            interrupted(poll.why);
          }
          await pause(backOffMs(failures, clock.random()));
      }
    }
  };

  return {
    start: () => {
      running ??= run().catch((error: unknown) => {
        log.error('Polling the homeserver ended. This is a bug; please report it.', { error: String(error) });
      });
    },
    close: async () => {
      closing = true;
      // In talk the poll under way is answered at once. One cut off in the middle of its work leaves Dendrite's SQLite
      // driver (up to v0.15.2) with a transaction that nobody ends.
      const cancel = clock.after(CLOSE_PATIENCE_MS, () => stop.abort());
      await running;
      cancel();
    },
    get lastAnswerMs() {
      return lastAnswerMs;
    },
  };
}

/** @param how `hurry`: do not let the server hold the poll; `small`: with short timelines */
async function once(
  options: CompanionSyncOptions,
  signal: AbortSignal,
  since: string | undefined,
  how: { hurry: boolean; small: boolean },
): Promise<Poll> {
  const { forMs, marginMs } = options.hold ?? HOLD;
  const holdMs = how.hurry ? 0 : forMs;
  const filters = syncFilters(options.ephemera ?? {});
  const query = new URLSearchParams({
    user_id: options.botId,
    set_presence: 'offline',
    timeout: String(holdMs),
    filter: since === undefined ? filters.position : how.small ? filters.small : filters.live,
    ...(since === undefined ? {} : { since }),
  });
  const result = await exchange({
    method: 'GET',
    url: `${options.url}/_matrix/client/v3/sync?${query}`,
    headers: { Authorization: `Bearer ${options.token}` },
    patienceMs: how.hurry ? CATCH_UP_PATIENCE_MS : holdMs + marginMs,
    pool: 'poll',
    signal,
  });
  const failed = (why: string, tooLarge = false): Poll => ({ kind: 'failed', why, tooLarge });
  if ('failure' in result) {
    const { reason } = result.failure;
    return failed(reason === 'timeout' ? 'no answer in time' : reason, reason === 'answer too large');
  }
  const { status, body, headers } = result.answer;
  const json = parse(body);
  if (status === 429) return { kind: 'wait', ms: waitMs({ status, ...limits(headers['retry-after'], json) }) };
  if (status === 401) return failed(TOKEN_UNKNOWN_TEXT);
  if (status === 400 && since !== undefined && json !== undefined) return { kind: 'forgotten' };
  if (status !== 200) return failed(`status ${status}`);
  const answer = readSyncAnswer(json, options.botId, (field, eventId) =>
    options.log.warn('An event is left out, because it is not what Matrix says.', { where: 'sync', field, eventId }),
  );
  if (answer === undefined) return failed('the answer is not one of /sync');
  // The position alone: nothing that was said before the first start is mirrored.
  if (since === undefined)
    return { kind: 'answer', answer: { ...answer, events: [], cutRooms: [], ephemeral: [] }, http: result.answer };
  return { kind: 'answer', answer, http: result.answer };
}

const limits = (retryAfter: string | undefined, json: unknown) => ({
  retryAfter,
  retryAfterMs: (json as { retry_after_ms?: unknown } | undefined | null)?.retry_after_ms,
});

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
