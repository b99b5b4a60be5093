import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type AuthorityUpdate, type Freshness, type Member, subjectKey } from '../../core/authority/member.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ScimStore } from '../../ports/scim-store.ts';
import { MAX_SINGLE_CHANGES } from '../member-feed.ts';
import { Revisions } from '../revisions.ts';
import { MAX_SUBJECT } from '../words.ts';
import { GROUPS, KINDS, type ResourceKind, USERS } from './attributes.ts';
import { KeptResources } from './kept-resources.ts';
import { bad, quote, Refusal } from './refusal.ts';
import { isTree, type Resource, type Tree } from './resource.ts';
import { handlesOf, memberIds, type ScimWords, subjectOf, toMember } from './resources-to-members.ts';

const MAX_RESOURCES = 100_000;

const keyOf = (kind: ResourceKind, id: string): string => `${kind.name}/${id}`;

export type DirectoryParts = {
  readonly store: ScimStore;
  readonly words: ScimWords;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears each change once it is durable. */
  readonly onChange: (updates: readonly AuthorityUpdate[]) => void;
};

/** Whether a resource may be changed as it is now; throws a 412. */
export type Precondition = (resource: Resource) => void;

/**
 * What the directory wrote to us. Writes come one after the other; each is durable before it shows. What a write
 * changes for people is told as soon as it is.
 */
