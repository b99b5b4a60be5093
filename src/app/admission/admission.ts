import type { Config } from '../../config/schema.ts';
import type { Resource } from '../../core/authority/access.ts';
import type { Directory } from '../../core/authority/directory.ts';
import type { Handle, Lookup, Member, SubjectRef } from '../../core/authority/member.ts';
import { foldAccount, subjectKey } from '../../core/authority/member.ts';
import type { Step } from '../../core/authority/plan-members.ts';
import { type At, type Standing, shut, standing } from '../../core/authority/standing.ts';
import { united } from '../../core/authority/visit.ts';
import type { NetworkId, PortalId } from '../../core/ids.ts';
import { ADMIN_ROOM } from '../../core/room/layout.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Identified, LineGate, Speaker, Verdict } from '../gates/line-gate.ts';
import type { Manner } from '../people/people.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';

const YES: Verdict = { kind: 'yes' };
const UNADMITTED_MARK = '(not admitted)';

/** Of whom something is known that was not: subject keys, and handles that may be somebody else's than before. */
export type Concerned = { readonly subjects: readonly string[]; readonly handles: readonly Handle[] };

/** What follows for people of other shards from agreements with these; nothing where there are none. */
export interface VisitGrounds {
  /** Undefined: nothing follows from it for this person here. */
  standingIn(userId: string, resource: Resource, at: At): Standing | undefined;
  /** Whether anything may follow for this person anywhere. */
  isKnown(userId: string): boolean;
  /** Whoever is a visitor now. */
  userIds(): Iterable<string>;
  subjectOf(userId: string): SubjectRef | undefined;
  /** Why nothing is relayed of what a server of another shard vouches for; undefined where it is. */
  endedOrigin(origin: string): string | undefined;
}

export type AdmissionParts = {
  readonly clock: Clock;
  readonly portals: PortalTable;
  readonly directory: Directory;
  readonly visitors: VisitGrounds;
  /** Without one everybody is let in. */
  readonly hasAuthority: boolean;
  /** `observe`: what follows is only said. */
  readonly mode: () => 'observe' | 'enforce';
  /** By resource id. */
  readonly resources: () => ReadonlyMap<string, Resource>;
  readonly limits: () => { readonly softMs: number; readonly hardMs: number };
  /** A sentence while we cannot keep a gated channel or its room as they should be: then nothing passes there. */
  readonly degraded: (resource: string) => string | undefined;
  /** Account under which a proof was given for a nick that has none, while its holder stays. */
  readonly provenNick: (network: NetworkId, nick: string) => SubjectRef | undefined;
  /** Matrix ids that the configuration names as admins. */
  readonly admins: () => readonly string[];
  /** Whether the authority has to be asked about this subject before anything of theirs passes. */
  readonly isShut: (subject: string) => boolean;
};

/**
 * Who may do what, now: answered from memory, so that a revocation holds from the moment at which it is known, for what
 * waits in lanes too.
 */
export class Admission implements LineGate {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whether anything follows from what the authority says. */
  get isEnforced(): boolean {
    return this.#parts.hasAuthority && this.#parts.mode() === 'enforce';
  }

