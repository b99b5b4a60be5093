import type { Config } from '../../config/schema.ts';
import type { Resource } from '../../core/authority/access.ts';
import type { Directory } from '../../core/authority/directory.ts';
import { ADMIN_ROOM } from '../../core/room/layout.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import type { CreateRoom } from '../../ports/matrix.ts';
import type { AuthorityReport } from '../../ports/status.ts';
import type { VisitAnswer, VisitSource } from '../../ports/visit.ts';
import type { Portal } from '../rooms/portal-table.ts';
import { Visiting } from '../visitors/visiting.ts';
import { Admission } from './admission.ts';
import { authorityReport } from './authority-report.ts';
import { AuthoritySide } from './authority-side.ts';
import { type Caution, confirmText } from './caution.ts';
import { Drift } from './drift.ts';
import type { EnforcementParts } from './enforcement-parts.ts';
import { Holds } from './holds.ts';
import { Invitations } from './invitations.ts';
import { makeKeeping } from './keeping.ts';
import { ManagedRooms } from './managed-rooms.ts';
import { Occasions } from './occasions.ts';
import { Proofs } from './proofs.ts';
import { Puppets } from './puppets.ts';
import { Reports } from './reports.ts';
import { Requests } from './requests.ts';
import { creationOf } from './resources.ts';
import type { RoomKeeper } from './room-keeper.ts';
import { Rounds } from './rounds.ts';
import { Say } from './say.ts';
import type { SecondLooks } from './second-looks.ts';
import { secondOpinion } from './second-opinion.ts';
import { Settings } from './settings.ts';

/** What the cooperative decides, carried out: who may speak, who is in which room, who has a connection. */
export class Enforcement implements VisitSource {
  readonly admission: Admission;
  readonly keeper: RoomKeeper;
  readonly holds: Holds;
  readonly reports: Reports;
  readonly rooms: ManagedRooms;
  readonly proofs: Proofs;
  readonly requests: Requests;
  readonly invitations: Invitations;
  /** Where it is told what happens. */
  readonly occasions: Occasions;
  readonly visiting: Visiting;
  readonly settings: Settings;
  readonly say: Say;
  readonly #parts: EnforcementParts;
  readonly #side: AuthoritySide;
  readonly #caution: Caution;
  readonly #secondLooks: SecondLooks;
  readonly #rounds: Rounds;

