import type { Clock } from '../../ports/clock.ts';
import { type Answer, unknown } from '../unknown.ts';
import { LdapConnection, type Target } from './connection.ts';

const IDLE_MS = 30_000;

/** The connection for questions: opened when one comes, shared, closed when none has come for a while. */
export class Asker {
  readonly #target: Target;
  readonly #clock: Clock;
  #opening: Promise<Answer<LdapConnection>> | undefined;
  #cancelIdle = (): void => {};
  #asking = 0;
  #closed = false;

  constructor(target: Target, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
  }

  async ask<T>(question: (connection: LdapConnection) => Promise<Answer<T>>): Promise<Answer<T>> {
    this.#cancelIdle();
    this.#asking++;
    try {
      const wasOpen = this.#opening !== undefined;
      const first = await this.#once(question);
      // A connection that waited may have been closed by the server, which says nothing about the server.
      return wasOpen && first.kind === 'unknown' && first.reason === 'unreachable' ? await this.#once(question) : first;
    } finally {
      this.#asking--;
      if (this.#asking === 0) this.#cancelIdle = this.#clock.after(IDLE_MS, () => this.#drop());
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelIdle();
    this.#drop();
  }

  async #once<T>(question: (connection: LdapConnection) => Promise<Answer<T>>): Promise<Answer<T>> {
    if (this.#closed) return unknown('unreachable', 'Causeway is stopping.');
    this.#opening ??= LdapConnection.open(this.#target, this.#clock);
    const opening = this.#opening;
    const opened = await opening;
    const result = opened.kind === 'unknown' ? opened : await question(opened.value);
    const isOver = opened.kind === 'unknown' || opened.value.isLost;
    if (isOver && this.#opening === opening) this.#opening = undefined;
    return result;
  }

  #drop(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    void opening?.then((opened) => {
      if (opened.kind === 'ok') opened.value.close();
    });
  }
}
