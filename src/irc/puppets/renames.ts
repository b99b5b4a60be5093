import type { Clock } from '../../ports/clock.ts';
import type { Person } from '../../ports/network.ts';
import type { Puppet } from './puppet.ts';
import { type Naming, nicksFor, realnameOf } from './puppet-name.ts';

/** Gives connections the new names of their people, not more often than servers like. */
export class Renames {
  readonly #puppetOf: (userId: string) => Puppet | undefined;
  readonly #naming: () => Naming;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** Those who have to wait: the last name counts. */
  readonly #waiting = new Map<string, Person>();

  constructor(
    puppetOf: (userId: string) => Puppet | undefined,
    naming: () => Naming,
    clock: Clock,
    intervalMs: number,
  ) {
    this.#puppetOf = puppetOf;
    this.#naming = naming;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  rename(person: Person): void {
    this.#waiting.delete(person.userId);
    const puppet = this.#puppetOf(person.userId);
    if (puppet === undefined) return;
    puppet.person = person;
    if (this.#clock.nowMs() - puppet.lastNickMs < this.#intervalMs) {
      this.#waiting.set(person.userId, person);
      return;
    }
    const { link } = puppet;
    if (link.hasCap('setname')) {
      link.send({ command: 'SETNAME', params: [realnameOf(person, link.isupport.nameLen)] });
    }
    const { first } = nicksFor(person, this.#naming());
    if (!link.isMe(first)) puppet.changeNick(first);
  }

  tick(): void {
    for (const person of [...this.#waiting.values()]) this.rename(person);
  }
}
