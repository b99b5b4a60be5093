import { connect, type Socket } from 'node:net';
import { type IrcLine, parseIrcLine } from './irc-line.ts';
import { type WaitOptions, waitUntil } from './wait.ts';

export type IrcUserOptions = {
  readonly port: number;
  readonly host?: string;
  readonly nick: string;
  /** `USER` name; the nick unless told. */
  readonly user?: string;
  readonly realName?: string;
  /** Capabilities to ask for where the server offers them. */
  readonly caps?: readonly string[];
  /** Log in by SASL PLAIN. */
  readonly sasl?: { readonly account: string; readonly password: string };
  /** Joined before {@link IrcUser.connect} resolves. */
  readonly channels?: readonly string[];
  readonly timeoutMs?: number;
};

/** Enough to see who says what, and when, on a server that can tell. */
export const USUAL_CAPS = ['message-tags', 'server-time', 'account-tag', 'batch', 'echo-message'] as const;

/** Somebody in a plain IRC client: one socket, every line kept. */
export class IrcUser {
  readonly lines: IrcLine[] = [];
  /** What the server granted. */
  readonly caps = new Set<string>();
  nick: string;
  readonly #socket: Socket;
  #rest = '';
  #closed: string | undefined;

  private constructor(socket: Socket, nick: string) {
    this.#socket = socket;
    this.nick = nick;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => this.#take(String(chunk)));
    socket.on('error', (error) => {
      this.#closed ??= error.message;
    });
    socket.on('close', () => {
      this.#closed ??= 'closed';
    });
  }

