import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between homeserver and bridge, passes everything on, and notes when each pushed event was handed over. */
export type Tap = {
  readonly url: string;
  /** When the transaction with this event had been handed to the bridge whole (`performance.now`); undefined: not yet. */
  readonly handedOverAt: (eventId: string) => number | undefined;
  readonly close: () => Promise<void>;
};

export async function startTap(targetPort: number): Promise<Tap> {
  const handedOver = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const onward = request(
        { port: targetPort, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      // While the bridge is away the homeserver shall see just that.
      onward.on('error', () => outgoing.destroy());
      onward.end(body);
      const atMs = performance.now();
      for (const id of eventIds(body)) if (!handedOver.has(id)) handedOver.set(id, atMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    handedOverAt: (eventId) => handedOver.get(eventId),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function eventIds(body: Buffer): string[] {
  try {
    const { events } = JSON.parse(body.toString('utf8')) as { events?: { event_id?: string }[] };
    return (events ?? []).map(({ event_id: id }) => id ?? '');
  } catch {
    return [];
  }
}
