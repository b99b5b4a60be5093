import { type Bridge, makeBridge } from '../../../src/app/bridge.ts';
import type { Kit } from '../../../src/app/kit.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Config } from '../../../src/config/schema.ts';
import { networkSchema } from '../../../src/config/schema-network.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';
import { stores } from '../../../src/db/stores/stores.ts';
import { type IrcNetwork, makeIrcNetwork } from '../../../src/irc/network.ts';
import type { Timings } from '../../../src/irc/wire/timings.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Database } from '../../../src/ports/db.ts';
import { waitUntil } from '../../../src/sandbox/people/wait.ts';
import { openForTest, recordingLog } from '../../db/kit.ts';
import { BOT, FakeHomeserver, SERVER } from '../fake-homeserver.ts';
import { configOf, kitFor, LivedDb } from '../fake-world.ts';
import { Life } from '../life.ts';
import { freeqNetwork } from './network-section.ts';

export type WorldOptions = {
  /** Of the freeq server. */
  readonly port: number;
  /** Where the keys of ours are. */
  readonly keys: string;
  /** Laid over the network's section of the configuration. */
  readonly network?: Readonly<Record<string, unknown>>;
  /** The bridge's; the machine's unless told. */
  readonly clock?: Clock;
  readonly timings?: Partial<Timings>;
};

export const CHANNEL = '#commons';
const GHOST = '@_causeway_';

/** The whole bridge between a freeq server and a homeserver that is faked: our adapter is the real one, and the database too. */
export class BridgeWorld {
  readonly homeserver = new FakeHomeserver(systemClock);
  readonly log = recordingLog();
  readonly room = `!commons:${SERVER}`;
  readonly options: WorldOptions;
  network: IrcNetwork | undefined;
  /** May be changed before a start. */
  port: number;
  readonly #database: Database;
  #life = new Life();
  #acknowledged = 0;

  private constructor(options: WorldOptions, database: Database) {
    this.options = options;
    this.port = options.port;
    this.#database = database;
  }

  /** Up and in the channel. */
  static async start(options: WorldOptions): Promise<BridgeWorld> {
    const world = new BridgeWorld(options, await openForTest('sqlite::memory:'));
    const { homeserver, room } = world;
    homeserver.aliases.set(`#commons:${SERVER}`, room);
    homeserver.happen(room, BOT, 'm.room.create', { room_version: '12' }, '');
    homeserver.happen(room, BOT, 'm.room.member', { membership: 'join' }, BOT);
    await world.run();
    await world.listening();
    return world;
  }

  /** A new run of the program on what the one before left. */
  async run(): Promise<void> {
    const life = new Life();
    this.#life = life;
    const { clock = systemClock } = this.options;
    const section = networkSchema.parse(freeqNetwork(this.port, this.options.keys, this.options.network));
    const network = makeIrcNetwork({
      config: section,
      clock,
      log: this.log,
      failpoint: () => {},
      timings: { tickMs: 20, ...this.options.timings },
    });
    this.network = network;
    const kit = kitFor(new LivedDb(this.#database, life), clock, {
      homeserver: this.homeserver.connect(life),
      networks: new Map([[network.id, network]]),
      clock,
      log: this.log,
    });
    const config = { ...configOf([]), networks: [section] } as unknown as Config;
    const bridge = await makeBridge({ kit, config, version: '0', pid: 1, notes: [] });
    void this.#push(bridge, life);
    void this.#sync(bridge, kit, life);
    bridge.start();
  }

  async listening(): Promise<void> {
    await waitUntil(() => this.network?.status().channels.get(CHANNEL)?.joined === true, {
      what: `the listener in ${CHANNEL}; ${this.network?.status().problem}`,
    });
  }

  /** As by `kill -9`: nothing that was under way is heard of, and the connections end. */
  kill(): void {
    this.#life.end();
    // Whatever it still wants to note is heard by nobody, so that it waits for ever; its connections end at once.
    void this.network?.stop('');
  }

