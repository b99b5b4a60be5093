import { createHash } from 'node:crypto';
import { type Bridge, makeBridge } from '../../src/app/bridge.ts';
import type { Kit } from '../../src/app/kit.ts';
import type { Config } from '../../src/config/schema.ts';
import type { MatrixEvent, NetworkEvent, NetworkMessage } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type Database, type Db, type Sql, StoreUnavailable } from '../../src/ports/db.ts';
import type { FailpointName } from '../../src/ports/failpoint.ts';
import type { FileFetcher } from '../../src/ports/file-fetcher.ts';
import { openForTest, recordingLog } from '../db/kit.ts';
import { BOT, FakeHomeserver, SERVER } from './fake-homeserver.ts';
import { FakeNetwork, HOME } from './fake-network.ts';
import { Life } from './life.ts';
import { ManualClock } from './manual-clock.ts';
import { silentMetrics } from './silent-metrics.ts';

export const CHANNEL = '#commons';
export const ALIAS = `#commons:${SERVER}`;

/** Sources that have nothing to say cost a test of many days nothing. */
const A_DAY_MS = 86_400_000;

/** The parts of a configuration that the app reads. */
export function configOf(channels: readonly { channel: string; room: string; [key: string]: unknown }[]): Config {
  const assurance = { relay: 'anonymous', ghost: 'anonymous', voice: 'none' };
  const defaults = { ghosts: 'speakers', ghostsCap: 500, idleDays: 30, assurance, policyLists: [] };
  const displayNames = { here: '{nick} (IRC)', via: '{nick} via {origin}' };
  const networks = [
    {
      id: HOME,
      trust: 'own',
      displayNames,
      puppets: { ahead: 0 },
      presence: { toMatrix: false, toNetwork: false },
      readMarkers: false,
      deliveryMarks: 'none',
      channels: channels.map((channel) => ({ ...defaults, ...channel })),
    },
  ];
  const authority = {
    source: 'none',
    mode: 'enforce',
    softSeconds: 60,
    hardSeconds: 900,
    guardWindowSeconds: 600,
    reconcileSeconds: 900,
  };
  const http = { publicUrl: 'https://bridge.example' };
  const media = { days: 14, maxMegabytes: 100, fetch: true, fetchMegabytes: 20, fetchFrom: [] };
  const moderation = { policyLists: [] };
  return { networks, homeserver: { url: 'http://fake' }, authority, moderation, http, media } as unknown as Config;
}

let pages = 0;

/** What every part of the app is given, with everything behind it faked but the database. */
export function kitFor(db: Db, clock: Clock, parts: Partial<Kit> = {}): Kit {
  return {
    db,
    stores,
    homeserver: new FakeHomeserver(clock).connect(new Life()),
    networks: new Map(),
    clock,
    log: recordingLog(),
    metrics: silentMetrics,
    failpoint: () => {},
    logLines: () => false,
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    code: () => 'ABCD2345',
    unguessable: () => `page${String(++pages).padStart(18, '0')}`,
    ...parts,
  };
}

/** A database that one run of the program uses: its commits may fail, and nothing is heard once the run is over. */
export class LivedDb implements Db {
  readonly #db: Database;
  readonly #life: Life;
  /** Asked before each transaction: whether the database is away. */
  isAway: () => boolean = () => false;
  /** Asked after each commit: whether nobody hears of it. */
  isUnheard: () => boolean = () => false;

  constructor(db: Database, life: Life) {
    this.#db = db;
    this.#life = life;
  }

  get engine() {
    return this.#db.engine;
  }

  get healthy(): boolean {
    return this.#db.healthy;
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (this.#life.isOver) return new Promise(() => {});
    if (this.isAway()) return Promise.reject(new StoreUnavailable('away'));
    const done = this.#db.transaction(work).then((value) => {
      if (this.isUnheard()) throw new StoreUnavailable('unheard', { maybeStored: true });
      return value;
    });
    return this.#life.hear(done);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** A homeserver, an IRC network, a database, and the bridge between them, which can be killed and started again. */
export class FakeWorld {
  readonly clock = new ManualClock();
  readonly homeserver = new FakeHomeserver(this.clock);
  readonly network = new FakeNetwork(this.clock);
  readonly database: Database;
  readonly log = recordingLog();
  readonly room = `!commons:${SERVER}`;
  config = configOf([{ channel: CHANNEL, room: '#commons' }]);
  life = new Life();
  db: LivedDb;
  bridge: Bridge | undefined;
  /** Events of rooms that were pushed and answered. */
  #acknowledged = 0;
  failpoint: (name: FailpointName) => void = () => {};
  fetcher: FileFetcher | undefined;
  isAway: () => boolean = () => false;
  isUnheard: () => boolean = () => false;
  #messages = 0;

  private constructor(database: Database) {
    this.database = database;
    this.db = new LivedDb(database, this.life);
  }

