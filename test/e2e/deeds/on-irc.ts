import type { MatrixEvent } from '../../servers/people.ts';
import type { IrcPerson } from '../irc-person.ts';
import { type Allowances, Deeds, Reactions, type TakenBack, type Turn, type Undone } from './deeds.ts';
import { bodiesOf, ghostReactions } from './standing.ts';

/** What somebody on IRC does in a channel. */
export class DeedsOnIrc {
  readonly #wren: IrcPerson;
  /** Msgid of what is reacted to. */
  readonly #target: string;
  readonly #toMatrix = new Deeds();
  readonly #deleted: TakenBack[] = [];
  readonly #reactions = new Reactions();

  constructor(wren: IrcPerson, target: string) {
    this.#wren = wren;
    this.#target = target;
  }

  get turns(): readonly Turn[] {
    return [(n) => this.#reacts(n), (n) => this.#says(n), (n) => this.#deletes(n)];
  }

  #reacts(n: number): Promise<void> {
    const [wren, key] = [this.#wren, `w${n}`];
    const react = async (how: string) =>
      (await wren.write([`@+draft/reply=${this.#target};+draft/${how}=${key} TAGMSG ${wren.channel}`])) || undefined;
    return this.#reactions.give(
      n,
      key,
      () => react('react'),
      () => react('unreact'),
    );
  }

  /** Acts, and notes something by a program, and shows that they write. */
  async #says(n: number): Promise<void> {
    const { channel } = this.#wren;
    const [acts, notes] = [`wren acts ${n}`, `wren notes ${n}`];
    const taken = await this.#wren.write([
      `@+typing=active TAGMSG ${channel}`,
      `PRIVMSG ${channel} :\x01ACTION ${acts}\x01`,
      `NOTICE ${channel} :${notes}`,
    ]);
    for (const look of [acts, notes]) this.#toMatrix.did(look, taken);
  }

  async #deletes(n: number): Promise<void> {
    const look = `wren thinks ${n}`;
    const taken = await this.#wren.say(look);
    this.#toMatrix.did(look, false);
    const msgid = taken ? this.#wren.msgidOf(look) : undefined;
    if (msgid === undefined) return;
    const deleted = await this.#wren.write([`REDACT ${this.#wren.channel} ${msgid}`]);
    this.#deleted.push({ look, sure: deleted && this.#wren.isDeleted(look) === true });
  }

  /** @param standing what stands in the room */
  look(undone: Undone, standing: readonly MatrixEvent[], { deaf = false }: Allowances): void {
    const bodies = bodiesOf(standing);
    this.#toMatrix.check(undone, bodies);
    for (const { look, sure } of this.#deleted) if (sure && !deaf && bodies.includes(look)) undone.left.push(look);
    this.#reactions.check(undone, ghostReactions(standing), { mayMiss: deaf, mayStay: deaf });
  }
}
