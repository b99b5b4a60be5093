import { setTimeout as delay } from 'node:timers/promises';
import type { Speaker, Utterance } from './demo-script.ts';
import { type Heard, match, type Said, shortened } from './demo-verdict.ts';
import type { IrcUser } from './people/irc-user.ts';
import type { MatrixEvent, MatrixUser } from './people/matrix-user.ts';
import { waitUntil } from './people/wait.ts';

export type Direction = 'irc→mx' | 'mx→irc';
type Spoken = Said & { readonly direction: Direction; readonly atMs: number };
type Arrived = Heard & { readonly atMs: number };
/** A line that perhaps may not be said. */
export type Attempt = Utterance & { readonly atMs: number };

/** The people of the demo at work: says lines on both sides, and keeps what was said and what arrived. */
export class DemoTalk {
  readonly spoken: Spoken[] = [];
  readonly #attempts = new Map<string, Attempt>();
  readonly #irc: ReadonlyMap<string, IrcUser>;
  readonly #matrix: ReadonlyMap<string, MatrixUser>;
  readonly #rooms: ReadonlyMap<string, string>;
  /** Events and lines that are looked at one by one, and not counted. */
  readonly #apart = new Set<unknown>();
  #shown = 0;

  private constructor(
    irc: ReadonlyMap<string, IrcUser>,
    matrix: ReadonlyMap<string, MatrixUser>,
    rooms: ReadonlyMap<string, string>,
  ) {
    this.#irc = irc;
    this.#matrix = matrix;
    this.#rooms = rooms;
  }

  /**
   * @param irc people on IRC by the name of their speaker, in their channels
   * @param people on Matrix; alice, who is among them, reads along
   * @param rooms channel → room id
   */
  static async begin(
    irc: ReadonlyMap<string, IrcUser>,
    people: readonly MatrixUser[],
    rooms: ReadonlyMap<string, string>,
  ): Promise<DemoTalk> {
    const matrix = new Map(people.map((person) => [person.userId.slice(1).split(':')[0] ?? '', person]));
    const talk = new DemoTalk(irc, matrix, rooms);
    await talk.#matrixUser('alice').startSync();
    return talk;
  }

