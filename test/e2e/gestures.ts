import { setTimeout as delay } from 'node:timers/promises';
import { type MatrixEvent, type MatrixUser, USUAL_CAPS } from '../servers/people.ts';
import { registerAccount } from './irc-account.ts';
import { IrcPerson } from './irc-person.ts';
import { acceptInvitation } from './private-room.ts';
import type { Shard } from './shard.ts';

/** What a fault leaves undone for good, and so is not asked of the bridge. */
export type Allowances = {
  /** The bridge was deaf for a while: history has neither reactions nor deletions, and nobody keeps what is said in private. */
  readonly deaf?: boolean;
  /** The bridge or its connections broke off: nobody can tell whether a private line on its way had arrived (`inDoubt: resend`). */
  readonly cut?: boolean;
  /** The bot is an operator no longer, and only whoever has an account deletes what they said (Ergo). */
  readonly keepsDeleted?: boolean;
  /** The IRC server forgot topics and modes. */
  readonly forgetful?: boolean;
};

/** The bridge, or all that connects it with IRC, ended without a word. */
export const BROKEN_OFF: Allowances = { deaf: true, cut: true, keepsDeleted: true };

type Undone = {
  /** What is on one side and has to be on the other, once. */
  readonly missing: string[];
  readonly doubled: string[];
  /** What was taken back and is still there. */
  readonly left: string[];
};

/** What was done, by what it looks like on the other side. `sure`: whoever did it was told that it was taken. */
type Deed = { readonly look: string; readonly sure: boolean };

/** @returns whether it was certainly taken */
type Try = <T>(act: () => Promise<T>) => Promise<T | undefined>;

const IRC = 'wren';
const PASSWORD = 'wren-keeps-a-secret';

/**
 * Two people beside those who talk in numbered lines, who do everything else that crosses: react and take that back, delete, correct, write in
 * threads, send pictures and stickers, set the topic, and talk to each other in private. Each thing has a mark of its own, and is counted on
 * the other side by what stands there in the end.
 */
export class Gestures {
  readonly #shard: Shard;
  readonly #channel: string;
  readonly #room: string;
  readonly #alice: MatrixUser;
  readonly #wren: IrcPerson;
  readonly #try: Try;
  #private = '';
  #on = false;
  #running: Promise<unknown> = Promise.resolve();
  /** The puppet of the one on Matrix. */
  #nick = '';
  readonly #toIrc: Deed[] = [];
  readonly #deletedOnIrc: Deed[] = [];
  readonly #deletedOnMatrix: Deed[] = [];
  readonly #reactionsOnMatrix = new Map<string, { given: boolean; back: boolean | undefined }>();
  readonly #reactionsOnIrc = new Map<string, { given: boolean; back: boolean | undefined }>();
  readonly #privatelyToIrc: Deed[] = [];
  readonly #privatelyToMatrix: Deed[] = [];
  #topic: Deed | undefined;
  /** First event of the thread, and what is reacted to. */
  #root: string | undefined;
  #target = '';

  private constructor(shard: Shard, channel: string, alice: MatrixUser, wren: IrcPerson, attempt: Try) {
    this.#shard = shard;
    this.#channel = channel;
    this.#room = shard.room(channel);
    this.#alice = alice;
    this.#wren = wren;
    this.#try = attempt;
  }

  /** @param alice somebody on Matrix who is in the room. @param attempt tries as a client does while the homeserver is away */
  static async begin(shard: Shard, channel: string, alice: MatrixUser, attempt: Try): Promise<Gestures> {
    const caps = [...USUAL_CAPS, 'draft/message-redaction'];
    const wren = new IrcPerson(shard.ircPort, IRC, channel, { caps });
    await wren.connect();
    // Only whoever is logged in may delete what they said, on Ergo.
    await registerAccount(wren.connection, PASSWORD);
    wren.logsInAs({ account: IRC, password: PASSWORD });
    const gestures = new Gestures(shard, channel, alice, wren, attempt);
    await gestures.#meet();
    return gestures;
  }

