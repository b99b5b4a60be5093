import type { Lookup, Member } from '../../core/authority/member.ts';
import { cleanName } from '../../core/identity/display-name.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import { makeGhostId, type NetworkId, type PortalId } from '../../core/ids.ts';
import type { ShutPerson, ShutVerdict } from '../../core/policy/plan-shut-outs.ts';
import { namesOfSpeaker, namesOfUser, type PolicyBook, type PolicyMatch } from '../../core/policy/policy-book.ts';
import type { Admission } from '../admission/admission.ts';
import type { Identified } from '../gates/line-gate.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { BoundedReports } from './bounded-reports.ts';

export type WhoIsOutParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly book: PolicyBook;
  readonly ghosts: Pick<Ghosts, 'idOf'>;
  readonly admission: Pick<Admission, 'networkUser' | 'matrixUser' | 'isAdmin'>;
  readonly hasAuthority: boolean;
  readonly isOurs: (userId: string) => boolean;
  /** Room ids of the lists that hold in a portal; undefined: everywhere. */
  readonly listsOf: (portal: Portal | undefined) => readonly string[];
  readonly nameOf: (list: string) => string;
  readonly reports: BoundedReports;
};

/** Why nothing of somebody passes, for people. */
export type Refusal = { readonly text: string };

/**
 * Whom policy lists shut out. The authority stays the master: whoever it calls its own is its to decide about, and a list says nothing of them. A
 * list lets nobody in.
 */
export class WhoIsOut {
  readonly #parts: WhoIsOutParts;

  constructor(parts: WhoIsOutParts) {
    this.#parts = parts;
  }

  /** Somebody on Matrix. */
  user(id: PortalId, userId: string): Refusal | undefined {
    const portal = this.#parts.portals.get(id);
    return portal === undefined ? undefined : this.#user(placeOf(portal), portal, userId);
  }

  /** Somebody on the portal's network. */
  speaker(id: PortalId, who: Identified): Refusal | undefined {
    const portal = this.#parts.portals.get(id);
    return portal === undefined ? undefined : this.#speaker(placeOf(portal), portal, who);
  }

  /** Of two who have no private conversation yet, one with whom nobody is to begin one. */
  private(network: NetworkId, userId: string, who: Identified): Refusal | undefined {
    const place = { network, key: 'private', where: 'in private' };
    return this.#user(place, undefined, userId) ?? this.#speaker(place, undefined, who);
  }

  /** Whether a rule means somebody of the portal's network, whatever follows from it. */
  isMeant(portal: Portal, who: Identified): boolean {
    return this.#matchPerson(portal.network, portal, who) !== undefined;
  }

  /** What is to be done about somebody on the portal's network. */
  verdict(portal: Portal, ghost: string, who: ShutPerson): ShutVerdict {
    const match = this.#matchPerson(portal.network, portal, who, ghost);
    if (match === undefined) return { kind: 'free' };
    const standing = this.#standing(this.#parts.admission.networkUser(portal.network, who));
    if (standing === 'known') return { kind: 'free' };
    return standing === 'unsure' ? { kind: 'unsure' } : { kind: 'out', reason: this.reasonOf(match) };
  }

  /** The rule that means a room, by its id or an alias. */
  room(portal: Portal, names: readonly string[]): PolicyMatch | undefined {
    for (const list of this.#parts.listsOf(portal)) {
      const rule = this.#parts.book.rules(list)?.matchRoom(names);
      if (rule !== undefined) return { list, rule };
    }
    return undefined;
  }

  reasonOf({ list, rule }: PolicyMatch): string {
    const because = rule.reason === '' ? '' : `: ${rule.reason}`;
    return `shut out by the policy list ${this.#parts.nameOf(list)}${because}`;
  }

  #user(place: Place, portal: Portal | undefined, userId: string): Refusal | undefined {
    const { admission, isOurs } = this.#parts;
    const match = isOurs(userId) ? undefined : this.#match(portal, namesOfUser(userId));
    if (match === undefined) return undefined;
    const isSpared = admission.isAdmin(userId) || this.#standing(admission.matrixUser(userId)) === 'known';
    return isSpared ? this.#spare(match, userId) : this.#refuse(match, userId, place);
  }

  #speaker(place: Place, portal: Portal | undefined, who: Identified): Refusal | undefined {
    const match = this.#matchPerson(place.network, portal, who);
    if (match === undefined) return undefined;
    const name = `${cleanName(who.nick)} (${place.network})`;
    const isSpared = this.#standing(this.#parts.admission.networkUser(place.network, who)) === 'known';
    return isSpared ? this.#spare(match, name) : this.#refuse(match, name, place);
  }

  #matchPerson(
    network: NetworkId,
    portal: Portal | undefined,
    who: Identified,
    ghost?: string,
  ): PolicyMatch | undefined {
    const { kit, ghosts, book } = this.#parts;
    if (book.isEmpty) return undefined;
    const fold = (name: string): string => kit.networks.get(network)?.fold(name) ?? name.toLowerCase();
    const { nick, account, origin } = who;
    const at = origin === undefined || origin === null ? {} : { origin };
    const subject = subjectOf({ nick, account, ...at }, fold);
    // Also by the id that follows from their account where another ghost stands for them now.
    const own = makeGhostId(network, subject, kit.homeserver.serverName, kit.digest);
    const names = new Set([ghosts.idOf(network, subject), own, ...(ghost === undefined ? [] : [ghost])]);
    return this.#match(portal, namesOfSpeaker([...names], origin));
  }

  #match(portal: Portal | undefined, names: ReturnType<typeof namesOfUser>): PolicyMatch | undefined {
    const { book, listsOf } = this.#parts;
    return book.isEmpty ? undefined : book.match(listsOf(portal), names);
  }

  /** `known`: the authority calls them its own. Silence of the authority makes nobody known, and nobody a stranger for good. */
  #standing(person: Lookup<Member>): 'known' | 'unsure' | 'stranger' {
    if (!this.#parts.hasAuthority || person.kind === 'absent') return 'stranger';
    if (person.kind === 'unknown') return 'unsure';
    return NOT_ITS_OWN.has(person.value.status) ? 'stranger' : 'known';
  }

  #spare(match: PolicyMatch, name: string): undefined {
    const { reports, nameOf } = this.#parts;
    reports.say(
      `spared ${match.list} ${name}`,
      `The policy list ${nameOf(match.list)} means ${name} (${match.rule.entity}), whom the cooperative knows. Nothing follows from it: about its own people the cooperative decides.`,
    );
  }

  #refuse(match: PolicyMatch, name: string, { key, where }: Place): Refusal {
    const text = this.reasonOf(match);
    this.#parts.reports.say(
      `out ${match.list} ${key} ${name}`,
      `${name} is ${text}. What they say does not pass ${where}.`,
    );
    return { text };
  }
}

/** The authority names them, and does not call them its own. */
const NOT_ITS_OWN: ReadonlySet<string> = new Set(['applicant', 'suspended', 'departed', 'expelled']);

/** Where something would have passed. */
type Place = { readonly network: NetworkId; readonly key: string; readonly where: string };

const placeOf = ({ id, network, channel, direct }: Portal): Place => ({
  network,
  key: direct === undefined ? id : 'private',
  where: direct === undefined ? `between ${channel} and its room` : 'in private',
});
