import type { IncomingMessage } from 'node:http';
import type { MatrixEvent } from '../core/events.ts';
import type { Log } from '../ports/log.ts';
import type { MatrixSink } from '../ports/matrix.ts';
import { deliver } from './deliver.ts';
import { readEphemeral } from './ephemeral.ts';
import { type BodyEnd, makeBodySplitter } from './split-body.ts';
import { validateEvent } from './validate-event.ts';

/** An event has at most 64 KiB (Matrix specification); what a server adds to it may be more. */
const MAX_EVENT_BYTES = 1024 * 1024;
/** So many events are stored at a time, and the body is not read on meanwhile. */
const STORE_AT_ONCE = 500;

/** Keys under which servers put what no room keeps: the specification's, and the one before it was there. */
const EPHEMERAL = new Set(['ephemeral', 'de.sorunome.msc2409.ephemeral']);

export type TransactionResult = {
  readonly end: BodyEnd;
  readonly events: number;
  /** Events that could not be read or stored, and are missing now. */
  readonly leftOut: number;
  readonly bytes: number;
};

/**
 * Reads a transaction's body as it arrives, stores its events and resolves when they are on disk. Memory stays small
 * whatever the size of the body. Of a large one that breaks off the first events may be stored already; that is
 * harmless, since each counts once by its id.
 * @throws {StoreUnavailable} when they could not be stored
 */
export async function readTransaction(
  body: IncomingMessage,
  sink: MatrixSink,
  log: Log,
  maxBodyBytes: number,
): Promise<TransactionResult> {
  let pending: MatrixEvent[] = [];
  let count = 0;
  let leftOut = 0;
  let bytes = 0;

  const leaveOut = (why: string, eventId?: string): void => {
    leftOut++;
    log.warn('An event is left out of a transaction, because it is not what Matrix says.', { why, eventId });
  };
  const splitter = makeBodySplitter({
    maxElementBytes: MAX_EVENT_BYTES,
    oversized: (key) => {
      if (key === 'events') leaveOut('too large');
    },
    element: (key, json) => {
      if (EPHEMERAL.has(key)) readEphemeral(parse(json), sink);
      if (key !== 'events') return;
      const value = parse(json);
      const event = validateEvent(value);
      if (typeof event === 'object') pending.push(event);
      else leaveOut(value === undefined ? 'not JSON' : event, idOf(value));
    },
  });
  const store = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    count += batch.length;
    if (batch.length > 0) leftOut += await deliver(sink, log, 'push', batch);
  };

  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The rest is read and forgotten: an answer before the end of the request would look like a failure.
    if (bytes > maxBodyBytes) continue;
    splitter.push(chunk);
    if (pending.length >= STORE_AT_ONCE) await store();
  }
  await store();
  if (bytes > maxBodyBytes) leaveOut(`the transaction is larger than ${maxBodyBytes} bytes`);
  return { end: bytes > maxBodyBytes ? 'complete' : splitter.end(), events: count, leftOut, bytes };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const idOf = (value: unknown): string | undefined => {
  const id = (value as { event_id?: unknown } | undefined | null)?.event_id;
  return typeof id === 'string' ? id.slice(0, 255) : undefined;
};
