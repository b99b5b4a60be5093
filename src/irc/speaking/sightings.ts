import type { OwnLine } from './own-lines.ts';

/**
 * What the listener sees of our own lines. A line counts as said once the listener has seen it: then the next person's line, on another
 * socket, cannot overtake it.
 */
export type Sought = {
  /** As in its tag: line and part. */
  readonly id: string;
  readonly nick: string;
  readonly channel: string;
  readonly body: string;
  /** The listener saw it. @param msgid as the server gave it */
  seen(msgid: string | undefined): void;
};

export class Sightings {
  readonly #fold: (name: string) => string;
  readonly #listening: (channel: string) => boolean;
  readonly #record: (line: Omit<OwnLine, 'account' | 'atMs'>) => void;
  readonly #sought = new Map<string, Sought[]>();

  /** @param record is given every line of ours that the listener sees */
  constructor(
    fold: (name: string) => string,
    listening: (channel: string) => boolean,
    record: (line: Omit<OwnLine, 'account' | 'atMs'>) => void,
  ) {
    this.#fold = fold;
    this.#listening = listening;
    this.#record = record;
  }

  /** Whether the listener is there to see it. */
  possible(channel: string): boolean {
    return this.#listening(channel);
  }

  /** @returns gives up looking */
  seek(sought: Sought): () => void {
    const key = this.#key(sought.channel, sought.nick);
    const list = this.#sought.get(key);
    if (list === undefined) this.#sought.set(key, [sought]);
    else list.push(sought);
    return () => this.#drop(key, sought);
  }

  /** A line of ours as the listener read it. @param tag the id that it carries, where the server lets tags through */
  saw(channel: string, nick: string, body: string, msgid: string | undefined, tag: string | undefined): void {
    const key = this.#key(channel, nick);
    const sought = this.#sought.get(key)?.find((one) => one.body === body);
    this.#record({ channel, nick, body, tag: tag ?? sought?.id, msgid });
    if (sought === undefined) return;
    this.#drop(key, sought);
    sought.seen(msgid);
  }

  #drop(key: string, sought: Sought): void {
    const list = this.#sought.get(key);
    const at = list?.indexOf(sought) ?? -1;
    if (list === undefined || at < 0) return;
    if (list.length === 1) this.#sought.delete(key);
    else list.splice(at, 1);
  }

  #key(channel: string, nick: string): string {
    return `${this.#fold(channel)} ${this.#fold(nick)}`;
  }
}
