import { GHOST_PREFIX } from '../core/ids.ts';
import { noAudit } from '../ports/audit.ts';
import { Enforcement } from './admission/enforcement.ts';
import { attachNetwork } from './attach-network.ts';
import { inBackground, within } from './background.ts';
import { ensureBotName } from './bot-profile.ts';
import { ChannelWishes } from './channel-wishes.ts';
import { openDirects } from './direct/open-directs.ts';
import { Echoes } from './echoes.ts';
import { startHousekeeping } from './housekeeping.ts';
import { openIdentities } from './identities.ts';
import { Lanes } from './lanes.ts';
import { Ledger } from './ledger.ts';
import { applyLinks, loadPortals, storedAnchors } from './links.ts';
import { MatrixDoubts } from './matrix-doubt.ts';
import { MatrixEffects } from './matrix-effects.ts';
import { MatrixGate } from './matrix-gate.ts';
import { MatrixInbox } from './matrix-inbox.ts';
import { MatrixReceipts } from './matrix-receipts.ts';
import { MatrixRelations } from './matrix-relations.ts';
import { Names } from './names.ts';
import { NetworkDoubts } from './network-doubt.ts';
import { NetworkFiles } from './network-files.ts';
import { NetworkReceipts } from './network-receipts.ts';
import { Notices } from './notices.ts';
import { Pages } from './pages.ts';
import { type Manner, People } from './people.ts';
import { type Portal, PortalTable } from './portal-table.ts';
import { Provision } from './provision.ts';
import { ReadBack } from './read-back.ts';
import { redactDouble } from './redact-double.ts';
import { makeRelations } from './relations.ts';
import { RoomAnchors } from './room-anchors.ts';
import { RoomFate } from './room-fate.ts';
import { RoomMembers } from './room-members.ts';
import { admittedBy, Rosters } from './rosters.ts';
import type { Bridge, BridgeParts } from './running-bridge.ts';
import { SealedGate } from './sealed-rooms.ts';
import { Signal } from './signal.ts';
import { Status } from './status.ts';
import { ToMatrixDriver } from './to-matrix.ts';
import { ToNetworkDriver } from './to-network.ts';
import { Typing } from './typing.ts';
import { VouchedGate } from './vouched-gate.ts';
import { Walls } from './walls.ts';

export type { Bridge } from './running-bridge.ts';

