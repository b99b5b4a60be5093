import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How slowly somebody may take a file. */
export type Patience = {
  /** Looked at so often. */
  readonly everyMs: number;
  /** Least bytes in that time; what the system has taken for the client counts. */
  readonly leastBytes: number;
};

/** A modem's speed. Whoever is slower for half a minute has left, or means to keep us busy. */
export const PATIENCE: Patience = { everyMs: 30_000, leastBytes: 30_000 };

/**
 * Sends what comes, as fast as it is taken and no faster; whoever takes it too slowly is cut off.
 * @returns whether all of it was sent. Never rejects: the headers are out, so that nothing can be said any more
 */
export async function sendBytes(
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
): Promise<boolean> {
  const taken = (): number => (response.socket?.bytesWritten ?? 0) - (response.socket?.writableLength ?? 0);
  let before = taken();
  const watch = setInterval(() => {
    const now = taken();
    // Only who is given bytes can be slow to take them.
    if (response.writableLength > 0 && now - before < patience.leastBytes) response.destroy();
    before = now;
  }, patience.everyMs);
  try {
    await pipeline(Readable.from(body, { objectMode: false, highWaterMark: 65_536 }), response);
    return true;
  } catch {
    response.destroy();
    return false;
  } finally {
    clearInterval(watch);
  }
}
