import type { Resource } from '../../core/authority/access.ts';
import type { Agreement } from '../../core/authority/agreement.ts';
import type { Freshness, Lookup, Member } from '../../core/authority/member.ts';
import { takesVisitors } from '../../core/authority/visit.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority } from '../../ports/authority.ts';
import type { AgreementReport } from '../../ports/status.ts';
import type { VisitAnswer } from '../../ports/visit.ts';
import type { Invitations } from '../admission/invitations.ts';
import type { ManagedRooms } from '../admission/managed-rooms.ts';
import type { Say } from '../admission/say.ts';
import type { Kit } from '../kit.ts';
import { AgreementEndings } from './agreement-endings.ts';
import { PrivateRooms } from './private-rooms.ts';
import { VisitorDesk } from './visitor-desk.ts';
import { Visitors } from './visitors.ts';

export type VisitingParts = {
  readonly kit: Kit;
  /** Undefined: there are no agreements. */
  readonly authority: Authority | undefined;
  readonly audit: Audit;
  readonly say: Say;
  readonly rooms: ManagedRooms;
  readonly invitations: Invitations;
  readonly mode: () => 'observe' | 'enforce';
  readonly ownServers: () => readonly string[];
  /** A sentence for admins. */
  readonly onAlert: (text: string) => void;
  readonly resources: () => Iterable<Resource>;
  readonly ownMember: (userId: string) => Lookup<Member>;
  readonly isOut: (userId: string, resource: string) => boolean;
  readonly isLost: (resource: string) => boolean;
  readonly onServers: (cause: string) => void;
  readonly onPeople: (userIds: readonly string[], cause: string) => void;
  readonly onLook: (resources: readonly string[], cause: string, userIds: readonly string[]) => void;
};

/** Everything about people of other shards: agreements, visits, the door, and what follows when an agreement ends. */
export class Visiting {
  readonly visitors: Visitors;
  readonly privateRooms: PrivateRooms;
  readonly #parts: VisitingParts;
  readonly #endings: AgreementEndings | undefined;
  readonly #desk: VisitorDesk | undefined;

  constructor(parts: VisitingParts) {
    const { kit, authority, say, rooms, onPeople } = parts;
    const homeserver = kit.homeserver.serverName;
    const own = { iss: authority?.description.issuer ?? homeserver, homeserver };
    this.#parts = parts;
    this.visitors = new Visitors({
      kit,
      own,
      ownServers: parts.ownServers,
      onServers: parts.onServers,
      onPeople,
      onEnded: (ids) => this.#endings?.begin(ids),
    });
    const { visitors } = this;
    this.privateRooms = new PrivateRooms({ kit, say, servers: visitors.servers });
    if (authority?.description.supports.has('agreements') !== true) return;
    this.#desk = new VisitorDesk({
      ...parts,
      authority,
      visitors,
      callBack: (userId, resources) => this.#callBack(userId, resources),
    });
    this.#endings = new AgreementEndings({
      ...parts,
      authority,
      visitors,
      rooms: () => rooms.all(),
      known: (resource) => rooms.known(resource),
      hasRoom: (resource) => rooms.roomIdOf(resource) !== undefined,
      say: (resource, text, key) => {
        const room = rooms.roomIdOf(resource);
        return room === undefined ? Promise.resolve() : say.inRoom(room, text, key);
      },
    });
  }

  async load(): Promise<void> {
    await this.visitors.load();
    await this.privateRooms.load();
  }

  start(): void {
    this.visitors.start();
  }

  stop(): void {
    this.visitors.stop();
    this.#endings?.stop();
  }

  async learned(agreements: readonly Agreement[], freshness: Freshness): Promise<void> {
    await this.visitors.learned(agreements, freshness);
    for (const text of this.#idleGrants()) this.#parts.onAlert(text);
  }

  /** What was agreed and cannot be, for all that the configuration says, as sentences. */
  #idleGrants(): string[] {
    const resources = new Map([...this.#parts.resources()].map((resource) => [resource.id, resource]));
    const inForce = this.visitors.book.all().filter(({ agreement: { id } }) => this.visitors.book.inForce(id));
    return inForce.flatMap(({ agreement: { id, grants } }) =>
      grants.flatMap(({ resource }) => {
        const known = resources.get(resource);
        if (known !== undefined && takesVisitors(known)) return [];
        const why = known === undefined ? 'there is no such room here' : CLOSED_TO_VISITORS;
        return [`The agreement ${id} lets visitors into ${resource}, and nobody comes in there: ${why}.`];
      }),
    );
  }

  /** A room was looked at. */
  kept(): void {
    this.#endings?.kept();
  }

  /** @param presenter the account that presented it in a room; null: by HTTP */
  present(token: string, presenter: string | null): Promise<VisitAnswer> {
    const none = 'This shard has no agreements with others, so nobody comes as a visitor.';
    return this.#desk?.present(token, presenter) ?? Promise.resolve({ kind: 'refused', code: 'none', text: none });
  }

  /** The bot is called into a room for two that is none of those that we keep. */
  called(room: string, by: string): Promise<void> {
    const isOurs = this.#parts.rooms.resourceOf(room) !== undefined || this.#desk === undefined;
    return isOurs ? Promise.resolve() : this.privateRooms.called(room, by);
  }

  seen(event: MatrixEvent): Promise<void> {
    return this.privateRooms.seen(event);
  }

  /** What the bot was told in private is not left lying there. @returns whether it could be removed */
  async forgetMessage({ room_id, event_id }: MatrixEvent): Promise<boolean> {
    const { homeserver } = this.#parts.kit;
    const { botId } = homeserver;
    return (await homeserver.redact(botId, room_id, event_id, `visit.${event_id}`, 'It holds an assertion.')).ok;
  }

  report(): readonly AgreementReport[] {
    const live = this.visitors.visits.live();
    return this.visitors.book.all().map(({ agreement, ending, isGone }) => ({
      id: agreement.id,
      version: agreement.version,
      peer: agreement.peer.homeserver,
      state: isGone
        ? 'gone'
        : this.visitors.book.inForce(agreement.id) === undefined
          ? notInForce(agreement)
          : 'active',
      visitors: live.filter((visit) => visit.agreement === agreement.id).length,
      ...(ending === undefined ? {} : { ending: ending.stage, why: ending.why }),
    }));
  }

  /** Whoever left by themselves is called again when they present an assertion, and at no other time. */
  async #callBack(userId: string, resources: readonly string[]): Promise<void> {
    const { rooms, invitations } = this.#parts;
    const why = 'They presented an assertion, and had left by themselves.';
    for (const resource of resources) {
      const own = rooms.known(resource)?.members.get(userId);
      if (own?.membership !== 'leave' || own.sender !== userId) continue;
      await invitations.invite({ actor: userId, cause: 'visit', userId, resource, why });
    }
  }
}

const CLOSED_TO_VISITORS =
  'visitors come into active rooms with federate: true that ask for no more than membership, and into no hidden ones';

const notInForce = ({ state }: Agreement): string => (state === 'active' ? 'not in force' : state);
