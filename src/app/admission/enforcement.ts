import type { Config } from '../../config/schema.ts';
import type { Resource } from '../../core/authority/access.ts';
import type { Directory } from '../../core/authority/directory.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import { ADMIN_ROOM } from '../../core/room/layout.ts';
import type { ConfirmSource, ExplainSource } from '../../ports/explain.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import type { RosterChange } from '../../ports/network.ts';
import type { AuthorityReport } from '../../ports/status.ts';
import type { CallSwitch } from '../call-switch.ts';
import type { Portal } from '../portal-table.ts';
import { Admission, type Concerned, limitsOf } from './admission.ts';
import { Asked } from './asked.ts';
import { authorityReport } from './authority-report.ts';
import { AuthoritySide } from './authority-side.ts';
import { Caution, confirmText } from './caution.ts';
import { ChannelDoors } from './channel-doors.ts';
import { Drift } from './drift.ts';
import type { EnforcementParts } from './enforcement-parts.ts';
import { explain } from './explaining.ts';
import { Holds } from './holds.ts';
import { KeepSteps } from './keep-steps.ts';
import { ManagedRooms } from './managed-rooms.ts';
import { Proofs } from './proofs.ts';
import { Puppets } from './puppets.ts';
import { Reports } from './reports.ts';
import { Requests } from './requests.ts';
import { type Arrangement, arrange } from './resources.ts';
import { RoomKeeper } from './room-keeper.ts';
import { Rounds } from './rounds.ts';
import { Say } from './say.ts';
import { secondOpinion } from './second-opinion.ts';

/** What the cooperative decides, carried out: who may speak, who is in which room, who has a connection. */
export class Enforcement implements ExplainSource, ConfirmSource {
  readonly admission: Admission;
  readonly keeper: RoomKeeper;
  readonly holds: Holds;
  readonly reports: Reports;
  readonly rooms: ManagedRooms;
  readonly proofs: Proofs;
  readonly requests: Requests;
  readonly asked: Asked;
  readonly calls: CallSwitch;
  readonly whois: EnforcementParts['whois'];
  readonly #parts: EnforcementParts;
  readonly #say: Say;
  readonly #side: AuthoritySide;
  readonly #puppets: Puppets;
  readonly #drift: Drift;
  readonly #caution: Caution;
  readonly #doors: ChannelDoors;
  readonly #rounds: Rounds;
  #config: Config;
  #arrangement: Arrangement;

