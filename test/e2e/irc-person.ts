import { setTimeout as delay } from 'node:timers/promises';
import { IrcUser, waitUntil } from '../servers/people.ts';

/** Somebody in an IRC client that comes back by itself, soon after the server does. */
export class IrcPerson {
  readonly nick: string;
  readonly #port: number;
  readonly channel: string;
  /** From the moment at which the server takes connections again. */
  comesBackAfterMs = 0;
  readonly #heard: string[] = [];
  #user: IrcUser | undefined;
  #read = 0;
  #stopped = false;
  #coming: Promise<void> = Promise.resolve();

  constructor(port: number, nick: string, channel: string) {
    this.#port = port;
    this.nick = nick;
    this.channel = channel;
  }

  async connect(): Promise<void> {
    this.#user = await IrcUser.connect({ port: this.#port, nick: this.nick, channels: [this.channel] });
    this.#read = 0;
    this.#coming = this.#stayConnected(this.#user);
  }

  /**
   * Says a line and waits until the server has worked it off.
   * @param tags before the command, with a space behind them
   * @returns false when the connection was lost first: then nobody knows
   */
  async say(text: string, tags = ''): Promise<boolean> {
    const user = await waitUntil(() => (this.#user?.isOpen === true ? this.#user : undefined), {
      timeoutMs: 60_000,
      what: `${this.nick} to be back`,
    });
    user.sendLine(`${tags}PRIVMSG ${this.channel} :${text}`);
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
    const said = this.#user?.said(this.channel) ?? [];
    for (; this.#read < said.length; this.#read++) this.#heard.push(said[this.#read]?.text ?? '');
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