export class ScimDirectory {
  readonly #parts: DirectoryParts;
  readonly #revisions: Revisions;
  readonly #kept = new KeptResources();
  readonly #members = new Map<string, Member>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
    this.#revisions = new Revisions(parts.clock);
  }

  /** @throws whatever the store does; may be called again */
  async load(): Promise<void> {
    const rows = await this.#parts.store.load();
    const read = rows.map(({ key, json }) => {
      const kind = KINDS.find(({ name }) => key.startsWith(`${name}/`));
      const value: unknown = JSON.parse(json);
      if (kind === undefined || !isTree(value) || typeof value.id !== 'string')
        throw new Error(`the stored resource ${key.slice(0, 80)} cannot be read`);
      return { kind, resource: value as Resource };
    });
    read.sort((a, b) => (madeAt(a.resource) < madeAt(b.resource) ? -1 : 1));
    for (const { kind, resource } of read) this.#kept.put(kind, resource);
    for (const user of this.#kept.of(USERS).values()) this.#members.set(user.id, this.#memberOf(user));
  }

  /** Whether the directory ever wrote anything that is still there. */
  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  get members(): Member[] {
    return [...this.#members.values()];
  }

  member(sub: string): Member | undefined {
    return this.members.find((member) => member.subject.sub === sub);
  }

  freshness(via: Freshness['via']): Freshness {
    return this.#revisions.next(via);
  }

  of(kind: ResourceKind): ReadonlyMap<string, Resource> {
    return this.#kept.of(kind);
  }

  groupsOf(userId: string): Resource[] {
    return this.#kept.groupsOf(userId);
  }

  /** @throws Refusal (404) */
  get(kind: ResourceKind, id: string): Resource {
    const found = this.#kept.of(kind).get(id);
    if (found === undefined) throw new Refusal(404, `There is no ${kind.name} ${quote(id)}.`);
    return found;
  }

  /** @throws Refusal, 503 where it could not be made durable */
  create(kind: ResourceKind, tree: Tree): Promise<Resource> {
    return this.#inTurn(async () => {
      if (this.#kept.of(kind).size >= MAX_RESOURCES)
        throw new Refusal(507, `There are ${MAX_RESOURCES} resources of the kind ${kind.name}; more are not kept.`);
      const now = this.#now();
      const id = randomUUID();
      const meta = { resourceType: kind.name, created: now, lastModified: now, version: this.#version() };
      return this.#write(kind, { ...tree, id, meta });
    });
  }

  /** `change` makes the new resource out of the one there. @throws Refusal */
  update(kind: ResourceKind, id: string, allow: Precondition, change: (before: Resource) => Tree): Promise<Resource> {
    return this.#inTurn(async () => {
      const before = this.get(kind, id);
      allow(before);
      const { id: _id, meta: _meta, ...content } = change(before);
      const { id: _before, meta, ...old } = before;
      // What changes nothing writes nothing, and keeps the version.
      if (isDeepStrictEqual(content, old)) return before;
      const fresh = { ...(isTree(meta) ? meta : {}), lastModified: this.#now(), version: this.#version() };
      return this.#write(kind, { ...content, id, meta: fresh });
    });
  }

  /** @throws Refusal */
  delete(kind: ResourceKind, id: string, allow: Precondition): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.get(kind, id);
      allow(before);
      await this.#durably(this.#parts.store.delete([keyOf(kind, id)]));
      this.#changing(kind, before, undefined, () => this.#kept.delete(kind, id));
      if (kind === USERS) await this.#leaveGroups(id);
    });
  }

  async #write(kind: ResourceKind, resource: Resource): Promise<Resource> {
    refuseUnfit(kind, resource);
    this.#kept.refuseConflicts(kind, resource);
    await this.#durably(this.#parts.store.save([{ key: keyOf(kind, resource.id), json: JSON.stringify(resource) }]));
    const before = this.#kept.of(kind).get(resource.id);
    this.#changing(kind, before, resource, () => this.#kept.put(kind, resource));
    return resource;
  }

  /** Nobody is a member of a group for ever because the user is gone. Should it fail, the group names nobody. */
  async #leaveGroups(userId: string): Promise<void> {
    const left = this.#kept.groupsOf(userId).map(({ members, meta, ...group }): Resource => {
      const others = (Array.isArray(members) ? members : []).filter(({ value }) => value !== userId);
      const fresh = { ...(isTree(meta) ? meta : {}), lastModified: this.#now(), version: this.#version() };
      return { ...group, id: group.id, ...(others.length > 0 && { members: others }), meta: fresh };
    });
    for (const group of left) this.#kept.put(GROUPS, group);
    const rows = left.map((group) => ({ key: keyOf(GROUPS, group.id), json: JSON.stringify(group) }));
    await this.#parts.store.save(rows).catch((error: unknown) => {
      this.#parts.log.warn('A group still names a user who was deleted; that has no effect.', { error: String(error) });
    });
  }

  /** Does it in memory, and says what it changed for people. */
  #changing(kind: ResourceKind, before: Resource | undefined, after: Resource | undefined, change: () => void): void {
    change();
    const ids = kind === USERS ? [(before ?? after)?.id ?? ''] : affected(before, after);
    const changed = ids.flatMap((id) => this.#refreshed(id));
    if (changed.length === 0) return;
    const freshness = this.freshness('push');
    this.#parts.onChange(
      changed.length > MAX_SINGLE_CHANGES
        ? [{ kind: 'snapshot', snapshot: { members: this.members }, freshness }]
        : changed.map(([subject, member]) => ({ kind: 'member', subject, member, freshness })),
    );
  }

  /** The member again as it follows from what is kept; what changed by it. */
  #refreshed(id: string): (readonly [Member['subject'], Member | null])[] {
    const before = this.#members.get(id);
    const user = this.#kept.of(USERS).get(id);
    const after = user === undefined ? undefined : this.#memberOf(user);
    if (isDeepStrictEqual(before, after)) return [];
    if (after === undefined) this.#members.delete(id);
    else this.#members.set(id, after);
    const gone =
      before !== undefined && (after === undefined || subjectKey(before.subject) !== subjectKey(after.subject));
    return [
      ...(gone ? [[before.subject, null] as const] : []),
      ...(after === undefined ? [] : [[after.subject, after] as const]),
    ];
  }

  #memberOf(user: Resource): Member {
    return toMember(user, this.#kept.groupsOf(user.id), this.#parts.words);
  }

  async #durably(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.error('What the directory wrote could not be stored; it was told to try again.', {
        error: error instanceof Error ? error.message : String(error),
      });
      throw new Refusal(503, 'It could not be stored. Try again.');
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }

  #now(): string {
    return new Date(this.#parts.clock.nowMs()).toISOString();
  }

  #version(): string {
    return `W/"${this.freshness('push').revision}"`;
  }
}

const madeAt = ({ id, meta }: Resource): string => `${isTree(meta) ? String(meta.created) : ''} ${id}`;

/** Users whom the change of a group concerns. */
function affected(before: Resource | undefined, after: Resource | undefined): string[] {
  const was = new Set(before === undefined ? [] : memberIds(before));
  const is = new Set(after === undefined ? [] : memberIds(after));
  const hasSameName = before?.displayName === after?.displayName && before?.externalId === after?.externalId;
  return [...new Set([...was, ...is])].filter((id) => !hasSameName || was.has(id) !== is.has(id));
}

function refuseUnfit(kind: ResourceKind, resource: Resource): void {
  for (const { name, required } of kind.schema.attributes)
    if (required === true && resource[name] === undefined) throw bad('invalidValue', `${name} is missing.`);
  if (kind !== USERS) return;
  if (subjectOf(resource).length > MAX_SUBJECT)
    throw bad('invalidValue', `externalId has more than ${MAX_SUBJECT} characters.`);
  const { wrong } = handlesOf(resource);
  if (wrong.length > 0)
    throw bad(
      'invalidValue',
      `${quote(wrong[0])} is no handle. Matrix ids look like @ada:willow.example, accounts like home/ada, DIDs like did:key:z6Mk….`,
    );
}
