import type { Config } from '../config/schema.ts';
import type { MatrixEvent } from '../core/events.ts';
import { GHOST_PREFIX, type NetworkId } from '../core/ids.ts';
import type { StatusSource } from '../ports/status.ts';
import { Echoes } from './echoes.ts';
import { Ghosts } from './ghosts.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { Kit } from './kit.ts';
import { Lanes } from './lanes.ts';
import { Ledger } from './ledger.ts';
import { applyLinks, loadPortals, storedAnchors } from './links.ts';
import { MatrixDoubts } from './matrix-doubt.ts';
import { MatrixEffects } from './matrix-effects.ts';
import { MatrixGate } from './matrix-gate.ts';
import { MatrixInbox } from './matrix-inbox.ts';
import { MatrixReceipts } from './matrix-receipts.ts';
import { NetworkDoubts } from './network-doubt.ts';
import { NetworkGate } from './network-gate.ts';
import { NetworkInbox } from './network-inbox.ts';
import { NetworkReceipts } from './network-receipts.ts';
import { Notices } from './notices.ts';
import { People } from './people.ts';
import { type Portal, PortalTable } from './portal-table.ts';
import { Provision } from './provision.ts';
import { ReadBack } from './read-back.ts';
import { RoomAnchors } from './room-anchors.ts';
import { Rosters } from './rosters.ts';
import { Signal } from './signal.ts';
import { Status } from './status.ts';
import { ToMatrixDriver } from './to-matrix.ts';
import { ToNetworkDriver } from './to-network.ts';

export type BridgeParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly version: string;
  readonly pid: number;
  readonly notes: readonly string[];
};

/** The running bridge: every part of the app, put together and set going. */
export type Bridge = {
  /** Where the sources of Matrix events knock. */
  readonly gate: MatrixGate;
  readonly status: StatusSource;
  /** Attaches the networks, takes up what an earlier process left, and prepares rooms that are missing. */
  start(): void;
  /** Links that are new are made, links that are gone are dropped, and nobody else notices. */
  reload(config: Config): void;
  /** Lets lines under way reach their end (about 3 s at most), leaves the networks. What is left is on disk. */
  stop(): Promise<void>;
};

