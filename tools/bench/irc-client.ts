import { connect, type Socket } from 'node:net';
import { Waiters } from './waiting.ts';

/** A line as it arrived, and when (milliseconds of `performance.now`). */
export type SeenLine = {
  readonly nick: string;
  readonly command: string;
  readonly params: readonly string[];
  readonly atMs: number;
};

/** A bare IRC connection that keeps nothing but what it is asked to watch: thousands fit into one process. */
export class IrcClient {
  readonly nick: string;
  /** Told of every line but PING. */
  onLine: ((line: SeenLine) => void) | undefined;
  readonly #socket: Socket;
  readonly #waiters = new Waiters<SeenLine>();
  #rest = '';

  constructor(port: number, nick: string) {
    this.nick = nick;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk) => this.#take(String(chunk)));
    this.#socket.on('error', () => {});
  }

  /** Connects, registers and joins. */
  static async connect(port: number, nick: string, ...channels: readonly string[]): Promise<IrcClient> {
    const client = new IrcClient(port, nick);
    client.write(`NICK ${nick}`, `USER ${nick.slice(0, 10)} 0 * :bench`);
    await client.waitFor(({ command }) => command === '001', `the welcome of ${nick}`, 60_000);
    for (const channel of channels) await client.join(channel);
    return client;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  write(...lines: readonly string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  say(channel: string, text: string): void {
    this.write(`PRIVMSG ${channel} :${text}`);
  }

  async join(channel: string): Promise<void> {
    const joined = this.waitFor(
      ({ command, params }) => command === '366' && params[1] === channel,
      `${this.nick} in ${channel}`,
      120_000,
    );
    this.write(`JOIN ${channel}`);
    await joined;
  }

  /** The next line that fits, from now on. */
  waitFor(fits: (line: SeenLine) => boolean, what: string, timeoutMs = 15_000): Promise<SeenLine> {
    return this.#waiters.wait(fits, what, timeoutMs);
  }

  /** Resolves when the server has worked off what was written. */
  async flush(): Promise<void> {
    const token = `bench-${performance.now()}`;
    const pong = this.waitFor(({ command, params }) => command === 'PONG' && params.includes(token), 'a PONG', 60_000);
    this.write(`PING :${token}`);
    await pong;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    const atMs = performance.now();
    const parts = (this.#rest + chunk).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const match = /^(?:@\S+ )?(?::([^ !]+)\S* )?(\S+)(?: (.*))?$/.exec(part.replace(/\r$/, ''));
      if (match === null) continue;
      const [, nick = '', command = '', rest = ''] = match;
      if (command === 'PING') {
        this.write(`PONG ${rest}`);
        continue;
      }
      const colon = rest.startsWith(':') ? 0 : rest.indexOf(' :');
      const head = colon < 0 ? rest : rest.slice(0, colon);
      const params = head.split(' ').filter((word) => word !== '');
      if (colon >= 0) params.push(rest.slice(rest.indexOf(':', colon) + 1));
      const line = { nick, command, params, atMs };
      this.onLine?.(line);
      this.#waiters.offer(line);
    }
  }
}
