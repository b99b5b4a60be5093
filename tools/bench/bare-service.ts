import { createServer, type Server } from 'node:http';
import { call, succeed } from './http-call.ts';
import { pause } from './waiting.ts';

/**
 * An application service reduced to its calls: what a bridge without anything around them would do. It is the limit
 * against which ours is held, on the same homeserver, in the same rooms, with the same ghosts.
 */
export class BareService {
  readonly #url: string;
  readonly #token: string;
  readonly #port: number;
  #listener: Server | undefined;
  #sent = 0;
  /** How often the homeserver failed to take a line at once (Dendrite's SQLite is `locked` now and then). */
  retried = 0;

  constructor(url: string, token: string, port: number) {
    this.#url = `${url}/_matrix/client/v3`;
    this.#token = token;
    this.#port = port;
  }

  /** Answers transactions at once, in the bridge's place, so that the homeserver does not wait for anybody. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'content-length': 0 }).end());
    });
    this.#listener = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  async deafen(): Promise<void> {
    const server = this.#listener;
    this.#listener = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Sends a line, again under the same id while the homeserver fails. */
  async send(as: string, room: string, body: string): Promise<void> {
    const path = `/rooms/${encodeURIComponent(room)}/send/m.room.message/bare.${++this.#sent}.${Date.now()}`;
    const url = `${this.#url}${path}?user_id=${encodeURIComponent(as)}`;
    for (let tries = 0; ; tries++) {
      const answer = await call('PUT', url, this.#token, { msgtype: 'm.text', body });
      if (answer.status < 300) return;
      // Of its own trouble with the ghost's account Dendrite says that it is not registered.
      const itsOwnTrouble = answer.status >= 500 || /has not registered/.test(String(answer.body.error));
      if (!itsOwnTrouble || tries === 5) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      this.retried++;
      await pause(20);
    }
  }

  async register(localpart: string): Promise<void> {
    await succeed('POST', `${this.#url}/register`, this.#token, {
      type: 'm.login.application_service',
      username: localpart,
      inhibit_login: true,
    });
  }

  async setDisplayName(as: string, name: string): Promise<void> {
    await this.#call('PUT', `/profile/${encodeURIComponent(as)}/displayname`, as, { displayname: name });
  }

  async silence(as: string): Promise<void> {
    await this.#call('PUT', '/pushrules/global/override/.m.rule.master/enabled', as, { enabled: true });
  }

  async join(as: string, room: string): Promise<void> {
    await this.#call('POST', `/join/${encodeURIComponent(room)}`, as, {});
  }

  #call(method: string, path: string, as: string, body: unknown): Promise<Record<string, unknown>> {
    return succeed(method, `${this.#url}${path}?user_id=${encodeURIComponent(as)}`, this.#token, body);
  }
}