  at(): At {
    const { clock, directory, limits } = this.#parts;
    const nowMs = clock.nowMs();
    const ageMs = directory.asOfMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - directory.asOfMs);
    return { nowMs, ageMs, ...limits() };
  }

  /** @throws {Error} for a resource that is not in the configuration: a bug */
  resource(id: string): Resource {
    const resource = this.#parts.resources().get(id);
    if (resource === undefined) throw new Error(`there is no resource ${id}`);
    return resource;
  }

  resourceOf(portal: Portal): Resource | undefined {
    return this.#parts.resources().get(`channel:${portal.id}`);
  }

  /** Who a Matrix user is to the authority. */
  matrixUser(userId: string): Lookup<Member> {
    return this.#member({ kind: 'mxid', value: userId });
  }

  /**
   * Who a person of a network is to the authority: an account that the server vouches for, or a proof; never a nick, and
   * nobody of whom only another server says who they are.
   */
  networkUser(network: NetworkId, speaker: Identified): Lookup<Member> {
    const { provenNick, directory } = this.#parts;
    const isRelayed = speaker.origin !== undefined && speaker.origin !== null;
    if (isRelayed) return this.#member({ kind: 'irc-account', value: '', network });
    if (speaker.account !== null && speaker.account !== '')
      return this.#member({ kind: 'irc-account', value: foldAccount(speaker.account), network });
    const subject = provenNick(network, speaker.nick);
    if (subject !== undefined) return directory.member(subjectKey(subject));
    return this.#member({ kind: 'irc-account', value: '', network });
  }

  /** Whether the authority knows this account of a network as a member's. */
  isMember(network: NetworkId, account: string): boolean {
    return this.networkUser(network, { nick: '', account }).kind === 'found';
  }

  /** What follows for a Matrix user from what the authority says, in one room or Space. */
  standingOf(userId: string, resourceId: string): Standing {
    if (resourceId === ADMIN_ROOM && this.isAdmin(userId)) return ADMIN;
    return this.#standing(userId, this.resource(resourceId));
  }

  /** Named by the configuration, whatever the authority says. */
  isAdmin(userId: string): boolean {
    return this.#parts.admins().includes(userId);
  }

  /** Whether the authority names this user, or an agreement says something of them. */
  isKnown(userId: string): boolean {
    const { directory, visitors } = this.#parts;
    return directory.resolve({ kind: 'mxid', value: userId }).kind === 'found' || visitors.isKnown(userId);
  }

  /** Never moved by us: admins may look into every room, and come by themselves. */
  isExempt(userId: string, resourceId: string): boolean {
    return resourceId !== ADMIN_ROOM && this.isAdmin(userId);
  }

  /** Matrix ids of these subjects, of everybody and of visitors without them, and of the admins. */
  *matrixIds(subjects?: ReadonlySet<string>): Iterable<string> {
    const { directory, admins, visitors } = this.#parts;
    yield* admins();
    if (subjects === undefined) yield* visitors.userIds();
    for (const key of subjects ?? keysOf(directory))
      for (const { kind, value } of directory.handlesOf(key)) if (kind === 'mxid') yield value;
  }

  /** Matrix ids, each once. */
  concerned({ subjects, handles }: Concerned): string[] {
    const touched = handles.filter(({ kind }) => kind === 'mxid').map(({ value }) => value);
    return [...new Set([...this.matrixIds(new Set(subjects)), ...touched])];
  }

  subjectRefOf(userId: string): SubjectRef | undefined {
    const subject = this.#parts.directory.resolve({ kind: 'mxid', value: userId });
    return subject.kind === 'found' ? subject.value : undefined;
  }

  /** Whom a policy engine is asked about: a member with roles, or a visitor without any. */
  visitorOf(userId: string): SubjectRef | undefined {
    return this.#parts.visitors.subjectOf(userId);
  }

  /** Subject key of a Matrix user, at home where they are a visitor; the id itself where nobody knows it. */
  subjectOf(userId: string): string {
    const subject = this.subjectRefOf(userId) ?? this.visitorOf(userId);
    return subject === undefined ? userId : subjectKey(subject);
  }

  /** How somebody speaks from a portal's room: under which name, and whether by a connection of their own. */
  mannerIn(room: string, userId: string): Manner {
    const resource = this.#gated(this.#parts.portals.byRoom(room));
    if (resource === undefined) return {};
    const alias = this.#aliasOf(userId, resource);
    const relayed = !this.#standing(userId, resource).puppet;
    return { relayed, ...(alias === undefined ? {} : { alias }) };
  }

  /** What the seat says instead of a name: an alias, or the role alone. */
  #aliasOf(userId: string, { group }: Resource): string | undefined {
    const person = group === undefined ? undefined : this.matrixUser(userId);
    if (person?.kind !== 'found') return undefined;
    const seat = person.value.seats.find((each) => each.group === group);
    if (seat === undefined || seat.visibility === 'canonical') return undefined;
    return seat.visibility === 'alias' && seat.alias !== undefined ? seat.alias : (seat.roles.at(-1) ?? 'member');
  }

  /** Whether a step that was planned is still right: somebody may have come back, or gone, meanwhile. */
  stillWants({ kind, userId, code }: Step, resourceId: string): boolean {
    const { membership } = this.standingOf(userId, resourceId);
    if (kind === 'invite') return membership === 'in';
    if (kind === 'unban') return membership === 'in' || membership === 'may';
    return membership === 'out' || membership === 'banned' || code === 'left-space';
  }

  standingFor(person: Lookup<Member>, resource: Resource): Standing {
    const plain = standing(person, resource, this.at());
    if (person.kind !== 'found' || !this.#parts.isShut(subjectKey(person.value.subject))) return plain;
    return shut(plain, resource);
  }

  /** By any ground that there is: their own standing, or a visit. */
  #standing(userId: string, resource: Resource): Standing {
    return united(
      this.standingFor(this.matrixUser(userId), resource),
      this.#parts.visitors.standingIn(userId, resource, this.at()),
    );
  }

  /** Members with accounts on a network, with these. */
  *accountsOn(network: NetworkId): Iterable<{ readonly member: Lookup<Member>; readonly accounts: readonly string[] }> {
    const { directory } = this.#parts;
    for (const key of keysOf(directory)) {
      const accounts = directory
        .handlesOf(key)
        .filter((each) => each.kind === 'irc-account' && each.network === network);
      if (accounts.length > 0) yield { member: directory.member(key), accounts: accounts.map(({ value }) => value) };
    }
  }

  /** May a line of this Matrix user go out to the portal's channel? */
  toNetwork(id: PortalId, userId: string): Verdict {
    const portal = this.#parts.portals.get(id);
    const resource = this.#gated(portal);
    if (portal === undefined || resource === undefined) return YES;
    const lost = this.#parts.degraded(resource.id);
    if (lost !== undefined && resource.require !== 'none') return no('authority.degraded', lost);
    const { speaks, why, code } = this.#standing(userId, resource);
    return speaks ? YES : no(`authority.${code}`, why);
  }

  /** May a line of this person of the channel come into the portal's room? */
  toMatrix(id: PortalId, speaker: Speaker): Verdict {
    const portal = this.#parts.portals.get(id);
    const resource = this.#gated(portal);
    if (portal === undefined || resource === undefined) return YES;
    const lost = this.#parts.degraded(resource.id);
    if (lost !== undefined && resource.require !== 'none') return no('authority.degraded', lost);
    const ended = this.#parts.visitors.endedOrigin(speaker.origin ?? '');
    if (ended !== undefined) return no('authority.agreement-ended', ended);
    const person = this.networkUser(portal.network, speaker);
    const { speaks, why, code } = this.standingFor(person, resource);
    if (speaks) return YES;
    // Somebody of whom nothing is known may be let through under a mark; somebody who was shut out never is.
    const isStranger = person.kind === 'absent';
    if (isStranger && portal.config.unadmitted === 'tag') return { kind: 'yes', mark: UNADMITTED_MARK };
    return no(`authority.${code}`, why);
  }

  /** Who is in a room that follows an authority is not decided by operators of a network. */
  mayKick(): boolean {
    return !this.isEnforced;
  }

  #gated(portal: Portal | undefined): Resource | undefined {
    if (portal === undefined || !this.isEnforced) return undefined;
    return portal.direct === undefined ? this.resourceOf(portal) : IN_PRIVATE;
  }

  #member(handle: Handle): Lookup<Member> {
    const { directory } = this.#parts;
    const subject = directory.resolve(handle);
    return subject.kind === 'found' ? directory.member(subjectKey(subject.value)) : subject;
  }
}

/** In private everybody may speak against whom nothing is known: whoever wants to hear nothing of somebody can block them. */
const IN_PRIVATE: Resource = {
  id: 'channel:=private',
  kind: 'channel',
  label: 'private messages',
  groupState: 'active',
  require: 'none',
  staleness: 'open',
};

/** How old answers may be. */
export const limitsOf = ({ authority }: Config): { readonly softMs: number; readonly hardMs: number } => ({
  softMs: authority.softSeconds * 1000,
  hardMs: authority.hardSeconds * 1000,
});

const ADMIN: Standing = {
  membership: 'in',
  power: 50,
  speaks: true,
  puppet: false,
  ircStatus: '',
  code: 'admin',
  why: 'The configuration names them among the admins.',
  revision: null,
};

function* keysOf(directory: Directory): Iterable<string> {
  for (const { subject } of directory.members()) yield subjectKey(subject);
}

const no = (code: string, text: string): Verdict => ({
  kind: 'no',
  error: { code, text, retry: 'never', notify: 'sender' },
});
