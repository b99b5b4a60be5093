import { makeLaneId } from '../core/ids.ts';
import type { NetworkReport, PortalReport, StatusReport, StatusSource } from '../ports/status.ts';
import type { LaneBacklog } from '../ports/stores.ts';
import type { Kit } from './kit.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import type { Rosters } from './rosters.ts';

export type StatusParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly rosters: Rosters;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly homeserverUrl: string;
  readonly notes: readonly string[];
  readonly isOurs: (userId: string) => boolean;
  readonly arrivals: {
    readonly lastPushMs: number | null;
    readonly lastSyncMs: number | null;
    readonly software: string | undefined;
    readonly problem: string | undefined;
  };
};

/** How everything stands, gathered when somebody asks. */
export class Status implements StatusSource {
  readonly #parts: StatusParts;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  async report(): Promise<StatusReport> {
    const { kit, portals, version, pid, startedAtMs, notes, homeserverUrl, arrivals } = this.#parts;
    const nowMs = kit.clock.nowMs();
    const backlog = await this.#backlog();
    const problem = kit.homeserver.health.problem ?? arrivals.problem;
    return {
      bridge: { version, pid, startedAtMs, uptimeMs: nowMs - startedAtMs, nowMs, problems: [], notes },
      homeserver: {
        reachable: kit.homeserver.health.reachable,
        url: homeserverUrl,
        ...(arrivals.software === undefined ? {} : { software: arrivals.software }),
        ...(problem === undefined ? {} : { problem }),
        lastTransactionAtMs: arrivals.lastPushMs,
        syncAgeMs: arrivals.lastSyncMs === null ? null : nowMs - arrivals.lastSyncMs,
      },
      database: { engine: kit.db.engine, healthy: kit.db.healthy && backlog !== undefined },
      networks: [...kit.networks.values()].map((network): NetworkReport => {
        const { channels: _, ...rest } = network.status();
        return { id: network.id, ...rest };
      }),
      portals: await Promise.all([...portals.all()].map((portal) => this.#portal(portal, backlog ?? new Map()))),
    };
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

  async #portal(portal: Portal, backlog: ReadonlyMap<string, LaneBacklog>): Promise<PortalReport> {
    const { kit, rosters } = this.#parts;
    const channel = kit.networks.get(portal.network)?.status().channels.get(portal.channel);
    const toMatrix = backlog.get(makeLaneId(portal.id, 'to-matrix'));
    const toNetwork = backlog.get(makeLaneId(portal.id, 'to-network'));
    const problem = portal.problem ?? channel?.problem;
    return {
      network: portal.network,
      channel: portal.channel,
      room: portal.roomId ?? portal.config.room,
      ...(portal.config.room.startsWith('#') ? { alias: portal.config.room } : {}),
      state:
        portal.problem !== undefined
          ? 'broken'
          : portal.roomId !== undefined && channel?.joined === true
            ? 'linked'
            : 'waiting',
      ...(problem === undefined ? {} : { problem }),
      members: { matrix: await this.#people(portal), network: channel?.members ?? rosters.count(portal) },
      lastToMatrixMs: portal.lastToMatrixMs,
      lastToNetworkMs: portal.lastToNetworkMs,
      lagToMatrixMs: portal.lagToMatrixMs,
      lagToNetworkMs: portal.lagToNetworkMs,
      queuedToMatrix: open(toMatrix),
      queuedToNetwork: open(toNetwork),
      doubtful: toNetwork?.sending ?? 0,
      parked: (toMatrix?.parked ?? 0) + (toNetwork?.parked ?? 0),
      refused: portal.refused,
    };
  }

  async #people(portal: Portal): Promise<number> {
    const { kit, isOurs } = this.#parts;
    const { roomId } = portal;
    if (roomId === undefined) return 0;
    try {
      const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, roomId));
      return members.filter((member) => member.membership === 'join' && !isOurs(member.userId)).length;
    } catch {
      return 0;
    }
  }
}

const open = (lane: LaneBacklog | undefined): number => (lane === undefined ? 0 : lane.pending + lane.sending);
