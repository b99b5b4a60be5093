import { Agent, request } from 'node:http';

/** Kept-alive connections, as many as there are calls at once: the cheapest client that Node has. */
const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });

export type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** One JSON call. @throws when no answer comes */
export function call(
  method: string,
  url: string,
  token: string | undefined,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        agent,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          try {
            resolve({ status: incoming.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) });
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

/** {@link call} that must succeed. */
export async function succeed(
  method: string,
  url: string,
  token: string | undefined,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await call(method, url, token, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${url.split('?')[0]}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
