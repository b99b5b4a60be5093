import type { Resource } from '../../core/authority/access.ts';
import { decide } from '../../core/authority/decide.ts';
import { markerKeys } from '../../core/convert/marker.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { Audit } from '../../ports/audit.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import type { Kit } from '../kit.ts';
import type { Admission } from './admission.ts';
import type { Invitations } from './invitations.ts';
import type { ManagedRooms } from './managed-rooms.ts';
import type { Say } from './say.ts';

/** Somebody asks to be let into a room; coordinators of that room decide, and the authority again at that moment. */
type Request = {
  readonly id: string;
  readonly userId: string;
  readonly resource: string;
  /** Our message that announced it, once it is seen: a reaction to it is an answer. */
  readonly eventId?: string;
};

const REQUEST = 'request:';
/** Key of the message that announces a request. */
const ANNOUNCEMENT = 'request|';
const MAX_OPEN = 500;
const YES = /^(✅|👍|\u2714)/u;

/** Who answers: by Matrix id, or as the audit log names them. */
type Approver = {
  readonly name: string;
  /** Known without looking; otherwise their standing says it. */
  readonly isAdmin?: true;
};

const no = (text: string): CommandAnswer => ({ ok: false, text });

export type RequestsParts = {
  readonly kit: Kit;
  readonly admission: Admission;
  readonly rooms: ManagedRooms;
  readonly audit: Audit;
  readonly say: Say;
  readonly invitations: Invitations;
};

/** Knocking, on a homeserver where nobody can knock. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #open = new Map<string, Request>();

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const { db, stores } = this.#parts.kit;
    for (const text of (await db.transaction((sql) => stores.cursor.list(sql, REQUEST))).values()) {
      const request = JSON.parse(text) as Request;
      this.#open.set(request.id, request);
    }
  }

  /** @returns what is said to the person who asked */
  async ask(userId: string, resource: string): Promise<string> {
    const { rooms, kit, say } = this.#parts;
    const wanted = rooms.get(resource);
    const roomId = rooms.roomIdOf(resource);
    if (wanted === undefined || roomId === undefined) return 'There is no such room here.';
    if (rooms.known(resource)?.isJoined(userId) === true) return `You are in ${wanted.name} already.`;
    const may = this.#mayJoin(userId, resource);
    if (!may.allow) {
      await this.#noteDenied(userId, userId, resource, may.why, may.revision);
      return may.why;
    }
    if ([...this.#open.values()].some((open) => open.userId === userId && open.resource === resource))
      return `You asked for ${wanted.name} already; its coordinators were told.`;
    if (this.#open.size >= MAX_OPEN) return 'Too many requests wait for an answer. Ask again later.';
    const id = kit.code().slice(0, 5).toLowerCase();
    await this.#store({ id, userId, resource });
    await say.inRoom(
      roomId,
      `${userId} asks to be let in. A coordinator of this room says \`!causeway approve ${id}\`, or \`!causeway refuse ${id}\`.`,
      ANNOUNCEMENT + id,
    );
    return `Your request for ${wanted.name} was passed on to its coordinators.`;
  }

  /** @returns what is said to the approver */
  async answer(id: string, { name: approver, isAdmin }: Approver, isYes: boolean): Promise<CommandAnswer> {
    const { admission, invitations } = this.#parts;
    const request = this.#open.get(id.toLowerCase());
    if (request === undefined) return no(`There is no open request ${id}.`);
    const { userId, resource } = request;
    const power = this.#mayInvite(approver, admission.resource(resource));
    if (isAdmin !== true && !power.allow && !admission.isAdmin(approver)) {
      await this.#noteDenied(approver, userId, resource, power.why, power.revision);
      return no(`That is for coordinators of this room: ${power.why}`);
    }
    await this.#close(request);
    if (!isYes) {
      await this.#noteDenied(approver, userId, resource, `${approver} refused the request.`, null);
      return { ok: true, text: `${userId} is not let in.` };
    }
    // What was true when they asked may not be true any more.
    const may = this.#mayJoin(userId, resource);
    if (!may.allow) {
      await this.#noteDenied(approver, userId, resource, may.why, may.revision);
      return no(`${userId} cannot be let in now: ${may.why}`);
    }
    const why = `${approver} approved the request.`;
    const done = await invitations.invite({ actor: approver, cause: 'request', userId, resource, why });
    if (done.kind === 'invited') return { ok: true, text: `${userId} is invited.` };
    if (done.kind === 'failed') return no(`${userId} could not be invited: ${done.error.text}`);
    if (done.kind === 'refused') return no(`${userId} cannot be let in now: ${done.text}`);
    await this.#store(request);
    return no(`${done.text} Approve again once it can.`);
  }

  /** A message of our own came back: it may be an announcement. */
  async ownMessage({ content, event_id: eventId }: MatrixEvent): Promise<void> {
    for (const key of markerKeys(content)) {
      const request = key.startsWith(ANNOUNCEMENT) ? this.#open.get(key.slice(ANNOUNCEMENT.length)) : undefined;
      if (request !== undefined && request.eventId === undefined) await this.#store({ ...request, eventId });
    }
  }

  /** A reaction to the announcement counts as an answer. @returns what is said; undefined where it was none */
  async reacted(key: string, approver: string, eventId: string): Promise<string | undefined> {
    const request = YES.test(key) ? [...this.#open.values()].find((open) => open.eventId === eventId) : undefined;
    return request === undefined ? undefined : (await this.answer(request.id, { name: approver }, true)).text;
  }

  async #store(request: Request): Promise<void> {
    const { db, stores } = this.#parts.kit;
    await db.transaction((sql) => stores.cursor.set(sql, REQUEST + request.id, JSON.stringify(request)));
    this.#open.set(request.id, request);
  }

  async #close(request: Request): Promise<void> {
    const { db, stores } = this.#parts.kit;
    this.#open.delete(request.id);
    await db.transaction((sql) => stores.cursor.delete(sql, REQUEST + request.id));
  }

  /** Whether somebody coordinates any of these rooms. */
  isCoordinator(userId: string, resources: readonly Resource[]): boolean {
    return resources.some((resource) => this.#mayInvite(userId, resource).allow);
  }

  #mayInvite(userId: string, resource: Resource) {
    const { admission } = this.#parts;
    return decide('channel.invite', admission.matrixUser(userId), resource, admission.at());
  }

  #mayJoin(userId: string, resource: string) {
    const { admission } = this.#parts;
    return decide('channel.join', admission.matrixUser(userId), admission.resource(resource), admission.at());
  }

  #noteDenied(actor: string, userId: string, resource: string, why: string, revision: number | null): Promise<boolean> {
    const { audit, admission } = this.#parts;
    const subject = admission.subjectOf(userId);
    return audit.write([
      {
        phase: 'denied',
        actor,
        cause: 'request',
        subject,
        action: 'invite',
        resource,
        why,
        revision,
      },
    ]);
  }
}
