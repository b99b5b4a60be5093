import type { MatrixEvent } from '../events.ts';

export type Content = Readonly<Record<string, unknown>>;
export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock';
/** `sender`: who brought it about, such as the inviter. */
export type ActualMember = {
  readonly membership: Membership;
  readonly displayName: string | null;
  readonly sender: string;
};
/** One valid link between a Space and a room: it names at least one server to join through. */
export type ActualLink = {
  readonly via: readonly string[];
  /** Position among the children; absent where missing or not as the specification wants it. */
  readonly order?: string;
  readonly suggested: boolean;
  readonly canonical: boolean;
  /** Everything in it, as written. */
  readonly raw: Content;
};
export type ServerAcl = {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly allowIpLiterals: boolean;
};
export type Threshold = 'ban' | 'kick' | 'redact' | 'invite' | 'state_default' | 'events_default';

/** What counts where the power levels leave it out (Client-Server API, m.room.power_levels). */
const THRESHOLD_DEFAULTS: Readonly<Record<Threshold, number>> = {
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
  state_default: 50,
  events_default: 0,
};
/** Creators of a room of this version or newer stand above all levels (MSC4289). */
const POWERFUL_CREATORS_SINCE = 12;
const FIRST_VERSION = '1';
const MEMBERSHIPS: ReadonlySet<unknown> = new Set<Membership>(['join', 'invite', 'leave', 'ban', 'knock']);
/** State that is kept, with an empty key; all else that anybody may write into a room takes no memory here. */
export const KEPT: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.server_acl',
  'm.room.guest_access',
  'm.room.history_visibility',
  'm.room.power_levels',
  'm.room.encryption',
  'm.room.tombstone',
  'm.room.canonical_alias',
]);
const MAX_LINKS = 20_000;
const MAX_LISTED = 1_000;
const MAX_NAME_CHARS = 255;
const ORDER = /^[\x20-\x7e]{1,50}$/;

/**
 * What a room is now, by its state events. Mutable: {@link applyEvent} changes one entry, so that a room of ten thousand
 * members costs nothing to follow; everything else only reads. Nothing in the state is believed to have any type.
 */
export class ActualRoom {
  readonly roomId: string;
  readonly #members = new Map<string, ActualMember>();
  readonly #children = new Map<string, ActualLink>();
  readonly #parents = new Map<string, ActualLink>();
  readonly #rules = new Map<string, Content>();
  readonly #state = new Map<string, Content>();
  #creators: ReadonlySet<string> = new Set();

  constructor(roomId: string) {
    this.roomId = roomId;
  }

  /** By user id, those who left and who are banned included. */
  get members(): ReadonlyMap<string, ActualMember> {
    return this.#members;
  }

  /** Rooms that this Space lists, by room id. */
  get children(): ReadonlyMap<string, ActualLink> {
    return this.#children;
  }

  /** Spaces that this room says it belongs to, by room id. */
  get parents(): ReadonlyMap<string, ActualLink> {
    return this.#parents;
  }

  /** Rules about people (`m.policy.rule.user`) by state key; empty ones are none. */
  get policyRules(): ReadonlyMap<string, Content> {
    return this.#rules;
  }

  /** Content of a state event with an empty key; undefined where there is none, or where it is of no concern to us. */
  content(type: string): Content | undefined {
    return this.#state.get(type);
  }

  /** Number of the room's version; 0 where it is not a number, as of experimental ones. */
  get version(): number {
    const version = this.content('m.room.create')?.room_version ?? FIRST_VERSION;
    return typeof version === 'string' && /^\d{1,4}$/.test(version) ? Number(version) : 0;
  }

  /** Who made it. From version 12 on they have more power than any level, and may be several. */
  get creators(): ReadonlySet<string> {
    return this.#creators;
  }

  get creatorsAreAbove(): boolean {
    return this.version >= POWERFUL_CREATORS_SINCE;
  }

  /** Whether people of other homeservers may ever come in; fixed when the room was made. */
  get federate(): boolean {
    return this.content('m.room.create')?.['m.federate'] !== false;
  }

  get type(): string | undefined {
    return textIn(this.content('m.room.create')?.type);
  }

  get isSpace(): boolean {
    return this.type === 'm.space';
  }

  get name(): string | undefined {
    return textIn(this.content('m.room.name')?.name);
  }

  get topic(): string | undefined {
    return textIn(this.content('m.room.topic')?.topic);
  }

  get canonicalAlias(): string | undefined {
    return textIn(this.content('m.room.canonical_alias')?.alias);
  }

  /** `invite` where there is none, as the specification has it. `allow`: rooms whose members may enter a restricted one. */
  get joinRule(): { readonly rule: string; readonly allow: readonly string[] } {
    const content = this.content('m.room.join_rules');
    const allow = Array.isArray(content?.allow) ? content.allow.slice(0, MAX_LISTED) : [];
    const rooms = allow.filter(isObject).filter((each) => each.type === 'm.room_membership');
    return {
      rule: textIn(content?.join_rule) ?? 'invite',
      allow: rooms.flatMap((each) => textIn(each.room_id) ?? []),
    };
  }

