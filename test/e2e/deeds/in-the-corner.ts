import { withoutNote } from '../../../src/core/room/topic-note.ts';
import { IrcUser, type MatrixUser } from '../../servers/people.ts';
import { IrcPerson } from '../irc-person.ts';
import type { Shard } from '../shard.ts';
import type { Allowances, Try, Turn, Undone } from './deeds.ts';
import type { Pair } from './in-private.ts';

/** A channel beside the one in which people talk: here two moderate. */
export const CORNER = '#corner';
const LEVELS = 'm.room.power_levels';
const DOOR = 'm.room.join_rules';
const PEST = 'pest';

const ghost = (nick: string, { userId }: MatrixUser): string => `@_causeway_home_${nick}:${userId.split(':')[1]}`;

/** What somebody wants to be so, and whether they were told that it was taken. */
type Wish<T> = { readonly wish: T; readonly sure: boolean };

/**
 * Two who moderate a channel, each on their side: on IRC the modes `m` and `t`, the topic, who is put out, who is invited; on Matrix who is
 * shut out and let in again, who may come in, who is invited. Judged by how both sides stand in the end.
 */
export class DeedsInTheCorner {
  readonly #shard: Shard;
  readonly #room: string;
  readonly #alice: MatrixUser;
  readonly #wren: IrcPerson;
  readonly #nick: string;
  readonly #pest: IrcPerson;
  readonly #try: Try;
  #banned: Wish<boolean> | undefined;
  #closed: Wish<boolean> | undefined;
  #ejected: Wish<boolean> | undefined;
  #topic: Wish<string> | undefined;
  readonly #modes = new Map<string, Wish<boolean>>();
  /** Who was invited on IRC, and is to be invited into the room. */
  readonly #invited = new Map<string, boolean>();
  /** Ghosts of nobody who were invited into the room, and cannot come. */
  readonly #nobodies: string[] = [];

  private constructor(shard: Shard, { alice, wren, nick }: Pair, pest: IrcPerson, attempt: Try) {
    this.#shard = shard;
    this.#room = shard.room(CORNER);
    this.#alice = alice;
    this.#wren = wren;
    this.#nick = nick;
    this.#pest = pest;
    this.#try = attempt;
  }

  static async begin(shard: Shard, moderators: Pair, attempt: Try): Promise<DeedsInTheCorner> {
    const { alice, wren, account } = moderators;
    const room = shard.room(CORNER);
    const { ergo } = shard;
    const operator = await IrcUser.connect({ port: shard.ircPort, nick: 'operator-of-corners' });
    operator.sendLine(`OPER ${ergo?.oper.name} ${ergo?.oper.password}`);
    operator.sendLine(`SAMODE ${CORNER} +o ${wren.nick}`);
    await operator.flush();
    await operator.quit();
    // Its founder is its operator whenever they come in. Nobody is kept out by `+i`, which is there to be seen.
    await wren.write([`CS REGISTER ${CORNER}`, `MODE ${CORNER} -t`, `MODE ${CORNER} +I *!*@*`]);
    const levels = await shard.bot().state(room, LEVELS);
    const users = { ...(levels.users as object), [alice.userId]: 100 };
    await shard.bot().setState(room, LEVELS, '', { ...levels, users });
    // Comes in when it is somebody's turn to shut them out: a client that is shut out as it comes back would try for ever.
    const pest = new IrcPerson(shard.ircPort, PEST, CORNER, { channels: [] });
    await pest.connect();
    await pest.write([`JOIN ${CORNER}`]);
    await pest.say('pest chats 0');
    await alice.waitFor(({ content }) => content.body === 'pest chats 0', { what: 'the one who is shut out' });
    await alice.send(room, 'alice sits down');
    await wren.connection.waitFor(({ params }) => params[1] === 'alice sits down', { what: 'alice in the corner' });
    const corner = new DeedsInTheCorner(shard, moderators, pest, attempt);
    if (account !== undefined) await wren.write([`CS AMODE ${CORNER} +o ${account}`]);
    await wren.write([corner.#power]);
    return corner;
  }

  leave(): Promise<void> {
    return this.#pest.stop();
  }

  /** The one on Matrix is an operator of the channel as well; anew whenever their connection came back. */
  get #power(): string {
    return `MODE ${CORNER} +o ${this.#nick}`;
  }

  get ofMatrix(): readonly Turn[] {
    return [
      () => this.#aliceBans(),
      () => this.#aliceCloses(),
      () => this.#somebodyEnters(),
      (n) => this.#aliceInvites(n),
    ];
  }

  get ofIrc(): readonly Turn[] {
    const sets = (letter: string): Turn => {
      return () => this.#wrenSets(letter);
    };
    return [sets('m'), (n) => this.#wrenTitles(n), () => this.#wrenEjects(), sets('t'), () => this.#wrenInvites()];
  }

  #asks(how: 'ban' | 'unban' | 'invite', user_id: string): Promise<unknown> {
    const path = `/v3/rooms/${encodeURIComponent(this.#room)}/${how}`;
    return this.#try(() => this.#alice.request('POST', path, { user_id }));
  }

  async #aliceBans(): Promise<void> {
    this.#pest.send(`JOIN ${CORNER}`);
    const wish = this.#banned?.wish !== true;
    const done = await this.#asks(wish ? 'ban' : 'unban', ghost(PEST, this.#alice));
    this.#banned = { wish, sure: done !== undefined };
  }

