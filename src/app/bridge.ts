import { GHOST_PREFIX } from '../core/ids.ts';
import { noAudit } from '../ports/audit.ts';
import { Enforcement } from './admission/enforcement.ts';
import { Asked } from './commands/asked.ts';
import { BridgingCommands } from './commands/bridging-commands.ts';
import { openDirects } from './direct/open-directs.ts';
import { makeGate } from './gates/gates.ts';
import { OptOuts } from './gates/opt-outs.ts';
import { startHousekeeping } from './housekeeping.ts';
import { attachNetwork } from './inbox/attach-network.ts';
import { MatrixGate } from './inbox/matrix-gate.ts';
import { MatrixInbox } from './inbox/matrix-inbox.ts';
import { ReadBack } from './inbox/read-back.ts';
import { RoomAnchors } from './inbox/room-anchors.ts';
import { Lanes } from './lanes/lanes.ts';
import { Ledger } from './lanes/ledger.ts';
import { Notices } from './notices.ts';
import { Pages } from './pages.ts';
import { openIdentities } from './people/identities.ts';
import { Names } from './people/names.ts';
import { NickWishes } from './people/nick-wishes.ts';
import { type Manner, People } from './people/people.ts';
import { admittedBy, Rosters } from './people/rosters.ts';
import { Signs } from './people/signs.ts';
import { Policies } from './policy/policies.ts';
import { ensureBotName } from './rooms/bot-profile.ts';
import { ChannelWishes } from './rooms/channel-wishes.ts';
import { applyLinks, loadPortals, storedAnchors } from './rooms/links.ts';
import { type Portal, PortalTable } from './rooms/portal-table.ts';
import { Provision } from './rooms/provision.ts';
import { RoomFate } from './rooms/room-fate.ts';
import { RoomMembers } from './rooms/room-members.ts';
import { RoomRules } from './rooms/room-rules.ts';
import type { Bridge, BridgeParts } from './running-bridge.ts';
import { Status } from './status.ts';
import { stopInOrder } from './stop-bridge.ts';
import { inBackground } from './timing/background.ts';
import { Signal } from './timing/signal.ts';
import { Echoes } from './to-matrix/echoes.ts';
import { makeToMatrix } from './to-matrix/make-to-matrix.ts';
import { MatrixReceipts } from './to-matrix/matrix-receipts.ts';
import { NetworkFiles } from './to-matrix/network-files.ts';
import { redactDouble } from './to-matrix/redact-double.ts';
import { DeliveryMarks } from './to-network/delivery-marks.ts';
import { NetworkDoubts } from './to-network/network-doubt.ts';
import { NetworkReceipts } from './to-network/network-receipts.ts';
import { makeRelations } from './to-network/relations.ts';
import { ToNetworkDriver } from './to-network/to-network.ts';

export type { Bridge } from './running-bridge.ts';

