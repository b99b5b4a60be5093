import type { Link } from './link.ts';

const RETRY_MS = 30_000;

/** Takes the configured nick back once it is free. An account that fixes the nick is not argued with. */
export class BotNick {
  readonly #link: Link;
  readonly #nick: string;
  #triedMs: number;

  constructor(link: Link, nick: string, nowMs: number) {
    this.#link = link;
    this.#nick = nick;
    this.#triedMs = nowMs;
  }

  tick(nowMs: number): void {
    if (nowMs - this.#triedMs > RETRY_MS) this.#want(nowMs);
  }

  /** Somebody gave this nick up. */
  freed(nick: string, nowMs: number): void {
    if (this.#link.same(nick, this.#nick)) this.#want(nowMs);
  }

  #want(nowMs: number): void {
    this.#triedMs = nowMs;
    const isWrong = !this.#link.isMe(this.#nick) && this.#link.account === null;
    if (isWrong) this.#link.send({ command: 'NICK', params: [this.#nick] });
  }
}