/** Loads what an earlier process stored and puts the parts together; nothing happens before {@link Bridge.start}. */
export async function makeBridge(parts: BridgeParts): Promise<Bridge> {
  const { kit, config } = parts;
  const { serverName, botId } = kit.homeserver;
  const isOurs = (userId: string): boolean =>
    userId === botId || (userId.startsWith(`@${GHOST_PREFIX}`) && userId.endsWith(`:${serverName}`));
  const [stop, nudge, networkChanged] = [new Signal(kit.clock), new Signal(kit.clock), new Signal(kit.clock)];
  const startedAtMs = kit.clock.nowMs();
  let stopping = false;
  let software: string | undefined;
  let endHousekeeping = (): void => {};

  const shard = config.cooperative?.name ?? serverName;
  const mannerIn = (room: string, userId: string): Manner => enforcement.admission.mannerIn(room, userId);
  const people = new People(kit, mannerIn, shard);
  const relations = makeRelations(kit, people);
  const ledger = new Ledger(kit, () => lanes, relations.withdrawals.note);
  const bootId = await ledger.open();
  const anchors = new RoomAnchors(await storedAnchors(kit));
  const portals = new PortalTable();
  const channels = new ChannelWishes(kit, portals);
  await loadPortals(kit, config, portals);

  const pages = new Pages(kit, portals, config);
  await pages.load();
  const files = new NetworkFiles(kit, config.media);
  const echoes = new Echoes();
  const names = await Names.open({ kit, isOurs, whoIs: (userId) => ghosts.whoIs(userId), mannerIn });
  const audit = parts.audit ?? noAudit;
  const { vouching, ghosts, asked, reconfigure } = await openIdentities({
    kit,
    config,
    portals,
    audit,
    isOurs,
    admission: () => enforcement.admission,
    rosters: () => rosters,
  });
  const walls = await Walls.open(kit);
  const patience = { stopping: () => stopping, stop };
  const directs = await openDirects({ kit, ledger, portals, ghosts, anchors, vouching, isOurs, ...patience });
  const notices = new Notices(kit, ledger);
  const doubts = new NetworkDoubts(kit, bootId);
  const receipts = new NetworkReceipts(kit, () => lanes, portals, relations.targets);
  const matrixReceipts = new MatrixReceipts(kit, () => lanes, portals, relations.targets);
  const enforcement = new Enforcement({
    kit,
    config,
    portals,
    ledger,
    lanes: () => lanes,
    isOurs,
    calls: names.calls,
    authority: parts.authority,
    decisions: parts.decisions,
    audit,
    isWalled: (portal) => !walls.isOpen(portal),
    identity: asked,
    reach: { direct: directs.commands, pages },
  });
  walls.onChanged = () => enforcement.wallsChanged();
  await enforcement.load();
  const fate = await RoomFate.load({
    kit,
    portals,
    adopt: (portal, successor, note) => provision.succeed(portal, successor, note),
    stopping: () => stopping,
    nudge,
  });
  const gate = new SealedGate(new VouchedGate(enforcement.admission, portals), portals, fate.sealed);
  const toMatrix = new ToMatrixDriver({
    kit,
    lanes: () => lanes,
    portals,
    gate,
    effects: new MatrixEffects({
      kit,
      ghosts,
      files,
      relations: new MatrixRelations(kit, ghosts, relations.targets, names.calls),
      upgrades: fate.upgrades,
      isKept: enforcement.isKept,
    }),
    echoes,
    doubts: new MatrixDoubts({ kit, echoes, isOurs, bootId }),
    receipts: matrixReceipts,
    withdrawals: relations.withdrawals,
  });
  const toNetwork = new ToNetworkDriver({
    kit,
    lanes: () => lanes,
    portals,
    people,
    gate,
    notices,
    doubts,
    receipts,
    relations,
    networkChanged,
  });
  const lanes = new Lanes(kit, {
    'to-matrix': toMatrix.drive,
    'to-network': toNetwork.drive,
    room: enforcement.keeper.drive,
  });
  await relations.withdrawals.load(kit);
  // Before anything can come in: what is new must not overtake what an earlier process left.
  lanes.expect(await kit.db.transaction((sql) => kit.stores.outbox.openLanes(sql)));
  const members = new RoomMembers({
    kit,
    people,
    ghosts,
    gate,
    isOurs,
    ahead: (id) => config.networks.find((network) => network.id === id)?.puppets.ahead ?? 0,
  });
  const rosters = new Rosters(kit, ghosts, portals, () => lanes, admittedBy(gate, asked.assuranceOf));
  const readBack = new ReadBack({ kit, portals, anchors, inbox: () => inbox, ...patience });
  const inbox = new MatrixInbox({
    kit,
    ledger,
    portals,
    echoes,
    anchors,
    pages,
    names,
    mapUrl: config.cooperative?.mapUrl,
    isOurs,
    isHeld: (room) => readBack.isHeld(room),
    onHeld: (room) => readBack.prefer(room),
    onState: fate.seen,
    onMember: (portal, event) => inBackground(kit, members.changed(portal, event)),
    isHouse: (room) => enforcement.rooms.resourceOf(room) !== undefined || enforcement.visiting.privateRooms.has(room),
    onAsked: (event) => inBackground(kit, enforcement.asked.inRoom(event)),
    onDouble: (event, first) => inBackground(kit, redactDouble(kit, event, first)),
  });
  const typing = new Typing({ kit, portals, people, ghosts, gate, vouching });
  const matrixGate = new MatrixGate({
    kit,
    portals,
    inbox,
    readBack,
    people,
    isOurs,
    nudge,
    gate,
    typing,
    keeping: enforcement,
    invitations: directs.invitations,
  });
  const provision = new Provision({
    kit,
    portals,
    anchors,
    vouching,
    creation: (portal) => ({ ...walls.creation(portal.id), ...enforcement.creation(portal) }),
    onReady: (portal) => {
      // What was said since its newest event was noted came to a room that was not linked yet.
      if (portal.roomId !== undefined) readBack.hold(portal.roomId);
      channels.tell(portal.network);
      enforcement.ready(portal);
    },
    stopping: () => stopping,
    nudge,
  });

  const provisionAll = (missing: readonly Portal[]): void => {
    for (const portal of missing) inBackground(kit, provision.ensure(portal));
  };

  // From the first event on: both sources may have missed something while we were away.
  readBack.interrupted('start', 'Causeway was away');

  return {
    gate: matrixGate,
    pages,
    deciding: enforcement,
    status: new Status({
      kit,
      portals,
      rosters,
      version: parts.version,
      pid: parts.pid,
      startedAtMs,
      homeserverUrl: config.homeserver.url,
      notes: parts.notes,
      walls,
      isOurs,
      authority: () => enforcement.report(),
      degraded: (portal) => enforcement.keeper.lost(`channel:${portal.id}`),
      arrivals: { gate: matrixGate, software: () => software },
    }),

    start() {
      for (const network of kit.networks.values()) {
        attachNetwork(network, {
          ...{ kit, ledger, portals, rosters, members, enforcement, vouching, names, walls, typing, networkChanged },
          directs: directs.rooms,
        });
        channels.tell(network.id);
      }
      rosters.start();
      inBackground(kit, directs.invitations.begin());
      enforcement.start();
      inBackground(kit, reconfigure(config));
      endHousekeeping = startHousekeeping(kit, pages);
      lanes.resume();
      readBack.begin();
      fate.upgrades.start();
      const missing = [...portals.all()].filter((portal) => portal.roomId === undefined);
      inBackground(
        kit,
        ensureBotName(kit).then(() => provisionAll(missing)),
      );
      void kit.homeserver.probe().then((probe) => {
        if (probe.ok) software = probe.value.software;
      });
    },

    reload(next) {
      // First: rooms that are let go are found by their links.
      enforcement.reconfigure(next);
      inBackground(kit, reconfigure(next));
      pages.reconfigure(next);
      const added = applyLinks(kit, portals, next);
      for (const network of kit.networks.keys()) channels.tell(network);
      provisionAll(added);
    },

    async stop() {
      stopping = true;
      stop.raise();
      nudge.raise();
      endHousekeeping();
      readBack.stop();
      rosters.stop();
      await within(kit, 1_000, enforcement.stop());
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