  async stop(): Promise<void> {
    if (!this.#life.isOver) await this.network?.stop('');
    this.#life.end();
    await this.#database.close();
  }

  get events(): readonly MatrixEvent[] {
    return this.homeserver.room(this.room).events;
  }

  /** Of every room, in the order in which it happened. */
  get #everything(): readonly MatrixEvent[] {
    const number = ({ event_id: id }: MatrixEvent): number => Number(id.slice(1));
    return [...this.homeserver.rooms.values()].flatMap(({ events }) => events).sort((a, b) => number(a) - number(b));
  }

  /** The room in which a user was invited to talk with one other, as it is or will be. */
  async directRoom(userId: string): Promise<string> {
    return await waitUntil(
      () => [...this.homeserver.rooms].find(([id, room]) => id !== this.room && room.members.has(userId))?.[0],
      { what: `a room for ${userId}` },
    );
  }

  /** What ghosts sent, of this type. */
  sent(type = 'm.room.message'): readonly MatrixEvent[] {
    return this.events.filter((event) => event.type === type && event.sender.startsWith(GHOST) && event.sender !== BOT);
  }

  /** What the bot says of the bridge itself. */
  notices(): string[] {
    return this.events.filter(({ sender, type }) => sender === BOT && type === 'm.room.message').map(bodyOf);
  }

  bodies(): string[] {
    return this.sent().map(bodyOf);
  }

  /** The same line by line: lines of one person that wait together are joined. */
  lines(): string[] {
    return this.bodies().flatMap((body) => body.split('\n'));
  }

  nameOf(userId: string): string | undefined {
    return this.homeserver.names.get(userId);
  }

  /** A ghost's message with this body, now or soon. */
  async message(body: string): Promise<MatrixEvent> {
    return await this.event(
      `«${body}» from freeq`,
      (event) => bodyOf(event) === body || bodyOf(event).split('\n').includes(body),
    );
  }

  async event(what: string, fits: (event: MatrixEvent) => boolean): Promise<MatrixEvent> {
    return await waitUntil(
      () => this.events.find((event) => event.sender.startsWith(GHOST) && event.sender !== BOT && fits(event)),
      { what },
    ).catch((error: Error) => {
      throw new Error(`${error.message} There is: ${JSON.stringify(this.events.slice(-8).map(({ type, content }) => [type, content]))}
${this.log.lines.slice(-12).join('\n')}`);
    });
  }

  /** Somebody of Matrix does something in the room. @param name localpart of a user of this homeserver */
  happen(name: string, type: string, content: object): MatrixEvent {
    const userId = `@${name.toLowerCase()}:${SERVER}`;
    this.homeserver.names.set(userId, name);
    if (this.homeserver.room(this.room).members.get(userId) !== 'join')
      this.homeserver.happen(this.room, userId, 'm.room.member', { membership: 'join', displayname: name }, userId);
    return this.homeserver.happen(this.room, userId, type, content);
  }

  say(name: string, body: string, content: object = {}): MatrixEvent {
    return this.happen(name, 'm.room.message', { msgtype: 'm.text', body, ...content });
  }

  redact(name: string, eventId: string): MatrixEvent {
    const userId = `@${name.toLowerCase()}:${SERVER}`;
    const event = {
      ...this.homeserver.happen(this.room, userId, 'm.room.redaction', { redacts: eventId }),
      redacts: eventId,
    };
    const { events } = this.homeserver.room(this.room);
    events[events.length - 1] = event;
    return event;
  }

  async #push(bridge: Bridge, life: Life): Promise<void> {
    while (!life.isOver) {
      const batch = this.#everything.slice(this.#acknowledged, this.#acknowledged + 50);
      if (batch.length > 0) {
        await bridge.gate.events('push', batch);
        this.#acknowledged += batch.length;
      } else await this.homeserver.happened.wait(1_000);
    }
  }

  async #sync(bridge: Bridge, kit: Kit, life: Life): Promise<void> {
    const since = await kit.db.transaction((sql) => stores.cursor.get(sql, 'sync'));
    if (since !== undefined) bridge.gate.interrupted('sync', 'away');
    for (let at = Number(since ?? this.#everything.length); !life.isOver; ) {
      const batch = this.#everything.slice(at);
      if (batch.length > 0) await bridge.gate.events('sync', batch, String(at + batch.length));
      else await this.homeserver.happened.wait(1_000);
      at += batch.length;
    }
  }
}

const bodyOf = ({ content }: MatrixEvent): string => String(content.body);
