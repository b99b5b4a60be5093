import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type FakeCoopApi = {
  readonly url: string;
  readonly port: number;
  /** Groups of each person besides the personal one, which everybody has. */
  readonly seats: Map<string, readonly string[]>;
  /** Answers instead of the API, where it is set. */
  answerInstead: ((sub: string, response: ServerResponse) => void) | undefined;
  /** Subjects that were asked about, in order; empty for a question without one. */
  readonly asked: string[];
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

export const COOP_API_TOKEN = 'a-token-of-the-internal-routes';

/** The one internal route of the coop-api that names groups, as its public code has it. */
export async function startFakeCoopApi(): Promise<FakeCoopApi> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://coop.test');
    const sub = searchParams.get('sub') ?? '';
    api.asked.push(sub);
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (api.answerInstead !== undefined) api.answerInstead(sub, response);
    else if (pathname !== '/api/internal/groups') send(404, { error: 'Not Found' });
    else if (request.headers.authorization !== `Bearer ${COOP_API_TOKEN}`) send(401, { error: 'unauthorized' });
    else if (sub === '') send(400, { error: 'sub required' });
    else send(200, { groups: [`personal-${sub}`, ...(api.seats.get(sub) ?? [])] });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const api: FakeCoopApi = {
    url: `http://127.0.0.1:${port}`,
    port,
    seats: new Map(),
    answerInstead: undefined,
    asked: [],
    start: () => listen(port),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return api;
}