  /** Undefined: every server may take part. */
  get serverAcl(): ServerAcl | undefined {
    const content = this.content('m.room.server_acl');
    if (content === undefined) return undefined;
    return {
      allow: textsIn(content.allow),
      deny: textsIn(content.deny),
      allowIpLiterals: content.allow_ip_literals !== false,
    };
  }

  get guestAccess(): string {
    return textIn(this.content('m.room.guest_access')?.guest_access) ?? 'forbidden';
  }

  get historyVisibility(): string {
    return textIn(this.content('m.room.history_visibility')?.history_visibility) ?? 'shared';
  }

  /** Once on, encryption cannot be switched off. */
  get isEncrypted(): boolean {
    return this.content('m.room.encryption') !== undefined;
  }

  /** Set: the room was given up, for this one where it says so. */
  get tombstone(): { readonly replacement: string | undefined } | undefined {
    const content = this.content('m.room.tombstone');
    return content === undefined ? undefined : { replacement: textIn(content.replacement_room) };
  }

  /** As written. Undefined: there are none, and only the creator has power. */
  get powerLevels(): Content | undefined {
    return this.content('m.room.power_levels');
  }

  /** Infinite for creators from version 12 on. */
  powerOf(userId: string): number {
    const isCreator = this.creators.has(userId);
    if (isCreator && this.creatorsAreAbove) return Number.POSITIVE_INFINITY;
    const levels = this.powerLevels;
    if (levels === undefined) return isCreator ? 100 : 0;
    return levelOr(ownValue(levels.users, userId), levelOr(levels.users_default, 0));
  }

  threshold(key: Threshold): number {
    const levels = this.powerLevels;
    if (levels === undefined && key === 'state_default') return 0;
    return levelOr(levels?.[key], THRESHOLD_DEFAULTS[key]);
  }

  /** Power that sending a state event of a type takes. */
  powerForState(type: string): number {
    return levelOr(ownValue(this.powerLevels?.events, type), this.threshold('state_default'));
  }

  isJoined(userId: string): boolean {
    return this.members.get(userId)?.membership === 'join';
  }

  /** For {@link applyEvent} alone. */
  set(event: MatrixEvent & { readonly state_key: string }): void {
    const { type, state_key: key, content, sender } = event;
    if (type === 'm.room.member') this.#setMember(key, content, sender);
    else if (type === 'm.space.child') setLink(this.#children, key, content);
    else if (type === 'm.space.parent') setLink(this.#parents, key, content);
    else if (type === 'm.policy.rule.user') this.#setRule(key, content);
    // There is one first event of a room, whatever is pushed later.
    else if (key === '' && KEPT.has(type) && !(type === 'm.room.create' && this.#state.has(type))) {
      this.#state.set(type, content);
      if (type === 'm.room.create') this.#creators = this.#creatorsIn(content, sender);
    }
  }

  #creatorsIn(create: Content, sender: string): ReadonlySet<string> {
    // Up to version 10 the content names the creator; 11 and newer go by the sender (MSC2175).
    const named = this.version > 0 && this.version <= 10 ? textIn(create.creator) : undefined;
    return new Set([named ?? sender, ...(this.creatorsAreAbove ? textsIn(create.additional_creators) : [])]);
  }

  #setRule(key: string, content: Content): void {
    this.#rules.delete(key);
    if (Object.keys(content).length > 0 && this.#rules.size < MAX_LINKS) this.#rules.set(key, content);
  }

  #setMember(userId: string, content: Content, sender: string): void {
    const { membership } = content;
    if (!isMembership(membership) || !userId.startsWith('@')) return;
    const name = textIn(content.displayname);
    const displayName = name === undefined || name === '' ? null : name.slice(0, MAX_NAME_CHARS);
    this.#members.set(userId, { membership, displayName, sender });
  }
}

/**
 * Reads a room's whole state.
 * @param state current state, each type and key once; of any order and content
 */
export function readRoom(roomId: string, state: readonly MatrixEvent[]): ActualRoom {
  const room = new ActualRoom(roomId);
  for (const event of state) applyEvent(room, event);
  return room;
}

/**
 * Follows one event. Messages and events of other rooms change nothing.
 * @returns the same room, changed
 */
export function applyEvent(room: ActualRoom, event: MatrixEvent): ActualRoom {
  const { state_key } = event;
  if (state_key !== undefined && event.room_id === room.roomId) room.set({ ...event, state_key });
  return room;
}

/** Levels may be missing, text in old rooms, or nonsense. */
export function levelOr(value: unknown, fallback: number): number {
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : fallback;
}

export const isObject = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the object itself holds under a key, whatever anybody named it. */
export const ownValue = (holder: unknown, key: string): unknown =>
  isObject(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;

const isMembership = (value: unknown): value is Membership => MEMBERSHIPS.has(value);
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.slice(0, MAX_LISTED).filter((each) => typeof each === 'string') : [];

/** A link without servers to join through is none (Client-Server API, m.space.child). */
function setLink(links: Map<string, ActualLink>, roomId: string, content: Content): void {
  const via = textsIn(content.via);
  links.delete(roomId);
  if (via.length === 0 || links.size >= MAX_LINKS) return;
  const { order } = content;
  links.set(roomId, {
    via,
    ...(typeof order === 'string' && ORDER.test(order) ? { order } : {}),
    suggested: content.suggested === true,
    canonical: content.canonical === true,
    raw: content,
  });
}