/** Loads what an earlier process stored and puts the parts together; nothing happens before {@link Bridge.start}. */
export async function makeBridge(parts: BridgeParts): Promise<Bridge> {
  const { kit, config } = parts;
  let current = config;
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
  const portals = new PortalTable();
  const wishes = await NickWishes.open(kit);
  const people = new People({ kit, portals, wishes, mannerIn, shard });
  const rules = await RoomRules.open({ kit, portals, ghosts: () => ghosts, keeping: () => enforcement });
  const { walls } = rules;
  const relations = makeRelations(kit, people, rules);
  const ledger = new Ledger(kit, () => lanes, relations.withdrawals.note);
  const bootId = await ledger.open();
  const anchors = new RoomAnchors(await storedAnchors(kit));
  const channels = new ChannelWishes(kit, portals);
  await loadPortals(kit, config, portals);

  const optOuts = await OptOuts.open(kit);
  const pages = new Pages(kit, portals, optOuts, config);
  await pages.load();
  const files = new NetworkFiles(kit, config.media);
  const echoes = new Echoes();
  const names = await Names.open({ kit, isOurs, whoIs: (userId) => ghosts.whoIs(userId), mannerIn });
  const audit = parts.audit ?? noAudit;
  const {
    vouching,
    ghosts,
    asked: identity,
    reconfigure,
  } = await openIdentities({
    kit,
    config,
    portals,
    audit,
    isOurs,
    admission: () => enforcement.admission,
    rosters: () => rosters,
  });
  const patience = { stopping: () => stopping, stop };
  const directs = await openDirects({
    ...{ kit, ledger, portals, ghosts, anchors, vouching, isOurs, ...patience },
    refusal: (network, userId, who) => policies.out.private(network, userId, who),
    onRefused: (room) => inBackground(kit, fate.lost.suspect(room)),
  });
  const marks = new DeliveryMarks({ kit, lanes: () => lanes, ledger, portals, config });
  const notices = new Notices(kit, ledger, marks);
  const doubts = new NetworkDoubts(kit, bootId);
  const { targets } = relations;
  const receipts = new NetworkReceipts({ kit, lanes: () => lanes, portals, targets, ledger, marks });
  const matrixReceipts = new MatrixReceipts(kit, () => lanes, portals, targets);
  const bridging = new BridgingCommands({ kit, portals, optOuts, ghosts, pages, rosters: () => rosters });
  const enforcement = new Enforcement({
    ...{ kit, config, portals, ledger, isOurs, audit },
    lanes: () => lanes,
    onStanding: (userIds) => signs.people.standingChanged(userIds),
    authority: parts.authority,
    decisions: parts.decisions,
    isWalled: (portal) => !walls.isOpen(portal),
    otherBans: (portal) => policies.masksOf(portal),
    assuranceOf: identity.assuranceOf,
  });
  const asked = new Asked({
    ...{ kit, portals, people, wishes, mannerIn, vouching, bridging, enforcement, identity, pages },
    ...{ direct: directs.commands, calls: names.calls, rosters: () => rosters, status: () => status },
  });
  walls.onChanged = () => enforcement.occasions.wallsChanged();
  await enforcement.load();
  const fate = await RoomFate.load({
    kit,
    portals,
    adopt: (portal, successor, note) => provision.succeed(portal, successor, note),
    renew: (portal, note) => (portal.direct === undefined ? provision : directs.rooms).renew(portal, note),
    onMoved: relations.moved,
    onRenewed: (room) => inBackground(kit, rules.moved(room)),
    stopping: () => stopping,
    nudge,
  });
  const policies = await Policies.open({
    ...{ kit, config, portals, ledger, ghosts, enforcement, audit, isOurs, nudge },
    lanes: () => lanes,
    stopping: () => stopping,
  });
  const gate = makeGate({
    ...{ portals, optOuts, out: policies.out },
    admission: enforcement.admission,
    sealed: fate.sealed,
  });
  const toMatrix = makeToMatrix({
    ...{ kit, portals, gate, ghosts, files, relations, names, fate, echoes, isOurs, bootId },
    lanes: () => lanes,
    receipts: matrixReceipts,
    rules,
  });
  const toNetwork = new ToNetworkDriver({
    ...{ kit, portals, people, gate, notices, doubts, receipts, relations, networkChanged },
    lanes: () => lanes,
  });
  const lanes = new Lanes(kit, {
    'to-matrix': toMatrix.drive,
    'to-network': toNetwork.drive,
    status: marks.drive,
    room: enforcement.keeper.drive,
    policy: policies.drive,
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
    onGhost: (portal, userId) => signs.joined(portal, userId),
    ahead: (id) => current.networks.find((network) => network.id === id)?.puppets.ahead ?? 0,
  });
  const rosters = new Rosters(kit, ghosts, portals, () => lanes, admittedBy(gate, identity.assuranceOf));
  const readBack = new ReadBack({ kit, portals, anchors, inbox: () => inbox, lost: fate.lost, ...patience });
  const inbox = new MatrixInbox({
    ...{ kit, ledger, portals, echoes, anchors, pages, names, policies, isOurs },
    mapUrl: config.cooperative?.mapUrl,
    saysMore: (network) => marks.wantsEvents(network),
    isHeld: (room) => readBack.isHeld(room),
    onHeld: (room) => readBack.prefer(room),
    onState: fate.seen,
    onMember: (portal, event) => inBackground(kit, members.changed(portal, event)),
    isHouse: (room) => enforcement.rooms.resourceOf(room) !== undefined || enforcement.visiting.privateRooms.has(room),
    onAsked: (event) => inBackground(kit, asked.inRoom(event)),
    onDouble: (event, first) => inBackground(kit, redactDouble(kit, event, first)),
  });
  const live = { rosters: () => rosters, lanes: () => lanes };
  const signs = new Signs({ kit, config, portals, people, ghosts, gate, vouching, isOurs, ...live });
  const matrixGate = new MatrixGate({
    ...{ kit, portals, inbox, readBack, people, isOurs, nudge, gate, signs, policies },
    keeping: enforcement.occasions,
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
      enforcement.occasions.ready(portal);
      policies.ready(portal);
    },
    stopping: () => stopping,
    nudge,
  });

  const status = new Status({
    ...{ kit, portals, rosters, startedAtMs, walls, isOurs },
    ...{ version: parts.version, pid: parts.pid, notes: parts.notes },
    homeserverUrl: config.homeserver.url,
    authority: () => enforcement.report(),
    problems: () => fate.lost.problems(),
    leftOut: () =>
      [...fate.lost.notes(), bridging.countWords(), ...policies.sentences(), ...signs.sentences()].filter(
        (one) => one !== '',
      ),
    degraded: (portal) => enforcement.keeper.lost(`channel:${portal.id}`),
    arrivals: { gate: matrixGate, software: () => software },
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
    commands: asked,
    status,
    ephemera: signs.wants,

    start: () =>
      policies.start(() => {
        for (const network of kit.networks.values()) {
          attachNetwork(network, {
            ...{ kit, ledger, portals, rosters, members, enforcement, asked },
            ...{ bridging, policies, vouching, names, walls, signs },
            ...{ networkChanged, directs: directs.rooms },
          });
          channels.tell(network.id);
        }
        rosters.start();
        inBackground(kit, Promise.all([directs.invitations.begin(), rules.release()]));
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
      }),

    reload(next) {
      current = next;
      // First: rooms that are let go are found by their links.
      enforcement.reconfigure(next);
      inBackground(kit, Promise.all([reconfigure(next), rules.release()]));
      for (const part of [pages, signs, marks]) part.reconfigure(next);
      const added = applyLinks(kit, portals, next);
      policies.reconfigure(next);
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
      signs.stop();
      policies.stop();
      await stopInOrder(kit, { enforcement, lanes, matrixReceipts });
    },
  };
}