/** Loads what an earlier process stored and puts the parts together; nothing happens before {@link Bridge.start}. */
export async function makeBridge(parts: BridgeParts): Promise<Bridge> {
  const { kit, config } = parts;
  const { serverName, botId } = kit.homeserver;
  const isOurs = (userId: string): boolean =>
    userId === botId || (userId.startsWith(`@${GHOST_PREFIX}`) && userId.endsWith(`:${serverName}`));
  const stop = new Signal(kit.clock);
  const nudge = new Signal(kit.clock);
  const networkChanged = new Signal(kit.clock);
  const startedAtMs = kit.clock.nowMs();
  let stopping = false;
  let software: string | undefined;
  let endHousekeeping = (): void => {};

  const ledger = new Ledger(kit, () => lanes);
  const bootId = await ledger.open();
  const anchors = new RoomAnchors(await storedAnchors(kit));
  const portals = new PortalTable();
  const networkNames = new Map<string, string>();
  await loadPortals(kit, config, portals, networkNames);

  const echoes = new Echoes();
  const people = new People(kit);
  const ghosts = new Ghosts(kit);
  const notices = new Notices(kit, ledger);
  const doubts = new NetworkDoubts(kit, bootId);
  const receipts = new NetworkReceipts(kit, () => lanes, portals);
  const matrixReceipts = new MatrixReceipts(kit, () => lanes, portals);
  const toMatrix = new ToMatrixDriver({
    kit,
    lanes: () => lanes,
    portals,
    effects: new MatrixEffects(kit, ghosts),
    echoes,
    doubts: new MatrixDoubts({ kit, echoes, isOurs, bootId }),
    receipts: matrixReceipts,
  });
  const toNetwork = new ToNetworkDriver({
    kit,
    lanes: () => lanes,
    portals,
    people,
    notices,
    doubts,
    receipts,
    networkChanged,
  });
  const lanes = new Lanes(kit, { 'to-matrix': toMatrix.drive, 'to-network': toNetwork.drive });
  // Before anything can come in: what is new must not overtake what an earlier process left.
  lanes.expect(await kit.db.transaction((sql) => kit.stores.outbox.openLanes(sql)));
  const rosters = new Rosters(kit, ghosts, portals, () => lanes);
  const readBack = new ReadBack({ kit, portals, anchors, inbox: () => inbox, stopping: () => stopping, stop });
  const inbox = new MatrixInbox({
    kit,
    ledger,
    portals,
    echoes,
    anchors,
    isOurs,
    isHeld: (room) => readBack.isHeld(room),
    onHeld: (room) => readBack.prefer(room),
    onMember: (portal, event) => inBackground(kit, memberChanged(portal, event)),
    onDouble: (event, first) => inBackground(kit, redactDouble(kit, event, first)),
  });
  const gate = new MatrixGate({ kit, portals, inbox, readBack, people, isOurs, nudge });
  const provision = new Provision({
    kit,
    portals,
    anchors,
    networkName: (id) => networkNames.get(id) ?? id,
    onReady: (portal) => {
      // What was said since its newest event was noted came to a room that was not linked yet.
      if (portal.roomId !== undefined) readBack.hold(portal.roomId);
      enter(portal.network);
    },
    stopping: () => stopping,
    nudge,
  });

  async function memberChanged(portal: Portal, event: MatrixEvent): Promise<void> {
    const userId = event.state_key;
    if (userId === undefined) return;
    if (isOurs(userId)) {
      if (event.content.membership !== 'join') await ghosts.forgetRoom(userId, event.room_id);
      return;
    }
    people.forget(event.room_id, userId);
    if (event.content.membership !== 'join') return;
    const network = kit.networks.get(portal.network);
    network?.rename(await people.person(event.room_id, userId));
    await connectAhead(portal);
  }

  /** In small rooms everybody is connected before the first line, where the configuration asks for it. */
  async function connectAhead(portal: Portal): Promise<void> {
    const { roomId } = portal;
    const most = config.networks.find((network) => network.id === portal.network)?.puppets.ahead ?? 0;
    if (roomId === undefined || most === 0) return;
    const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, roomId));
    const here = members.filter((member) => member.membership === 'join' && !isOurs(member.userId));
    if (here.length > most) return;
    const network = kit.networks.get(portal.network);
    for (const { userId } of here) network?.expect(await people.person(roomId, userId), portal.channel);
  }

  /** The listener enters the channels of all portals that have a room. */
  function enter(id: NetworkId): void {
    const ready = portals.ofNetwork(id).filter((portal) => portal.roomId !== undefined);
    kit.networks
      .get(id)
      ?.setChannels(ready.map(({ channel, config: { key } }) => ({ channel, ...(key === undefined ? {} : { key }) })));
  }

  function provisionAll(missing: readonly Portal[]): void {
    for (const portal of missing) inBackground(kit, provision.ensure(portal));
  }

  // From the first event on: both sources may have missed something while we were away.
  readBack.interrupted('start', 'Causeway was away');

  return {
    gate,
    status: new Status({
      kit,
      portals,
      rosters,
      version: parts.version,
      pid: parts.pid,
      startedAtMs,
      homeserverUrl: config.homeserver.url,
      notes: parts.notes,
      isOurs,
      arrivals: {
        get lastPushMs() {
          return gate.lastPushMs;
        },
        get lastSyncMs() {
          return gate.lastSyncMs;
        },
        get problem() {
          return gate.problem;
        },
        get software() {
          return software;
        },
      },
    }),

    start() {
      for (const network of kit.networks.values()) {
        const lines = new NetworkInbox(kit, ledger, portals, network);
        const onChanged = (): void => {
          networkChanged.raise();
          if (network.status().state === 'up')
            for (const portal of portals.ofNetwork(network.id)) inBackground(kit, connectAhead(portal));
        };
        network.start(new NetworkGate(kit, network, lines, rosters, onChanged));
        enter(network.id);
      }
      rosters.start();
      endHousekeeping = startHousekeeping(kit);
      lanes.resume();
      readBack.begin();
      provisionAll([...portals.all()].filter((portal) => portal.roomId === undefined));
      void kit.homeserver.probe().then((probe) => {
        if (probe.ok) software = probe.value.software;
      });
    },

    reload(next) {
      const added = applyLinks(kit, portals, next);
      for (const network of kit.networks.keys()) enter(network);
      provisionAll(added);
    },

    async stop() {
      stopping = true;
      stop.raise();
      nudge.raise();
      endHousekeeping();
      readBack.stop();
      rosters.stop();
      await within(
        kit,
        3_000,
        lanes.stop().then(() => matrixReceipts.finish()),
      );
      await within(
        kit,
        4_000,
        Promise.all([...kit.networks.values()].map((network) => network.stop('Causeway is stopping'))),
      );
    },
  };
}

/** A second event for lines that were said already: it is taken back, so that nobody reads them twice. */
async function redactDouble(kit: Kit, event: MatrixEvent, first: string): Promise<void> {
  kit.log.warn('the homeserver let a line through twice; the second is removed', {
    room: event.room_id,
    event: event.event_id,
    first,
  });
  const { botId } = kit.homeserver;
  await kit.homeserver.redact(
    botId,
    event.room_id,
    event.event_id,
    `double-${event.event_id}`,
    'This line was delivered twice.',
  );
}

/** Work that nobody waits for and that corrects itself at the next occasion. */
const inBackground = (kit: Kit, work: Promise<unknown>): void => {
  work.catch((error: unknown) => kit.log.warn('something in the background failed', { error: String(error) }));
};

const within = (kit: Kit, ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, new Promise((resolve) => kit.clock.after(ms, () => resolve(undefined)))]);