  /**
   * With one room that is there already, and its alias.
   * @param database in memory unless told: a crash here is one of the program, not of the disk
   */
  static async make(database = 'sqlite::memory:'): Promise<FakeWorld> {
    const world = new FakeWorld(await openForTest(database));
    const { homeserver, room } = world;
    homeserver.aliases.set(ALIAS, room);
    homeserver.happen(room, BOT, 'm.room.create', { room_version: '12' }, '');
    homeserver.happen(room, BOT, 'm.room.member', { membership: 'join' }, BOT);
    return world;
  }

  get events(): readonly MatrixEvent[] {
    return this.homeserver.rooms.get(this.room)?.events ?? [];
  }

  async start(): Promise<void> {
    this.life = new Life();
    const life = this.life;
    this.db = new LivedDb(this.database, life);
    this.db.isAway = () => this.isAway();
    this.db.isUnheard = () => this.isUnheard();
    const kit = kitFor(this.db, this.clock, {
      homeserver: this.homeserver.connect(life),
      networks: new Map([[HOME, this.network.connect(life)]]),
      log: this.log,
      failpoint: (name) => this.failpoint(name),
      ...(this.fetcher !== undefined && { fetcher: this.fetcher }),
    });
    const bridge = await makeBridge({ kit, config: this.config, version: '0', pid: 1, notes: [] });
    this.bridge = bridge;
    void this.#push(bridge, life);
    bridge.start();
    void this.#sync(bridge, kit, life);
  }

  /** As by `kill -9`. */
  kill(): void {
    this.life.end();
    this.bridge = undefined;
  }

  /** Whether everything that was said was passed to the program, and nothing waits in it. */
  async isQuiet(): Promise<boolean> {
    if (this.life.isOver || this.#acknowledged < this.events.length) return false;
    return await this.database.transaction(async (sql) => {
      const [row] = await sql.all<{ n: number }>(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE state <> 'parked') + (SELECT COUNT(*) FROM inbox WHERE state = 'waiting') AS n",
      );
      // Keys of a month ago are forgotten.
      const fresh = this.network.history.filter(({ timeMs }) => timeMs > this.clock.nowMs() - 20 * 86_400_000);
      const keys = fresh.slice(-1000).map((event) => event.key);
      const known = await stores.inbox.known(sql, HOME, keys);
      return row?.n === 0 && known.size === keys.length;
    });
  }

  /** Somebody in the channel says a line. */
  onIrc(nick: string, text: string): void {
    this.network.history.push(this.message(nick, text));
    this.network.happened.raise();
  }

  /** Somebody in the channel answers, changes, reacts to or deletes something. @returns it, as the network names it */
  onIrcAlso<E extends NetworkEvent>(nick: string, more: Partial<E> & Pick<E, 'kind'>): E {
    const { style: _, lines: __, ...base } = this.message(nick, '');
    const event = { ...base, ...more } as unknown as E;
    this.network.history.push(event);
    this.network.happened.raise();
    return event;
  }

  message(nick: string, text: string): NetworkMessage {
    return {
      kind: 'message',
      network: HOME,
      channel: CHANNEL,
      key: keyFromMsgid(`m${++this.#messages}`),
      timeMs: this.clock.nowMs(),
      replayed: false,
      source: { nick },
      own: false,
      style: 'text',
      lines: [text],
    };
  }

  onMatrix(userId: string, text: string): void {
    this.homeserver.happen(this.room, userId, 'm.room.message', { msgtype: 'm.text', body: text });
  }

  /** Pushes what happens in the room, up to fifty events at a time, each until it is taken. */
  async #push(bridge: Bridge, life: Life): Promise<void> {
    for (let failures = 0; !life.isOver; ) {
      const batch = this.events.slice(this.#acknowledged, this.#acknowledged + 50);
      if (batch.length === 0) await this.homeserver.happened.wait(A_DAY_MS);
      else
        try {
          await bridge.gate.events('push', batch);
          this.#acknowledged += batch.length;
          failures = 0;
        } catch {
          await this.clock.wait(1_000 * 2 ** Math.min(failures++, 5));
        }
    }
  }

  async #sync(bridge: Bridge, kit: Kit, life: Life): Promise<void> {
    let since: string | undefined;
    try {
      since = await kit.db.transaction((sql) => stores.cursor.get(sql, 'sync'));
    } catch {}
    if (since !== undefined) bridge.gate.interrupted('sync', 'away');
    let at = Number(since ?? this.events.length);
    while (!life.isOver) {
      const batch = this.events.slice(at);
      try {
        if (batch.length > 0) await bridge.gate.events('sync', batch, String(at + batch.length));
        at += batch.length;
        if (batch.length === 0) await this.homeserver.happened.wait(A_DAY_MS);
        else await this.clock.wait(4);
      } catch {
        await this.clock.wait(1_000);
      }
    }
  }
}