  constructor(parts: EnforcementParts) {
    const { kit, config, portals, ledger, isOurs, authority, audit } = parts;
    this.#parts = parts;
    const settings = new Settings(config, {
      serverName: kit.homeserver.serverName,
      peers: () => this.visiting.visitors.servers(),
      isWalled: parts.isWalled,
    });
    const { mode } = settings;
    this.settings = settings;
    this.#side = new AuthoritySide({
      kit,
      ledger,
      authority,
      audit,
      onChanged: (whom, cause) => this.occasions.changed(whom, cause),
      onAgreements: (agreements, freshness) => this.visiting.learned(agreements, freshness),
      onAlert: (text) => this.reports.say(text),
    });
    this.rooms = new ManagedRooms({ kit, portals });
    this.rooms.configure(settings.arrangement.rooms);
    this.holds = new Holds(kit);
    this.say = new Say(kit, ledger, portals);
    this.reports = new Reports(kit, this.say, () => this.rooms.roomIdOf(ADMIN_ROOM));
    this.proofs = new Proofs(kit, audit, portals);
    const { decisions } = parts;
    const refusal = async (userId: string, resource: string) =>
      decisions === undefined ? undefined : secondOpinion(decisions, this.admission, userId, resource);
    this.invitations = new Invitations({ kit, audit, rooms: this.rooms, admission: () => this.admission, refusal });
    this.visiting = new Visiting({
      ...parts,
      say: this.say,
      rooms: this.rooms,
      invitations: this.invitations,
      mode,
      ownServers: settings.ownServers,
      onAlert: (text) => this.reports.say(text),
      resources: this.resources,
      ownMember: (userId) => this.admission.matrixUser(userId),
      isOut: (userId, resource) => this.admission.standingOf(userId, resource).membership === 'out',
      isLost: (resource) => this.keeper.lost(resource) !== undefined,
      onServers: (cause) => this.occasions.rearranged(cause),
      onPeople: (userIds, cause) => this.occasions.concerns(userIds, cause),
      onLook: (resources, cause, userIds) => this.occasions.look(resources, cause, userIds),
    });
    this.admission = new Admission({
      clock: kit.clock,
      portals,
      directory: this.directory,
      visitors: this.visiting.visitors,
      hasAuthority: authority !== undefined,
      mode,
      resources: settings.resources,
      limits: settings.limits,
      degraded: (resource) => this.keeper.lost(resource),
      provenNick: (network, nick) => this.proofs.ofNick(network, nick),
      admins: settings.admins,
      isShut: (subject) => this.#side.gates.isShut(subject),
    });
    const kept = makeKeeping({
      ...parts,
      rooms: this.rooms,
      admission: this.admission,
      holds: this.holds,
      reports: this.reports,
      mode,
      hasAuthority: authority !== undefined,
      refusal,
      lastSnapshotWasEmpty: () => this.directory.lastSnapshotWasEmpty,
      isKnown: (userId) => this.admission.isKnown(userId),
      windowMs: settings.guardWindowMs,
      look: (resource, cause = 'held') => this.occasions.look([resource], cause),
      onKept: () => this.visiting.kept(),
    });
    ({ keeper: this.keeper, caution: this.#caution, secondLooks: this.#secondLooks } = kept);
    const { admission, rooms, say, invitations } = this;
    this.requests = new Requests({ kit, audit, admission, rooms, say, invitations });
    this.#rounds = new Rounds(kit.clock, settings.reconcileMs, (cause) => {
      this.rooms.forget();
      this.occasions.lookAtAll(cause);
    });
    this.occasions = new Occasions({
      ...{ kit, authority, settings, doors: kept.doors, directory: this.directory, rounds: this.#rounds },
      ...{ rooms: this.rooms, admission: this.admission, proofs: this.proofs, keeper: this.keeper },
      ...{ visiting: this.visiting, requests: this.requests, onStanding: parts.onStanding },
      puppets: new Puppets({ kit, portals, admission: this.admission, isOurs }),
      drift: new Drift(this.rooms, kit.homeserver.botId, isOurs),
    });
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
    for (const part of [this.rooms, this.holds, this.proofs, this.requests, this.visiting]) await part.load();
    this.rooms.configure(this.settings.arrange().rooms);
    await this.#side.load();
    this.directory.setLinks(this.proofs.all());
  }

  start(): void {
    this.#side.start();
    this.visiting.start();
    this.#rounds.go('start');
  }

  async stop(): Promise<void> {
    this.#rounds.stop();
    this.#secondLooks.stop();
    this.visiting.stop();
    await this.#side.stop();
  }

  reconfigure(config: Config): void {
    this.settings.arrange(config);
    this.occasions.rearranged('configuration');
  }

  /** Whether we see to who may come into a room. Without an authority only its place in the Space is ours. */
  isKept = (room: string): boolean => !!this.#parts.authority && this.rooms.resourceOf(room) !== undefined;

  /** What a room that a portal makes begins with, so that no door stands open until it is kept. */
  creation(portal: Portal): Partial<CreateRoom> {
    const wanted = this.rooms.get(`channel:${portal.id}`);
    return wanted === undefined || this.#parts.authority === undefined ? {} : creationOf(wanted);
  }

  report(): AuthorityReport | undefined {
    const { authority, audit } = this.#parts;
    if (authority === undefined) return undefined;
    return authorityReport({
      source: authority.description.source,
      mode: this.settings.mode(),
      at: this.admission.at(),
      directory: this.directory,
      problem: this.#side.problem,
      held: this.holds.all(),
      driftCorrected: this.keeper.driftCorrected,
      auditProblem: audit.problem,
      agreements: this.visiting.report(),
    });
  }

  resources = (): readonly Resource[] => [...this.settings.resources().values()];
  /** @param room an alias or its localpart, a room id, or a channel @returns its resource id */
  findRoom(room: string): string | undefined {
    return this.rooms.find(room) ?? this.resources().find(({ label }) => label === room)?.id;
  }

  visit = (assertion: string): Promise<VisitAnswer> => this.visiting.present(assertion, null);
  /** Lets a held plan go on. @returns what became of it, as a sentence */
  async confirm(hash: string, actor: string): Promise<CommandAnswer> {
    const plan = await this.#caution.confirm(hash, actor);
    if (plan !== undefined) this.occasions.look([plan.resource.replace(/#door$/, '')], actor);
    return confirmText(hash, plan);
  }
}
