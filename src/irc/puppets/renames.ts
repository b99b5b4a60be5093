import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Person } from '../../ports/network.ts';
import { askNick } from './ask-nick.ts';
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

  /** At once, and tells what became of it. @returns the nick then; undefined where they have no connection */
  async take(person: Person, patienceMs: number): Promise<Result<string | undefined>> {
    const puppet = this.#puppetOf(person.userId);
    if (puppet === undefined) return ok(undefined);
    const nowMs = this.#clock.nowMs();
    puppet.person = person;
    const { first } = nicksFor(person, this.#naming());
    if (puppet.link.nick === first) return ok(first);
    if (nowMs - puppet.lastNickMs < this.#intervalMs) {
      this.#waiting.set(person.userId, person);
      return fail(TOO_SOON);
    }
    this.#waiting.delete(person.userId);
    return askNick(puppet, first, nowMs + patienceMs);
  }

  tick(): void {
    for (const person of [...this.#waiting.values()]) this.rename(person);
  }
}

const TOO_SOON: BridgeError = {
  code: 'irc_nick_too_soon',
  text: 'Servers let nicks be changed only now and then: yours follows by itself within a minute.',
  retry: 'later',
  notify: 'sender',
};