  /** Resolves when the line is written, or the homeserver took it. */
  async say({ speaker, channel, text, action = false }: Utterance): Promise<void> {
    const person = this.#matrix.get(speaker);
    const direction: Direction = person === undefined ? 'irc→mx' : 'mx→irc';
    this.spoken.push({ speaker, channel, text: action ? `* ${text}` : text, direction, atMs: Date.now() });
    if (person !== undefined) await person.send(this.#roomOf(channel), text, action ? { msgtype: 'm.emote' } : {});
    else if (action) this.#ircUser(speaker).act(channel, text);
    else this.#ircUser(speaker).say(channel, text);
  }

  /** Says lines one after the other, as one person does. @param pauseMs between two lines */
  async sayAll(lines: readonly Utterance[], pauseMs = 0): Promise<void> {
    for (const line of lines) {
      await this.say(line);
      if (pauseMs > 0) await delay(pauseMs);
    }
  }

  /** What is said and done meanwhile is not counted among the lines: whoever does it looks at what becomes of it. */
  async apart(work: () => Promise<void>): Promise<void> {
    const { events } = this.#matrixUser('alice');
    const { lines } = this.#ircUser('carol');
    const [firstEvent, firstLine] = [events.length, lines.length];
    await work();
    for (const { event_id } of events.slice(firstEvent)) this.#apart.add(event_id);
    for (const line of lines.slice(firstLine)) this.#apart.add(line);
  }

  /** Says a line that may be refused anywhere on its way. It does not count: {@link crossed} tells what became of it. */
  async attempt(line: Utterance): Promise<void> {
    this.#attempts.set(line.text, { ...line, atMs: Date.now() });
    const person = this.#matrix.get(line.speaker);
    if (person === undefined) this.#ircUser(line.speaker).say(line.channel, line.text);
    else await person.send(this.#roomOf(line.channel), line.text);
  }

  get attempts(): number {
    return this.#attempts.size;
  }

  /** Attempts that arrived on the other side all the same. */
  crossed(): Attempt[] {
    const texts = (['irc→mx', 'mx→irc'] as const)
      .flatMap((direction) => this.#arrived(direction))
      .map(({ text }) => text);
    return [...new Set(texts)].flatMap((text) => this.#attempts.get(text) ?? []);
  }

  /** Waits until everything said so far has arrived; what is missing at the deadline is for the verdict. */
  async settle(timeoutMs: number): Promise<void> {
    await waitUntil(() => this.#missing() === 0, { timeoutMs }).catch(() => {});
  }

  /** Resolves when so many lines have been said. */
  until(count: number): Promise<unknown> {
    return waitUntil(() => this.spoken.length >= count, { what: `${count} lines to be said` });
  }

  #missing(): number {
    return (['irc→mx', 'mx→irc'] as const)
      .map((direction) => {
        const said = this.said(direction);
        return said.length - new Set(match(said, this.heardLive(direction)).matched.map((pair) => pair.said)).size;
      })
      .reduce((sum, count) => sum + count, 0);
  }

  said(direction: Direction): Spoken[] {
    return this.spoken.filter((line) => line.direction === direction);
  }

  /** What arrived, with its time, as clients see it. */
  heardLive(direction: Direction): Arrived[] {
    return this.#arrived(direction).filter(({ text }) => !this.#attempts.has(text));
  }

  #arrived(direction: Direction): Arrived[] {
    if (direction === 'irc→mx') return this.#linesOf(this.#matrixUser('alice').events);
    const listener = this.#ircUser('carol');
    const own = new Set([...this.#irc.values()].map(({ nick }) => nick));
    return [...this.#rooms.keys()].flatMap((channel) =>
      listener
        .said(channel)
        .filter(({ nick, line }) => !own.has(nick) && !this.#apart.has(line))
        .map(({ nick, text, line }) => ({ nick, channel, text, atMs: line.atMs })),
    );
  }

  /** What arrived, complete: on Matrix from the rooms' history, since a sync may skip events. */
  async heard(direction: Direction): Promise<Heard[]> {
    if (direction === 'mx→irc') return this.heardLive(direction);
    const histories = await Promise.all(
      [...this.#rooms.values()].map((room) => this.#matrixUser('alice').history(room)),
    );
    return this.#linesOf(histories.flat()).filter(({ text }) => !this.#attempts.has(text));
  }

  /** Time between saying and arrival, in milliseconds, of all lines or of the first ones said. */
  lags(direction: Direction, first = this.spoken.length): number[] {
    const counted = new Set(this.spoken.slice(0, first));
    return this.#arrivals(direction)
      .filter(({ said }) => counted.has(said))
      .map(({ lagMs }) => lagMs);
  }

  /** Milliseconds until a line arrived; undefined while it has not. */
  lagOf(line: Spoken): number | undefined {
    return this.#arrivals(line.direction).find(({ said }) => said === line)?.lagMs;
  }

  /** The lines that arrived since the last call, in order of arrival, for people. */
  transcript(): string[] {
    const all = (['irc→mx', 'mx→irc'] as const).flatMap((direction) => this.#arrivals(direction));
    const fresh = all.sort((a, b) => a.atMs - b.atMs).slice(this.#shown);
    this.#shown = all.length;
    return fresh.map(({ said, atMs, lagMs }) => {
      const time = new Date(atMs).toTimeString().slice(0, 8);
      return `  ${time}  ${said.direction}  ${said.channel.padEnd(8)}  ${said.speaker}: ${shortened(said.text)}  ${lagMs} ms`;
    });
  }

  async end(): Promise<void> {
    await Promise.all([...this.#irc.values()].map((user) => user.quit('the demo is over')));
    await Promise.all([...this.#matrix.values()].map((user) => user.stop()));
  }

  #arrivals(direction: Direction): { readonly said: Spoken; readonly atMs: number; readonly lagMs: number }[] {
    const firsts = new Map<Spoken, number>();
    for (const { said, heard } of match(this.said(direction), this.heardLive(direction)).matched) {
      if (!firsts.has(said)) firsts.set(said, heard.atMs);
    }
    return [...firsts].map(([said, atMs]) => ({ said, atMs, lagMs: atMs - said.atMs }));
  }

  #linesOf(events: readonly MatrixEvent[]): Arrived[] {
    const channels = new Map([...this.#rooms].map(([channel, room]) => [room, channel]));
    const people = new Set([...this.#matrix.values()].map(({ userId }) => userId));
    return events
      .filter(
        ({ event_id, type, sender, content }) =>
          !this.#apart.has(event_id) &&
          type === 'm.room.message' &&
          !people.has(sender) &&
          content.msgtype !== 'm.notice',
      )
      .flatMap(({ room_id, sender, content, atMs = 0 }) =>
        // Lines of one speaker that waited together may come as one message.
        String(content.body)
          .split('\n')
          .map((text) => ({
            nick: sender,
            channel: channels.get(room_id) ?? '',
            text: content.msgtype === 'm.emote' ? `* ${text}` : text,
            atMs,
          })),
      );
  }

  #roomOf(channel: string): string {
    const room = this.#rooms.get(channel);
    if (room === undefined) throw new Error(`The demo has no room for ${channel}.`);
    return room;
  }

  #ircUser(nick: string): IrcUser {
    const user = this.#irc.get(nick);
    if (user === undefined) throw new Error(`The demo has nobody called ${nick} on IRC.`);
    return user;
  }

  #matrixUser(name: Speaker): MatrixUser {
    const user = this.#matrix.get(name);
    if (user === undefined) throw new Error(`The demo has nobody called ${name} on Matrix.`);
    return user;
  }
}
