import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/sandbox/servers/ports.ts';

/** What happens to a request that fits. */
export type HttpFault =
  /** It is carried out; the connection is reset when the answer comes. */
  | { readonly kind: 'drop-response' }
  /** It never reaches the server; the connection is reset. */
  | { readonly kind: 'drop-request' }
  /** It never reaches the server; this answer comes instead. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** It is carried out; the answer comes so much later. */
  | { readonly kind: 'delay-response'; readonly ms: number }
  /** It reaches the server so much later. */
  | { readonly kind: 'delay-request'; readonly ms: number };

export type HttpRule = {
  /** `PUT /_matrix/client/v3/rooms/…`: method, a space, path with query. */
  readonly fits: (request: string) => boolean;
  readonly fault: HttpFault;
  /** How often it strikes; always unless told. */
  readonly times?: number;
};

export type HttpProxy = {
  readonly port: number;
  readonly url: string;
  /** Adds a rule; the function returned takes it away. The first that fits strikes. */
  readonly rule: (rule: HttpRule) => () => void;
  readonly clear: () => void;
  /** Method and path of each request, in order of arrival. */
  readonly seen: string[];
  readonly stop: () => Promise<void>;
};

/** An HTTP proxy on the loopback address that drops, delays and replaces by rule. @param port a free one unless told */
export async function startHttpProxy(targetPort: number, port?: number): Promise<HttpProxy> {
  const listenPort = port ?? (await freePort());
  let rules: { readonly rule: HttpRule; left: number }[] = [];
  const seen: string[] = [];

  const faultFor = (line: string): HttpFault | undefined => {
    const hit = rules.find(({ rule, left }) => left > 0 && rule.fits(line));
    if (hit !== undefined) hit.left--;
    return hit?.rule.fault;
  };

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const line = `${incoming.method} ${incoming.url}`;
    seen.push(line);
    const fault = faultFor(line);
    // A rule may strike before the body is read: keep it all, so that nothing is sent in part.
    const body = Buffer.concat(await incoming.toArray());
    if (fault?.kind === 'drop-request') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'answer') return void outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    if (fault?.kind === 'delay-request') await delay(fault.ms);
    const upstream = request({
      host: '127.0.0.1',
      port: targetPort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      agent: false,
    });
    upstream.on('error', () => incoming.socket.resetAndDestroy());
    outgoing.on('close', () => upstream.destroy());
    upstream.on('response', async (answer) => {
      try {
        const answerBody = Buffer.concat(await answer.toArray());
        if (fault?.kind === 'drop-response') return void incoming.socket.resetAndDestroy();
        if (fault?.kind === 'delay-response') await delay(fault.ms);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(answerBody);
      } catch {
        incoming.socket.resetAndDestroy();
      }
    });
    upstream.end(body);
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.socket.resetAndDestroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenPort, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    port: listenPort,
    url: `http://127.0.0.1:${listenPort}`,
    rule: (rule) => {
      const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
      rules.push(entry);
      return () => {
        rules = rules.filter((other) => other !== entry);
      };
    },
    clear: () => {
      rules = [];
    },
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
