import { GROUPS, KINDS, type ResourceKind, USERS } from './attributes.ts';
import { Refusal } from './refusal.ts';
import type { Resource } from './resource.ts';
import { handlesOf, memberIds, ownerKey } from './resources-to-members.ts';

/** Everything that the directory wrote, with what it has to be found by. */
export class KeptResources {
  readonly #byKind = new Map<ResourceKind, Map<string, Resource>>(KINDS.map((kind) => [kind, new Map()]));
  /** What only one resource may have → the id of that resource. */
  readonly #owners = new Map<string, string>();
  readonly #groupsOf = new Map<string, Set<string>>();

  of(kind: ResourceKind): ReadonlyMap<string, Resource> {
    return this.#byKind.get(kind) ?? new Map();
  }

  get size(): number {
    return this.of(USERS).size + this.of(GROUPS).size;
  }

  /** Those that have the user as a member. */
  groupsOf(userId: string): Resource[] {
    return [...(this.#groupsOf.get(userId) ?? [])].flatMap((id) => this.of(GROUPS).get(id) ?? []);
  }

  /** @throws Refusal (409) where another resource has what only one may have */
  refuseConflicts(kind: ResourceKind, resource: Resource): void {
    for (const [key, what] of uniqueKeys(kind, resource)) {
      const owner = this.#owners.get(key);
      if (owner !== undefined && owner !== resource.id)
        throw new Refusal(409, `Another ${kind.name} has the same ${what}.`, 'uniqueness');
    }
  }

  put(kind: ResourceKind, resource: Resource): void {
    const before = this.of(kind).get(resource.id);
    if (before !== undefined) this.#unindex(kind, before);
    this.#byKind.get(kind)?.set(resource.id, resource);
    for (const [key] of uniqueKeys(kind, resource)) this.#owners.set(key, resource.id);
    if (kind !== GROUPS) return;
    for (const user of memberIds(resource)) {
      const groups = this.#groupsOf.get(user) ?? new Set();
      this.#groupsOf.set(user, groups.add(resource.id));
    }
  }

  delete(kind: ResourceKind, id: string): void {
    const before = this.of(kind).get(id);
    if (before === undefined) return;
    this.#unindex(kind, before);
    this.#byKind.get(kind)?.delete(id);
  }

  #unindex(kind: ResourceKind, resource: Resource): void {
    for (const [key] of uniqueKeys(kind, resource)) this.#owners.delete(key);
    if (kind === GROUPS) for (const user of memberIds(resource)) this.#groupsOf.get(user)?.delete(resource.id);
  }
}

function uniqueKeys(kind: ResourceKind, resource: Resource): (readonly [key: string, what: string])[] {
  const { userName, externalId } = resource;
  const keys: (readonly [string, string])[] = [];
  if (typeof externalId === 'string') keys.push([`${kind.name} externalId ${externalId}`, 'externalId']);
  if (kind !== USERS) return keys;
  if (typeof userName === 'string') keys.push([`userName ${userName.toLowerCase()}`, 'userName']);
  for (const handle of handlesOf(resource).handles) keys.push([`handle ${ownerKey(handle)}`, handle.value]);
  return keys;
}
