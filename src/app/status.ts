import { makeLaneId } from '../core/ids.ts';
import type { AuthorityReport, NetworkReport, PortalReport, StatusReport, StatusSource } from '../ports/status.ts';
import type { LaneBacklog } from '../ports/stores.ts';
import type { Kit } from './kit.ts';
import type { Rosters } from './people/rosters.ts';
import type { Portal, PortalTable } from './rooms/portal-table.ts';
import type { Walls } from './rooms/walls.ts';

export type StatusParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly rosters: Rosters;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly homeserverUrl: string;
  readonly notes: readonly string[];
  readonly walls: Pick<Walls, 'sentences'>;
  readonly isOurs: (userId: string) => boolean;
  /** What is not passed on beside what the authority says, and of whom nothing is, as sentences. */
  readonly leftOut: () => readonly string[];
  /** What is wrong with the bridge as a whole, as sentences. */
  readonly problems: () => readonly string[];
  /** Undefined where everybody is let in. */
  readonly authority: () => AuthorityReport | undefined;
  /** A sentence while a room cannot be kept as the authority wants it. */
  readonly degraded: (portal: Portal) => string | undefined;
  /** What came from the homeserver when, and what it is, once it has said so. */
  readonly arrivals: {
    readonly gate: {
      readonly lastPushMs: number | null;
      readonly lastSyncMs: number | null;
      readonly problem: string | undefined;
    };
    readonly software: () => string | undefined;
  };
};

/** Rooms whose members are counted in one transaction: few enough that no line waits noticeably for a report. */
const ROOMS_AT_ONCE = 100;

/** How everything stands, gathered when somebody asks. */
export class Status implements StatusSource {
  readonly #parts: StatusParts;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  async report(): Promise<StatusReport> {
    const { kit, portals, version, pid, startedAtMs, notes, homeserverUrl, walls } = this.#parts;
    const { gate } = this.#parts.arrivals;
    const software = this.#parts.arrivals.software();
    const nowMs = kit.clock.nowMs();
    const backlog = await this.#backlog();
    const networks = [...kit.networks.values()].map((network) => ({ id: network.id, ...network.status() }));
    // Gone through once: there may be thousands.
    const channels = new Map(networks.map((network) => [network.id, network.channels]));
    const people = await this.#people([...portals.all()]);
    const problem = kit.homeserver.health.problem ?? gate.problem;
    const authority = this.#parts.authority();
    return {
      bridge: {
        version,
        pid,
        startedAtMs,
        uptimeMs: nowMs - startedAtMs,
        nowMs,
        problems: this.#parts.problems(),
        notes: [
          ...notes,
          ...walls.sentences(portals.all()),
          ...networks.flatMap((network) => network.notes ?? []),
          ...this.#parts.leftOut(),
        ],
      },
      homeserver: {
        reachable: kit.homeserver.health.reachable,
        url: homeserverUrl,
        ...(software === undefined ? {} : { software }),
        ...(problem === undefined ? {} : { problem }),
        lastTransactionAtMs: gate.lastPushMs,
        syncAgeMs: gate.lastSyncMs === null ? null : nowMs - gate.lastSyncMs,
      },
      database: {
        engine: kit.db.engine,
        healthy: kit.db.healthy && backlog !== undefined,
        ...(kit.db.problem === undefined ? {} : { problem: kit.db.problem }),
      },
      ...(authority === undefined ? {} : { authority }),
      networks: networks.map(({ channels: _, notes: __, ...rest }): NetworkReport => rest),
      portals: [...portals.all()].map((portal) =>
        this.#portal(portal, {
          channel: channels.get(portal.network)?.get(portal.channel),
          people: people.get(portal.id) ?? 0,
          backlog: backlog ?? new Map(),
        }),
      ),
    };
  }

  /** How one link stands. */
  async ofPortal(portal: Portal): Promise<PortalReport> {
    const people = await this.#people([portal]);
    return this.#portal(portal, {
      channel: this.#parts.kit.networks.get(portal.network)?.status().channels.get(portal.channel),
      people: people.get(portal.id) ?? 0,
      backlog: (await this.#backlog()) ?? new Map(),
    });
  }

  async #backlog(): Promise<ReadonlyMap<string, LaneBacklog> | undefined> {
    const { kit } = this.#parts;
    try {
      const rows = await kit.db.transaction((sql) => kit.stores.outbox.backlog(sql));
      return new Map(rows.map((row) => [row.lane, row]));
    } catch {
      return undefined;
    }
  }

  #portal(portal: Portal, { channel, people, backlog }: PortalFacts): PortalReport {
    const { rosters, degraded } = this.#parts;
    const toMatrix = backlog.get(makeLaneId(portal.id, 'to-matrix'));
    const toNetwork = backlog.get(makeLaneId(portal.id, 'to-network'));
    const broken = portal.problem ?? degraded(portal);
    const problem = broken ?? channel?.problem;
    return {
      network: portal.network,
      channel: portal.channel,
      room: portal.roomId ?? portal.config.room,
      ...(portal.config.room.startsWith('#') ? { alias: portal.config.room } : {}),
      state:
        broken !== undefined
          ? 'broken'
          : portal.roomId !== undefined && channel?.joined === true
            ? 'linked'
            : 'waiting',
      ...(problem === undefined ? {} : { problem }),
      members: { matrix: people, network: channel?.members ?? rosters.count(portal) },
      lastToMatrixMs: portal.lastToMatrixMs,
      lastToNetworkMs: portal.lastToNetworkMs,
      lagToMatrixMs: portal.lagToMatrixMs,
      lagToNetworkMs: portal.lagToNetworkMs,
      queuedToMatrix: open(toMatrix),
      queuedToNetwork: open(toNetwork),
      oldestToMatrixMs: toMatrix?.oldestAtMs ?? null,
      oldestToNetworkMs: toNetwork?.oldestAtMs ?? null,
      doubtful: toNetwork?.sending ?? 0,
      parked: (toMatrix?.parked ?? 0) + (toNetwork?.parked ?? 0),
      refused: portal.refused,
      notLetIn: portal.notLetIn,
    };
  }

  /** People in each portal's room, ours not counted; nobody where the database cannot say. */
  async #people(all: readonly Portal[]): Promise<ReadonlyMap<string, number>> {
    const { kit, isOurs } = this.#parts;
    const counts = new Map<string, number>();
    try {
      for (let from = 0; from < all.length; from += ROOMS_AT_ONCE)
        await kit.db.transaction(async (sql) => {
          for (const { id, roomId } of all.slice(from, from + ROOMS_AT_ONCE)) {
            const members = roomId === undefined ? [] : await kit.stores.member.inRoom(sql, roomId);
            counts.set(id, members.filter(({ membership, userId }) => membership === 'join' && !isOurs(userId)).length);
          }
        });
    } catch {
      // What is known by now is still right.
    }
    return counts;
  }
}

type PortalFacts = {
  readonly channel: { readonly joined: boolean; readonly problem?: string; readonly members: number } | undefined;
  readonly people: number;
  readonly backlog: ReadonlyMap<string, LaneBacklog>;
};

const open = (lane: LaneBacklog | undefined): number => (lane === undefined ? 0 : lane.pending + lane.sending);