  constructor(parts: EnforcementParts) {
    const { kit, config, portals, ledger, lanes, isOurs, authority, decisions, audit } = parts;
    this.#parts = parts;
    this.calls = parts.calls;
    this.whois = parts.whois;
    this.#config = config;
    this.#arrangement = arrange(config, kit.homeserver.serverName);
    this.#side = new AuthoritySide({
      kit,
      ledger,
      authority,
      audit,
      onChanged: (whom, cause) => this.#changed(whom, cause),
      onAlert: (text) => this.reports.say(text),
    });
    this.rooms = new ManagedRooms({ kit, portals });
    this.rooms.configure(this.#arrangement.rooms);
    this.holds = new Holds(kit);
    this.#say = new Say(kit, ledger, portals);
    this.reports = new Reports(kit, this.#say, () => this.rooms.roomIdOf(ADMIN_ROOM));
    this.proofs = new Proofs(kit, audit);
    this.admission = new Admission({
      clock: kit.clock,
      portals,
      directory: this.directory,
      hasAuthority: authority !== undefined,
      mode: () => this.#config.authority.mode,
      resources: () => this.#arrangement.resources,
      limits: () => limitsOf(this.#config),
      degraded: (resource) => this.keeper.lost(resource),
      provenNick: (network, nick) => this.proofs.ofNick(network, nick),
      admins: () => this.#config.cooperative?.admins ?? [],
      isShut: (subject) => this.#side.gates.isShut(subject),
    });
    const mode = (): 'observe' | 'enforce' => this.#config.authority.mode;
    const steps = new KeepSteps({
      kit,
      audit,
      onDone: (event) => this.rooms.seen(event),
      subjectOf: (userId) => this.admission.subjectOf(userId),
      refusal: async (userId, resource) =>
        decisions === undefined ? undefined : secondOpinion(decisions, this.admission, userId, resource),
    });
    this.#caution = new Caution({
      kit,
      holds: this.holds,
      audit,
      reports: this.reports,
      mode,
      isOurs,
      lastSnapshotWasEmpty: () => this.directory.lastSnapshotWasEmpty,
      isKnown: (userId) => this.admission.isKnown(userId),
      windowMs: () => this.#config.authority.guardWindowSeconds * 1000,
      look: (resource) => this.#look([resource], 'held'),
    });
    this.#doors = new ChannelDoors({
      kit,
      portals,
      admission: this.admission,
      audit,
      holds: this.holds,
      reports: this.reports,
      mode,
    });
    this.keeper = new RoomKeeper({
      kit,
      ledger,
      lanes,
      rooms: this.rooms,
      admission: this.admission,
      steps,
      caution: this.#caution,
      doors: this.#doors,
      reports: this.reports,
      hasAuthority: authority !== undefined,
      isOurs,
    });
    this.requests = new Requests({ kit, admission: this.admission, rooms: this.rooms, audit, say: this.#say });
    this.asked = new Asked(this, this.#say);
    this.#drift = new Drift(this.rooms, kit.homeserver.botId, isOurs);
    this.#rounds = new Rounds(
      kit.clock,
      () => this.#config.authority.reconcileSeconds * 1000,
      (cause) => {
        this.rooms.forget();
        this.#lookAtAll(cause);
      },
    );
    this.#puppets = new Puppets({ kit, portals, admission: this.admission, isOurs });
  }

  get directory(): Directory {
    return this.#side.directory;
  }

  /** Takes what is pushed to us about what the authority knows. */
  get events(): AuthoritySide['events'] {
    return this.#side.events;
  }

  /** Takes up what an earlier process knew; before anything comes in. */
  async load(): Promise<void> {
    for (const part of [this.rooms, this.holds, this.proofs, this.requests]) await part.load();
    await this.#side.load();
    this.directory.setLinks(this.proofs.all());
  }

  start(): void {
    this.#side.start();
    this.#rounds.go('start');
  }

  async stop(): Promise<void> {
    this.#rounds.stop();
    await this.#side.stop();
  }

  reconfigure(config: Config): void {
    this.#config = config;
    this.#arrangement = arrange(config, this.#parts.kit.homeserver.serverName);
    const gone = this.rooms.configure(this.#arrangement.rooms);
    this.keeper.letGo(gone).catch((error: unknown) => this.#parts.kit.log.warn(String(error)));
    this.#lookAtAll('configuration');
  }

  /** A portal has its room: it takes its place among the others, and its people are looked at. */
  ready(portal: Portal): void {
    const resource = `channel:${portal.id}`;
    this.#look([resource, ...this.rooms.relatedTo(resource)], 'linked');
  }

  /** What a room that a portal makes begins with, so that no door stands open until it is kept. */
  creation(portal: Portal): Partial<CreateRoom> {
    const wanted = this.rooms.get(`channel:${portal.id}`);
    if (wanted === undefined || this.#parts.authority === undefined) return {};
    return {
      preset: wanted.join.rule === 'public' ? 'public_chat' : 'private_chat',
      ...(wanted.federate ? {} : { creationContent: { 'm.federate': false } }),
    };
  }

  /** A network came up or went down, or our bot became an operator somewhere, or is none any more. */
  networkChanged(network: NetworkId): void {
    if (this.#parts.authority === undefined) return;
    for (const { id } of this.#doors.powerChanged(network)) this.#look([`channel:${id}`], 'operator');
  }

  /** Who is in a channel of a network changed, or what our bot may do there. */
  channelChanged(portal: Portal, change: RosterChange): void {
    if (this.#parts.authority === undefined) return;
    this.proofs.rosterChanged(portal.network, change);
    if (change.kind !== 'leave') this.#look([`channel:${portal.id}`], 'channel', []);
  }

  /** Events that are on disk, from either source. */
  seen(events: readonly MatrixEvent[]): void {
    const { botId } = this.#parts.kit.homeserver;
    for (const event of events) {
      if (event.sender === botId) void this.asked.ownMessage(event);
      const drift = this.#drift.of(event);
      if (drift !== undefined) this.#look(drift.resources, drift.cause, drift.userIds);
    }
  }

  /** Events may have been missed: everything is read again. */
  interrupted(): void {
    this.#rounds.settle();
  }

  report(): AuthorityReport | undefined {
    const { authority, audit } = this.#parts;
    if (authority === undefined) return undefined;
    return authorityReport({
      source: authority.description.source,
      mode: this.#config.authority.mode,
      at: this.admission.at(),
      directory: this.directory,
      problem: this.#side.problem,
      held: this.holds.all(),
      driftCorrected: this.keeper.driftCorrected,
      auditProblem: audit.problem,
    });
  }

  botNicks = (): readonly string[] => [...new Set(this.#config.networks.map(({ bot }) => bot.nick))];
  resources = (): readonly Resource[] => [...this.#arrangement.resources.values()];
  /** @param room an alias or its localpart, a room id, or a channel @returns its resource id */
  findRoom(room: string): string | undefined {
    return this.rooms.find(room) ?? this.resources().find(({ label }) => label === room)?.id;
  }

  explain = (person: string, room?: string): Promise<readonly string[]> => explain(this, person, room);

  /** Lets a held plan go on. @returns what became of it, as a sentence */
  async confirm(hash: string, actor: string): Promise<{ readonly ok: boolean; readonly text: string }> {
    const plan = await this.#caution.confirm(hash, actor);
    if (plan !== undefined) this.#look([plan.resource.replace(/#door$/, '')], actor);
    return confirmText(hash, plan);
  }

  /** Proofs changed whose handle is whose. */
  relinked(cause: string, subjects: readonly string[]): void {
    this.directory.setLinks(this.proofs.all());
    this.#changed({ subjects, handles: [] }, cause);
  }

  #changed(whom: Concerned | undefined, cause: string): void {
    // Relaying has ended by now: whoever is asked whether a line may pass asks the directory. Connections end next, rooms follow.
    const userIds = whom === undefined ? undefined : this.admission.concerned(whom);
    this.#puppets.follow(userIds);
    this.#parts.authority?.setSubjects?.([...this.directory.members()].map(({ subject }) => subject));
    this.#lookAtAll(cause, userIds);
  }

  #lookAtAll(cause: string, userIds?: readonly string[]): void {
    const all = [...this.rooms.all()].map(({ id }) => id);
    this.#look(all, cause, userIds);
  }

  #look(resources: readonly string[], cause: string, userIds?: readonly string[]): void {
    const { log } = this.#parts.kit;
    this.keeper
      .look(resources, cause, userIds)
      .catch((error: unknown) => log.warn('a room waits for the next round to be looked at', { error: String(error) }));
  }
}