  async #meet(): Promise<void> {
    const [room, wren] = [this.#room, this.#wren];
    if (this.#shard.ergo !== undefined) {
      const operator = await this.#shard.ircUser('operator-of-topics');
      operator.sendLine(`OPER ${this.#shard.ergo.oper.name} ${this.#shard.ergo.oper.password}`);
      operator.sendLine(`SAMODE ${this.#channel} -t`);
      await operator.flush();
      await operator.quit();
    }
    const bot = this.#shard.bot();
    const levels = await bot.state(room, 'm.room.power_levels');
    await bot.setState(room, 'm.room.power_levels', '', { ...levels, users: { [this.#alice.userId]: 50 } });
    await wren.say('wren says something to react to');
    this.#target = wren.msgidOf('wren says something to react to') ?? '';
    await this.#alice.waitFor(({ content }) => content.body === 'wren says something to react to');
    this.#root = await this.#alice.send(room, 'alice begins');
    const line = await wren.connection.waitFor(({ params }) => params[1] === 'alice begins', { what: 'alice on IRC' });
    this.#nick = line.nick;
    await wren.say('wren begins', '', this.#nick);
    this.#private = (await acceptInvitation(this.#alice)).room;
  }

  /** How long the one on IRC needs to come back once the server takes connections again. */
  comesBackAfterMs(ms: number): void {
    this.#wren.comesBackAfterMs = ms;
  }

  start(everyMs: number): void {
    this.#on = true;
    const turns = async (deeds: readonly ((n: number) => Promise<unknown>)[]): Promise<void> => {
      for (let n = 1; this.#on; n++) {
        await deeds[n % deeds.length]?.(n);
        await delay(everyMs);
      }
    };
    this.#running = Promise.all([
      turns([
        (n) => this.#aliceReacts(n),
        (n) => this.#aliceCorrects(n),
        (n) => this.#aliceDeletes(n),
        (n) => this.#aliceSays(n),
        (n) => this.#aliceWhispers(n),
      ]),
      turns([(n) => this.#wrenReacts(n), (n) => this.#wrenDeletes(n), (n) => this.#wrenWhispers(n)]),
    ]);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }

  async leave(): Promise<void> {
    await this.#wren.stop();
  }

  async #aliceReacts(n: number): Promise<void> {
    const key = `m${n}`;
    const relates = { rel_type: 'm.annotation', event_id: this.#root, key };
    const id = await this.#try(() => this.#alice.sendEvent(this.#room, 'm.reaction', { 'm.relates_to': relates }));
    this.#reactionsOnMatrix.set(key, { given: id !== undefined, back: false });
    if (id === undefined || n % 2 === 0) return;
    const back = await this.#try(() => this.#alice.redact(this.#room, id));
    this.#reactionsOnMatrix.set(key, { given: true, back: back === undefined ? undefined : true });
  }

  async #aliceCorrects(n: number): Promise<void> {
    const id = await this.#try(() => this.#alice.send(this.#room, `alice item ${n}`));
    this.#toIrc.push({ look: `alice item ${n}`, sure: id !== undefined });
    if (id === undefined) return;
    const body = `alice mended-${n} ${n}`;
    const edit = {
      'm.new_content': { msgtype: 'm.text', body },
      'm.relates_to': { rel_type: 'm.replace', event_id: id },
    };
    const taken = await this.#try(() => this.#alice.send(this.#room, `* ${body}`, edit));
    this.#toIrc.push({ look: `s/item/mended-${n}/`, sure: taken !== undefined });
  }

  async #aliceDeletes(n: number): Promise<void> {
    const look = `alice thinks ${n}`;
    const id = await this.#try(() => this.#alice.send(this.#room, look));
    if (id === undefined) return;
    const taken = await this.#try(() => this.#alice.redact(this.#room, id));
    this.#deletedOnMatrix.push({ look, sure: taken !== undefined });
  }

  /** A line of a thread, a picture and a sticker, and now and then a topic. */
  async #aliceSays(n: number): Promise<void> {
    const thread = { rel_type: 'm.thread', event_id: this.#root, is_falling_back: true };
    const inThread = { ...thread, 'm.in_reply_to': { event_id: this.#root } };
    const say = async (look: string, type: string, content: Record<string, unknown>): Promise<void> => {
      const id = await this.#try(() => this.#alice.sendEvent(this.#room, type, content));
      this.#toIrc.push({ look, sure: id !== undefined });
    };
    const line = { msgtype: 'm.text', body: `alice threads ${n}`, 'm.relates_to': inThread };
    await say(`alice threads ${n}`, 'm.room.message', line);
    await say(`* sent a picture: alice-${n}.png`, 'm.room.message', { msgtype: 'm.image', body: `alice-${n}.png` });
    await say(`* sent a sticker: alice-${n}`, 'm.sticker', { body: `alice-${n}`, info: {}, url: 'mxc://x/y' });
    const topic = `topic ${n}`;
    const set = await this.#try(() => this.#alice.setState(this.#room, 'm.room.topic', '', { topic }));
    this.#topic = { look: topic, sure: set !== undefined };
  }

  async #aliceWhispers(n: number): Promise<void> {
    const look = `psst ${n}`;
    const id = await this.#try(() => this.#alice.send(this.#private, look));
    this.#privatelyToIrc.push({ look, sure: id !== undefined });
  }

  async #wrenReacts(n: number): Promise<void> {
    const [key, msgid] = [`w${n}`, this.#target];
    const given = await this.#wren.write([`@+draft/reply=${msgid};+draft/react=${key} TAGMSG ${this.#channel}`]);
    this.#reactionsOnIrc.set(key, { given, back: false });
    if (!given || n % 2 === 0) return;
    const back = await this.#wren.write([`@+draft/reply=${msgid};+draft/unreact=${key} TAGMSG ${this.#channel}`]);
    this.#reactionsOnIrc.set(key, { given, back: back ? true : undefined });
  }

  async #wrenDeletes(n: number): Promise<void> {
    const look = `wren thinks ${n}`;
    const taken = await this.#wren.say(look);
    const msgid = taken ? this.#wren.msgidOf(look) : undefined;
    if (msgid === undefined) return;
    const deleted = await this.#wren.write([`REDACT ${this.#channel} ${msgid}`]);
    this.#deletedOnIrc.push({ look, sure: deleted && this.#wren.isDeleted(look) === true });
  }

  async #wrenWhispers(n: number): Promise<void> {
    const look = `hush ${n}`;
    const refusals = this.#wren.refusals;
    const taken = await this.#wren.say(look, '', this.#nick);
    if (this.#wren.refusals === refusals) this.#privatelyToMatrix.push({ look, sure: taken });
  }

  /** Waits until everything is where it belongs, or no longer, and says what is not. @param reader sees the channel */
  async verdict(reader: IrcPerson, allowed: Allowances, timeoutMs: number): Promise<Undone> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const undone = await this.#look(reader, allowed);
      const isDone = Object.values(undone).every((some) => some.length === 0);
      if (isDone || performance.now() > deadline) return undone;
      await delay(LOOK_EVERY_MS);
    }
  }

  async #look(
    reader: IrcPerson,
    { deaf = false, cut = false, forgetful = false, keepsDeleted = false }: Allowances,
  ): Promise<Undone> {
    const undone: Undone = { missing: [], doubled: [], left: [] };
    const once = (deeds: readonly Deed[], seen: readonly string[], mayMiss: boolean, mayDouble: boolean): void => {
      for (const { look, sure } of deeds) {
        const count = seen.filter((one) => one === look).length;
        if (count === 0 && sure && !mayMiss) undone.missing.push(look);
        if (count > 1 && !mayDouble) undone.doubled.push(look);
      }
    };
    once(
      [...this.#toIrc, ...this.#deletedOnMatrix.map(({ look }) => ({ look, sure: false }))],
      reader.heard(),
      false,
      false,
    );
    once(this.#privatelyToIrc, this.#wren.privately(), false, cut);
    const [room, alone] = await Promise.all([this.#events(this.#room), this.#events(this.#private)]);
    once(this.#privatelyToMatrix, bodiesOf(alone), deaf, false);
    const bodies = bodiesOf(room);
    once(
      this.#deletedOnIrc.map(({ look }) => ({ look, sure: false })),
      bodies,
      true,
      false,
    );
    for (const { look, sure } of this.#deletedOnIrc) if (sure && !deaf && bodies.includes(look)) undone.left.push(look);
    this.#lookAtReactions(undone, room, reader, deaf);
    if (!keepsDeleted && reader.deletes)
      for (const { look, sure } of this.#deletedOnMatrix)
        if (sure && reader.isDeleted(look) === false) undone.left.push(look);
    const topic = forgetful ? undefined : await reader.topic();
    if (this.#topic?.sure === true && topic !== undefined && topic !== this.#topic.look)
      undone.missing.push(`${this.#topic.look}, which is ${topic}`);
    return undone;
  }

  #lookAtReactions(undone: Undone, room: readonly MatrixEvent[], reader: IrcPerson, deaf: boolean): void {
    const standing = room
      .filter(({ type, sender }) => type === 'm.reaction' && sender.startsWith('@_causeway_'))
      .map(({ content }) => (content['m.relates_to'] as { readonly key?: string } | undefined)?.key);
    for (const [key, { given, back }] of this.#reactionsOnIrc) {
      const count = standing.filter((one) => one === key).length;
      if (count > 1) undone.doubled.push(key);
      if (deaf || !given) continue;
      if (back === false && count === 0) undone.missing.push(key);
      if (back === true && count > 0) undone.left.push(key);
    }
    for (const [key, { given, back }] of this.#reactionsOnMatrix) {
      const state = reader.reactions().get(key);
      // What was given and taken back while the bridge was away was never anything.
      if (given && back === false && state === undefined) undone.missing.push(key);
      if (given && back === true && state === 'given') undone.left.push(key);
    }
  }

  /** What stands in a room: what was deleted stands there no more. */
  async #events(room: string): Promise<MatrixEvent[]> {
    const read = await this.#shard.bot().history(room);
    // Dendrite's `/messages` leaves an event out now and then that its `/sync` showed.
    const live = this.#alice.events.filter((event) => event.room_id === room);
    const all = [...new Map([...live, ...read].map((event) => [event.event_id, event])).values()];
    const gone = new Set(
      all.flatMap(({ type, redacts, content }) => (type === 'm.room.redaction' ? [redacts ?? content.redacts] : [])),
    );
    return all.filter(({ event_id: id }) => !gone.has(id));
  }
}

const bodiesOf = (events: readonly MatrixEvent[]): string[] =>
  events.flatMap(({ type, content }) => (type === 'm.room.message' ? String(content.body ?? '').split('\n') : []));

/** Reading whole rooms costs the homeserver something. */
const LOOK_EVERY_MS = 1_500;