  /** Connects, registers and joins; fails with the server's words when it is refused. */
  static async connect(options: IrcUserOptions): Promise<IrcUser> {
    const { port, host = '127.0.0.1', nick, caps = USUAL_CAPS, sasl } = options;
    const timeoutMs = options.timeoutMs ?? 10_000;
    const user = new IrcUser(connect({ port, host }), nick);
    try {
      const wanted = [...caps, ...(sasl === undefined ? [] : ['sasl'])];
      if (wanted.length > 0) user.sendLine('CAP LS 302');
      user.sendLine(`NICK ${nick}`);
      user.sendLine(`USER ${options.user ?? nick} 0 * :${options.realName ?? nick}`);
      if (wanted.length > 0) await user.#negotiate(wanted, sasl, timeoutMs);
      const welcome = await user.waitFor((line) => line.command === '001' || /^4[36]\d$/.test(line.command), {
        timeoutMs,
        what: `the welcome of ${nick}`,
      });
      if (welcome.command !== '001') throw new Error(`${nick} was refused: ${welcome.raw}`);
      user.nick = welcome.params[0] ?? nick;
      await user.waitFor((line) => line.command === '376' || line.command === '422', {
        timeoutMs,
        what: 'the end of the greeting',
      });
      for (const channel of options.channels ?? []) await user.join(channel, timeoutMs);
      return user;
    } catch (error) {
      user.reset();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** Writes one line as it is; the caller answers for its form. */
  sendLine(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  say(target: string, text: string): void {
    this.sendLine(`PRIVMSG ${target} :${text}`);
  }

  act(target: string, text: string): void {
    this.say(target, `\x01ACTION ${text}\x01`);
  }

  notice(target: string, text: string): void {
    this.sendLine(`NOTICE ${target} :${text}`);
  }

  /** Resolves when the server listed the members. */
  async join(channel: string, timeoutMs = 10_000): Promise<void> {
    const from = this.lines.length;
    this.sendLine(`JOIN ${channel}`);
    const answer = await this.waitFor(
      (line) => line.params[1]?.toLowerCase() === channel.toLowerCase() && /^(366|4\d\d)$/.test(line.command),
      {
        from,
        timeoutMs,
        what: `${this.nick} to join ${channel}`,
      },
    );
    if (answer.command !== '366') throw new Error(`${this.nick} could not join ${channel}: ${answer.raw}`);
  }

  /** Resolves when the server has worked off everything sent so far. */
  async flush(timeoutMs = 10_000): Promise<void> {
    const token = `flush-${this.lines.length}-${Math.random().toString(36).slice(2)}`;
    this.sendLine(`PING :${token}`);
    await this.waitFor((line) => line.command === 'PONG' && line.params.includes(token), { timeoutMs, what: 'a PONG' });
  }

  /** The first line that fits, of those there (from the index `from`) and those to come. */
  waitFor(fits: (line: IrcLine) => boolean, options: WaitOptions & { readonly from?: number } = {}): Promise<IrcLine> {
    let next = options.from ?? 0;
    return waitUntil(() => {
      while (next < this.lines.length) {
        const line = this.lines[next++];
        if (line !== undefined && fits(line)) return line;
      }
      if (this.#closed !== undefined)
        throw new Error(`${this.nick} lost the connection (${this.#closed}) waiting for ${options.what ?? 'a line'}.`);
      return undefined;
    }, options);
  }

  /** Texts said by others or echoed in a channel, in order of arrival, `/me` as `* text`. */
  said(channel: string): { readonly nick: string; readonly text: string; readonly line: IrcLine }[] {
    return this.lines
      .filter((line) => line.command === 'PRIVMSG' && line.params[0]?.toLowerCase() === channel.toLowerCase())
      .map((line) => ({
        nick: line.nick,
        text: (line.params[1] ?? '').replace(/^\x01ACTION (.*?)\x01?$/s, '* $1'),
        line,
      }));
  }

  /** Leaves in good order; resolves when the connection is closed. */
  async quit(reason = 'bye'): Promise<void> {
    if (!this.isOpen) return;
    this.sendLine(`QUIT :${reason}`);
    await waitUntil(() => !this.isOpen, { timeoutMs: 2_000 }).catch(() => {});
    this.reset();
  }

  /** Drops the connection as a lost network would (RST). */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #take(chunk: string): void {
    const atMs = Date.now();
    const parts = (this.#rest + chunk).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = parseIrcLine(part.replace(/\r$/, ''), atMs);
      if (line.command === 'PING') this.sendLine(`PONG :${line.params[0] ?? ''}`);
      if (line.command === 'NICK' && line.nick === this.nick) this.nick = line.params[0] ?? this.nick;
      this.lines.push(line);
    }
  }

  async #negotiate(wanted: readonly string[], sasl: IrcUserOptions['sasl'], timeoutMs: number): Promise<void> {
    // A server without CAP answers 421, or nothing and goes on to the welcome.
    const last = await this.waitFor(
      (line) => (line.command === 'CAP' && line.params[2] !== '*') || /^(421|001)$/.test(line.command),
      { timeoutMs, what: 'CAP LS' },
    );
    if (last.command !== 'CAP') return;
    const offered = this.lines
      .filter((line) => line.command === 'CAP' && line.params[1] === 'LS')
      .flatMap((line) => (line.params.at(-1) ?? '').split(' '))
      .map((entry) => entry.split('=')[0] ?? '');
    const asked = wanted.filter((cap) => offered.includes(cap));
    if (asked.length > 0) {
      this.sendLine(`CAP REQ :${asked.join(' ')}`);
      const answer = await this.waitFor((line) => line.command === 'CAP' && /^(ACK|NAK)$/.test(line.params[1] ?? ''), {
        timeoutMs,
        what: 'CAP ACK',
      });
      if (answer.params[1] === 'ACK') for (const cap of asked) this.caps.add(cap);
    }
    if (sasl !== undefined) await this.#login(sasl, timeoutMs);
    this.sendLine('CAP END');
  }

  async #login({ account, password }: { account: string; password: string }, timeoutMs: number): Promise<void> {
    this.sendLine('AUTHENTICATE PLAIN');
    await this.waitFor((line) => line.command === 'AUTHENTICATE' && line.params[0] === '+', {
      timeoutMs,
      what: 'AUTHENTICATE +',
    });
    this.sendLine(`AUTHENTICATE ${Buffer.from(`${account}\0${account}\0${password}`).toString('base64')}`);
    const outcome = await this.waitFor((line) => /^90[0-9]$/.test(line.command) && line.command !== '900', {
      timeoutMs,
      what: 'the login',
    });
    if (outcome.command !== '903') throw new Error(`${account} could not log in: ${outcome.raw}`);
  }
}