  async #aliceCloses(): Promise<void> {
    const wish = this.#closed?.wish !== true;
    const content = { join_rule: wish ? 'invite' : 'public' };
    const done = await this.#try(() => this.#alice.setState(this.#room, DOOR, '', content));
    this.#closed = { wish, sure: done !== undefined };
  }

  /** Somebody who is put out again and again comes back, where they may. */
  async #somebodyEnters(): Promise<void> {
    const guest = this.#shard.people.get(GUEST);
    if (guest === undefined) return;
    const isIn = await this.#try(() => guest.join(this.#room));
    if (isIn === undefined) return;
    this.#ejected = { wish: false, sure: true };
    await this.#try(() => guest.send(this.#room, 'here I am'));
  }

  async #aliceInvites(n: number): Promise<void> {
    const nobody = ghost(`nobody-${n}`, this.#alice);
    if ((await this.#asks('invite', nobody)) !== undefined) this.#nobodies.push(nobody);
  }

  async #wrenSets(letter: string): Promise<void> {
    const wish = this.#modes.get(letter)?.wish !== true;
    const sure = await this.#wren.write([this.#power, `MODE ${CORNER} ${wish ? '+' : '-'}${letter}`]);
    this.#modes.set(letter, { wish, sure });
  }

  async #wrenTitles(n: number): Promise<void> {
    const wish = `corner ${n}`;
    this.#topic = { wish, sure: await this.#wren.write([this.#power, `TOPIC ${CORNER} :${wish}`]) };
  }

  async #wrenEjects(): Promise<void> {
    const answer = await this.#wren.ask(`KICK ${CORNER} ${GUEST} :out`);
    const isOut = answer.some(({ command, params }) => command === 'KICK' && params[1] === GUEST);
    if (isOut) this.#ejected = { wish: true, sure: true };
  }

  /** Each once: the same person is not invited again for a while. */
  async #wrenInvites(): Promise<void> {
    const next = INVITED.find((nick) => !this.#invited.has(nick) && this.#shard.people.has(nick));
    if (next === undefined) return;
    const answer = await this.#wren.ask(`INVITE ${next} ${CORNER}`);
    this.#invited.set(
      next,
      answer.some(({ command }) => command === '341'),
    );
  }

  /** Of refusals the first is told, and of each cause one in ten minutes. */
  async #wasTold(): Promise<boolean> {
    const REFUSED = /^(They are still in|What people may do stays as it is in) #corner/;
    return (await this.#shard.bot().history(this.#room)).some(({ content }) => REFUSED.test(String(content.body)));
  }

  async look(undone: Undone, { deaf = false, forgetful = false }: Allowances): Promise<void> {
    const [wren, bot, room] = [this.#wren, this.#shard.bot(), this.#room];
    const letters = (await wren.ask(`MODE ${CORNER}`)).find(({ command }) => command === '324')?.params[2] ?? '';
    const bans = (await wren.ask(`MODE ${CORNER} +b`)).filter(({ command }) => command === '367');
    const topic = (await wren.topic(CORNER)) ?? '';
    const levels = (await bot.state(room, LEVELS)) as { events_default?: number; events?: Record<string, number> };
    const inRoom = {
      m: (levels.events_default ?? 0) >= 1,
      t: (levels.events?.['m.room.topic'] ?? DEFAULT_POWER) >= DEFAULT_POWER,
    };
    const door = (await bot.state(room, DOOR)).join_rule;
    const isTold = await this.#wasTold();
    const differs = (what: string, channel: unknown, inside: unknown): void => {
      if (channel !== inside) undone.missing.push(`${what}: ${channel} in the channel, ${inside} in the room`);
    };
    for (const letter of ['m', 't'] as const) {
      differs(`+${letter}`, letters.includes(letter), inRoom[letter]);
      const wish = this.#modes.get(letter);
      if (wish?.sure === true && !forgetful) differs(`+${letter} as it was set`, letters.includes(letter), wish.wish);
    }
    const stated = await bot.state(room, 'm.room.topic').catch((): { topic?: unknown } => ({}));
    differs('topic', topic, withoutNote(String(stated.topic ?? '')));
    if (this.#topic?.sure === true && !forgetful) differs('topic as it was set', topic, this.#topic.wish);
    // A room may be stricter than its channel, for somebody who has no power there and was told so.
    if (!(isTold && door === 'invite')) differs('+i', letters.includes('i'), door === 'invite');
    if (this.#closed?.sure === true && !isTold) differs('the door as it was set', this.#closed.wish, door === 'invite');
    const isBanned = bans.some(({ params }) => params[2]?.includes(PEST) === true);
    if (this.#banned?.sure === true && !isTold) differs('the ban', isBanned, this.#banned.wish);
    const memberships = await this.#memberships();
    if (this.#ejected?.wish === true && !deaf && memberships.get(this.#userId(GUEST)) === 'join')
      undone.left.push(`${GUEST} in the corner`);
    for (const nobody of this.#nobodies)
      if (memberships.get(nobody) !== 'leave') undone.left.push(`${nobody}, who is ${memberships.get(nobody)}`);
    for (const [nick, sure] of this.#invited)
      if (sure && !deaf && memberships.get(this.#userId(nick)) === undefined) undone.missing.push(`${nick}, invited`);
  }

  #userId(name: string): string {
    return this.#shard.person(name).userId;
  }

  async #memberships(): Promise<ReadonlyMap<string, unknown>> {
    const path = `/v3/rooms/${encodeURIComponent(this.#room)}/members`;
    const { chunk } = (await this.#shard.bot().request('GET', path)) as {
      chunk: { state_key: string; content: { membership?: unknown } }[];
    };
    return new Map(chunk.map(({ state_key: userId, content }) => [userId, content.membership]));
  }
}

/** Who is put out, and who is invited; their puppets have their names. */
const GUEST = 'mx1';
const INVITED = ['mx2', 'mx3'];
const DEFAULT_POWER = 50;
