import { type MatrixEvent, type MatrixUser, waitUntil } from '../../servers/people.ts';
import type { IrcPerson } from '../irc-person.ts';
import { acceptInvitation } from '../private-room.ts';
import { type Allowances, Deeds, Reactions, type TakenBack, type Try, type Turn, type Undone } from './deeds.ts';
import { bodiesOf, ghostReactions } from './standing.ts';

/** Who talks to whom in private. */
export type Pair = {
  readonly alice: MatrixUser;
  readonly wren: IrcPerson;
  /** Of the puppet of the one on Matrix. */
  readonly nick: string;
  /** As which that puppet is logged in: only then it deletes what it said (Ergo). */
  readonly account: string | undefined;
};

/** Two people who talk in private, and answer, react, correct and take back there. */
export class DeedsInPrivate {
  readonly #pair: Pair;
  readonly #try: Try;
  readonly room: string;
  /** What each reacts to, and answers: said by the other. */
  readonly #toEvent: string;
  readonly #toMsgid: string;
  readonly #toIrc = new Deeds();
  readonly #toMatrix = new Deeds();
  readonly #deletedOnMatrix: TakenBack[] = [];
  readonly #deletedOnIrc: TakenBack[] = [];
  readonly #onMatrix = new Reactions();
  readonly #onIrc = new Reactions();

  private constructor(pair: Pair, attempt: Try, room: string, toEvent: string, toMsgid: string) {
    this.#pair = pair;
    this.#try = attempt;
    this.room = room;
    this.#toEvent = toEvent;
    this.#toMsgid = toMsgid;
  }

  /** @param historian reads whole rooms */
  static async begin(pair: Pair, attempt: Try, historian: MatrixUser): Promise<DeedsInPrivate> {
    const { alice, wren, nick } = pair;
    await wren.say('wren begins', '', nick);
    const { room } = await acceptInvitation(alice);
    const begun = ({ content }: MatrixEvent): boolean => content.body === 'wren begins';
    const what = 'both to hear each other in private';
    const toEvent = await waitUntil(async () => (await historian.history(room)).find(begun)?.event_id, { what });
    await alice.send(room, 'alice answers');
    const toMsgid = await waitUntil(() => wren.msgidOf('alice answers'), { what });
    return new DeedsInPrivate(pair, attempt, room, toEvent, toMsgid);
  }

  get ofMatrix(): readonly Turn[] {
    return [
      (n) => this.#aliceSays(n),
      (n) => this.#aliceReacts(n),
      (n) => this.#aliceCorrects(n),
      (n) => this.#aliceDeletes(n),
    ];
  }

  get ofIrc(): readonly Turn[] {
    return [(n) => this.#wrenSays(n), (n) => this.#wrenReacts(n), (n) => this.#wrenDeletes(n)];
  }

  async #whispers(look: string, more: Readonly<Record<string, unknown>> = {}): Promise<string | undefined> {
    const id = await this.#try(() => this.#pair.alice.send(this.room, look, more));
    this.#toIrc.did(look, id !== undefined);
    return id;
  }

  /** Each second line answers. */
  async #aliceSays(n: number): Promise<void> {
    const answer = { 'm.relates_to': { 'm.in_reply_to': { event_id: this.#toEvent } } };
    await this.#whispers(`psst ${n}`, n % 2 === 0 ? answer : {});
  }

  #aliceReacts(n: number): Promise<void> {
    const { alice } = this.#pair;
    const relates = { rel_type: 'm.annotation', event_id: this.#toEvent, key: `pm${n}` };
    return this.#onMatrix.give(
      n,
      relates.key,
      () => this.#try(() => alice.sendEvent(this.room, 'm.reaction', { 'm.relates_to': relates })),
      (id) => this.#try(() => alice.redact(this.room, id)),
    );
  }

  async #aliceCorrects(n: number): Promise<void> {
    const id = await this.#whispers(`private item ${n}`);
    if (id === undefined) return;
    const body = `private mended-${n} ${n}`;
    const edit = {
      'm.new_content': { msgtype: 'm.text', body },
      'm.relates_to': { rel_type: 'm.replace', event_id: id },
    };
    const taken = await this.#try(() => this.#pair.alice.send(this.room, `* ${body}`, edit));
    this.#toIrc.did(`s/item/mended-${n}/`, taken !== undefined);
  }

  async #aliceDeletes(n: number): Promise<void> {
    const look = `between us ${n}`;
    const id = await this.#try(() => this.#pair.alice.send(this.room, look));
    this.#toIrc.did(look, false);
    if (id === undefined) return;
    const taken = await this.#try(() => this.#pair.alice.redact(this.room, id));
    this.#deletedOnMatrix.push({ look, sure: taken !== undefined });
  }

  /** Each second time several lines at once. */
  async #wrenSays(n: number): Promise<void> {
    const { wren, nick } = this.#pair;
    const refusals = wren.refusals;
    const lines = n % 2 === 0 && wren.has('draft/multiline') ? [`hush ${n}`, `and more hush ${n}`] : [`hush ${n}`];
    const taken = lines.length > 1 ? await wren.sayLines(lines, nick) : await wren.say(lines[0] ?? '', '', nick);
    if (wren.refusals === refusals) for (const look of lines) this.#toMatrix.did(look, taken);
  }

  #wrenReacts(n: number): Promise<void> {
    const [{ wren, nick }, key] = [this.#pair, `pw${n}`];
    const react = async (how: string) =>
      (await wren.write([`@+draft/reply=${this.#toMsgid};+draft/${how}=${key} TAGMSG ${nick}`])) || undefined;
    return this.#onIrc.give(
      n,
      key,
      () => react('react'),
      () => react('unreact'),
    );
  }

  async #wrenDeletes(n: number): Promise<void> {
    const { wren, nick } = this.#pair;
    const look = `hush, no ${n}`;
    const taken = await wren.say(look, '', nick);
    this.#toMatrix.did(look, false);
    const msgid = taken ? wren.msgidOf(look) : undefined;
    if (msgid === undefined) return;
    const deleted = await wren.write([`REDACT ${nick} ${msgid}`]);
    this.#deletedOnIrc.push({ look, sure: deleted && wren.isDeleted(look) === true });
  }

  /** @param standing what stands in the room of the two */
  look(undone: Undone, standing: readonly MatrixEvent[], allowed: Allowances): void {
    const { deaf = false, cut = false, forgetful = false } = allowed;
    const { wren, account } = this.#pair;
    this.#toIrc.check(undone, wren.privately(), { mayDouble: cut });
    const bodies = bodiesOf(standing);
    this.#toMatrix.check(undone, bodies, { mayMiss: deaf });
    const reactions = wren.reactions();
    this.#onMatrix.check(
      undone,
      (key) => ({ times: reactions.get(key) === 'given' ? 1 : 0, wasThere: reactions.has(key) }),
      { mayMiss: forgetful, mayStay: forgetful },
    );
    this.#onIrc.check(undone, ghostReactions(standing), { mayMiss: deaf, mayStay: deaf });
    if (account !== undefined)
      for (const { look, sure } of this.#deletedOnMatrix)
        if (sure && wren.isDeleted(look) === false) undone.left.push(look);
    for (const { look, sure } of this.#deletedOnIrc) if (sure && !deaf && bodies.includes(look)) undone.left.push(look);
  }
}
