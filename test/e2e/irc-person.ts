import { setTimeout as delay } from 'node:timers/promises';
import { type IrcLine, IrcUser, type IrcUserOptions, waitUntil } from '../servers/people.ts';

/** Somebody in an IRC client that comes back by itself, soon after the server does. */
export class IrcPerson {
  readonly nick: string;
  readonly #port: number;
  readonly channel: string;
  /** From the moment at which the server takes connections again. */
  comesBackAfterMs = 0;
  readonly #heard: string[] = [];
  readonly #privately: string[] = [];
  readonly #reactions = new Map<string, 'given' | 'taken back'>();
  readonly #named = new Map<string, string>();
  readonly #deleted = new Set<string>();
  #more: Partial<IrcUserOptions>;
  #refusals = 0;
  #user: IrcUser | undefined;
  #read = 0;
  #batches = 0;
  #stopped = false;
  #coming: Promise<void> = Promise.resolve();

  /** @param more how they connect, where that is not as everybody does */
  constructor(port: number, nick: string, channel: string, more: Partial<IrcUserOptions> = {}) {
    this.#more = more;
    this.#port = port;
    this.nick = nick;
    this.channel = channel;
  }

  async connect(): Promise<void> {
    const { nick, channel } = this;
    this.#user = await IrcUser.connect({ port: this.#port, nick, channels: [channel], ...this.#more });
    this.#read = 0;
    this.#coming = this.#stayConnected(this.#user);
  }

  /**
   * Says a line and waits until the server has worked it off.
   * @param tags before the command, with a space behind them
   * @param target whom or where; the channel unless told
   * @returns false when the connection was lost first: then nobody knows
   */
  say(text: string, tags = '', target = this.channel): Promise<boolean> {
    return this.write([`${tags}PRIVMSG ${target} :${text}`]);
  }

  /** Several lines as one message, on a server that knows such. @returns as for {@link say} */
  sayLines(lines: readonly string[], target = this.channel): Promise<boolean> {
    const ref = `b${++this.#batches}`;
    return this.write([
      `BATCH +${ref} draft/multiline ${target}`,
      ...lines.map((line) => `@batch=${ref} PRIVMSG ${target} :${line}`),
      `BATCH -${ref}`,
    ]);
  }

  /** Writes commands together and waits until the server has worked them off. @returns as for {@link say} */
  async write(commands: readonly string[]): Promise<boolean> {
    const user = await waitUntil(() => (this.#user?.isOpen === true ? this.#user : undefined), {
      timeoutMs: 60_000,
      what: `${this.nick} to be back`,
    });
    user.sendLine(commands.join('\r\n'));
    try {
      await user.flush(60_000);
      return true;
    } catch {
      return false;
    }
  }

  /** A line as it is, if there is a connection. */
  send(line: string): void {
    if (this.#user?.isOpen === true) this.#user.sendLine(line);
  }

  /** Of what this person said last on this connection, where the server names lines and shows us our own. */
  lastMsgid(): string | undefined {
    const own = this.#user?.lines.findLast(({ command, nick }) => command === 'PRIVMSG' && nick === this.#user?.nick);
    return own?.tags.msgid;
  }

  /** Everything said in the channel by others while connected, in order. */
  heard(): readonly string[] {
    this.#collect();
    return this.#heard;
  }

  /** From the next connection on. */
  logsInAs(sasl: IrcUserOptions['sasl']): void {
    this.#more = { ...this.#more, ...(sasl !== undefined && { sasl }) };
  }

  /** How often the server said that somebody is not there. */
  get refusals(): number {
    this.#collect();
    return this.#refusals;
  }

  /** Whether it is told of deletions. */
  get deletes(): boolean {
    return this.has('draft/message-redaction');
  }

  /** What the server granted this connection. */
  has(cap: string): boolean {
    return this.#user?.caps.has(cap) === true;
  }

  /** What arrived until a command was worked off: with its answers whatever else came meanwhile. */
  async ask(command: string): Promise<readonly IrcLine[]> {
    const { connection } = this;
    const from = connection.lines.length;
    await this.write([command]);
    return connection.lines.slice(from);
  }

  /** A channel's topic; undefined where it has none. */
  async topic(channel = this.channel): Promise<string | undefined> {
    return (await this.ask(`TOPIC ${channel}`)).find(({ command }) => command === '332')?.params[2];
  }

  /** What the server calls a line with this text, said in the channel or between this person and another. */
  msgidOf(text: string): string | undefined {
    this.#collect();
    return this.#named.get(text);
  }

  /** What others said to this person alone, in order. */
  privately(): readonly string[] {
    this.#collect();
    return this.#privately;
  }

  /** How reactions stand, by their text. */
  reactions(): ReadonlyMap<string, 'given' | 'taken back'> {
    this.#collect();
    return this.#reactions;
  }

  /** Whether a line with this text was deleted; undefined where it was not heard, or has no name. */
  isDeleted(text: string): boolean | undefined {
    this.#collect();
    const msgid = this.msgidOf(text);
    return msgid === undefined ? undefined : this.#deleted.has(msgid);
  }

  get connection(): IrcUser {
    if (this.#user === undefined) throw new Error(`${this.nick} is not connected.`);
    return this.#user;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#user?.reset();
    await this.#coming;
  }

  #collect(): void {
    const lines = this.#user?.lines ?? [];
    for (; this.#read < lines.length; this.#read++) {
      const line = lines[this.#read];
      if (line !== undefined) this.#hear(line);
    }
  }

  #hear({ command, params, tags }: IrcLine): void {
    const [target = '', body = ''] = params;
    const inChannel = target.toLowerCase() === this.channel.toLowerCase();
    const text = body.replace(/^\x01ACTION (.*?)\x01?$/s, '* $1');
    const isSaid = command === 'PRIVMSG' || (command === 'NOTICE' && inChannel);
    if (isSaid && tags.msgid !== undefined) this.#named.set(text, tags.msgid);
    if (isSaid && inChannel) this.#heard.push(text);
    else if (isSaid && target === this.#user?.nick) this.#privately.push(text);
    else if (command === '401') this.#refusals++;
    else if (command === 'REDACT') this.#deleted.add(body);
    else if (command === 'TAGMSG') {
      const [given, taken] = [tags['+draft/react'], tags['+draft/unreact']];
      if (given !== undefined) this.#reactions.set(given, 'given');
      if (taken !== undefined) this.#reactions.set(taken, 'taken back');
    }
  }

  async #stayConnected(user: IrcUser): Promise<void> {
    await waitUntil(() => !user.isOpen, { timeoutMs: 3_600_000 });
    this.#collect();
    while (!this.#stopped) {
      try {
        if (this.comesBackAfterMs > 0) {
          (await IrcUser.connect({ port: this.#port, nick: `${this.nick}-1`, caps: [] })).reset();
          await delay(this.comesBackAfterMs);
        }
        return await this.connect();
      } catch {
        await delay(40);
      }
    }
  }
}
