import type { MatrixUser } from '../../servers/people.ts';
import type { IrcPerson } from '../irc-person.ts';
import { type Allowances, Deeds, Reactions, type TakenBack, type Try, type Turn, type Undone } from './deeds.ts';
import { ONE_LINES } from './one-line.ts';

/** What somebody on Matrix does in the room of a channel: each thing with a mark of its own. */
export class DeedsOnMatrix {
  readonly #alice: MatrixUser;
  readonly #room: string;
  readonly #root: string;
  readonly #try: Try;
  readonly #toIrc = new Deeds();
  readonly #deleted: TakenBack[] = [];
  readonly #reactions = new Reactions();
  #topic: TakenBack | undefined;
  #poll: string | undefined;
  #shown: number;

  /** @param root an event that all of it is about. @param from where in the list of what is shown as one line this one begins */
  constructor(alice: MatrixUser, room: string, root: string, attempt: Try, from: number) {
    this.#alice = alice;
    this.#room = room;
    this.#root = root;
    this.#try = attempt;
    this.#shown = from;
  }

  get turns(): readonly Turn[] {
    const shows: Turn = (n) => this.#shows(n);
    return [
      (n) => this.#reacts(n),
      shows,
      (n) => this.#corrects(n),
      shows,
      (n) => this.#deletes(n),
      shows,
      (n) => this.#inThread(n),
      shows,
      (n) => this.#titles(n),
    ];
  }

  #reacts(n: number): Promise<void> {
    const relates = { rel_type: 'm.annotation', event_id: this.#root, key: `m${n}` };
    return this.#reactions.give(
      n,
      relates.key,
      () => this.#try(() => this.#alice.sendEvent(this.#room, 'm.reaction', { 'm.relates_to': relates })),
      (id) => this.#try(() => this.#alice.redact(this.#room, id)),
    );
  }

  async #corrects(n: number): Promise<void> {
    const id = await this.#try(() => this.#alice.send(this.#room, `alice item ${n}`));
    this.#toIrc.did(`alice item ${n}`, id !== undefined);
    if (id === undefined) return;
    const body = `alice mended-${n} ${n}`;
    const edit = {
      'm.new_content': { msgtype: 'm.text', body },
      'm.relates_to': { rel_type: 'm.replace', event_id: id },
    };
    const taken = await this.#try(() => this.#alice.send(this.#room, `* ${body}`, edit));
    this.#toIrc.did(`s/item/mended-${n}/`, taken !== undefined);
  }

  async #deletes(n: number): Promise<void> {
    const look = `alice thinks ${n}`;
    const id = await this.#try(() => this.#alice.send(this.#room, look));
    this.#toIrc.did(look, false);
    if (id === undefined) return;
    const taken = await this.#try(() => this.#alice.redact(this.#room, id));
    this.#deleted.push({ look, sure: taken !== undefined });
  }

  async #inThread(n: number): Promise<void> {
    const relates = {
      ...{ rel_type: 'm.thread', event_id: this.#root, is_falling_back: true },
      'm.in_reply_to': { event_id: this.#root },
    };
    const look = `alice threads ${n}`;
    const id = await this.#try(() => this.#alice.send(this.#room, look, { 'm.relates_to': relates }));
    this.#toIrc.did(look, id !== undefined);
  }

  /** The next two of what is one line on IRC. */
  async #shows(n: number): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const make = ONE_LINES[this.#shown++ % ONE_LINES.length];
      const line = make?.(n + i, { me: this.#alice, poll: this.#poll, root: this.#root });
      if (line === undefined) continue;
      const { type, content, stateKey, look } = line;
      const id = await this.#try(() =>
        stateKey === undefined
          ? this.#alice.sendEvent(this.#room, type, content)
          : this.#alice.setState(this.#room, type, stateKey, content),
      );
      if (type.endsWith('poll.start')) this.#poll = id ?? this.#poll;
      if (look !== undefined) this.#toIrc.did(look, id !== undefined);
    }
  }

  /** Writes a topic, and shows that they do. */
  async #titles(n: number): Promise<void> {
    const { userId } = this.#alice;
    const path = `/v3/rooms/${encodeURIComponent(this.#room)}/typing/${encodeURIComponent(userId)}`;
    await this.#try(() => this.#alice.request('PUT', path, { typing: true, timeout: 1_000 }));
    const topic = `topic ${n}`;
    const set = await this.#try(() => this.#alice.setState(this.#room, 'm.room.topic', '', { topic }));
    this.#topic = { look: topic, sure: set !== undefined };
  }

  /** @param reader sees the channel */
  async look(
    undone: Undone,
    reader: IrcPerson,
    { forgetful = false, keepsDeleted = false }: Allowances,
  ): Promise<void> {
    this.#toIrc.check(undone, reader.heard());
    const reactions = reader.reactions();
    // What was given and taken back while the bridge was away was never anything.
    this.#reactions.check(undone, (key) => ({
      times: reactions.get(key) === 'given' ? 1 : 0,
      wasThere: reactions.has(key),
    }));
    if (!keepsDeleted && reader.deletes)
      for (const { look, sure } of this.#deleted) if (sure && reader.isDeleted(look) === false) undone.left.push(look);
    const topic = forgetful ? undefined : await reader.topic();
    if (this.#topic?.sure === true && topic !== undefined && topic !== this.#topic.look)
      undone.missing.push(`${this.#topic.look}, which is ${topic}`);
  }
}
