import { globWeight, isGlob, matchesGlob } from '../text/glob.ts';
import type { PolicyKind, PolicyRule } from './policy-rule.ts';

/** The names by which somebody may be meant. Servers in lower case, with and without their port. */
export type PolicyNames = Readonly<Record<Exclude<PolicyKind, 'room'>, readonly string[]>>;

/** Rules of one list that are followed; what is more is left out, and said. */
export const MAX_RULES = 50_000;
/**
 * Sum of {@link globWeight} over the patterns of a list. With a text of 255 units that bounds the look at somebody new to about 25 million
 * steps at worst, of patterns made to be slow; ordinary ones fail at their first letter.
 */
export const MAX_WEIGHT = 100_000;
/** People whose answer is remembered: a line asks again and again. */
const REMEMBERED = 20_000;

/**
 * The rules of one policy list, found by whom they are about: exact names at once, patterns one after the other, and either only once for the
 * same person as long as the rules stay as they are.
 */
export class ListRules {
  readonly #bySlot = new Map<string, PolicyRule>();
  readonly #exact = new Map<string, Map<string, PolicyRule>>();
  readonly #globs = new Map<string, PolicyRule>();
  readonly #answers = new Map<string, PolicyRule | null>();
  #weight = 0;
  #leftOut = 0;

  get size(): number {
    return this.#bySlot.size;
  }

  /** Rules that did not find a place since {@link clear}. */
  get leftOut(): number {
    return this.#leftOut;
  }

  all(): IterableIterator<PolicyRule> {
    return this.#bySlot.values();
  }

  clear(): void {
    for (const part of [this.#bySlot, this.#exact, this.#globs, this.#answers]) part.clear();
    this.#weight = 0;
    this.#leftOut = 0;
  }

  /** @param slot names the state event: one rule stands in each. @param rule undefined: none does any more */
  put(slot: string, rule: PolicyRule | undefined): void {
    this.#answers.clear();
    this.#take(slot);
    if (rule === undefined) return;
    const weight = isGlob(rule.entity) ? globWeight(rule.entity) : 0;
    if (this.#bySlot.size >= MAX_RULES || this.#weight + weight > MAX_WEIGHT) {
      this.#leftOut++;
      return;
    }
    this.#bySlot.set(slot, rule);
    this.#weight += weight;
    if (weight > 0) this.#globs.set(slot, rule);
    else {
      const key = keyOf(rule.kind, rule.entity);
      const same = this.#exact.get(key) ?? new Map<string, PolicyRule>();
      this.#exact.set(key, same.set(slot, rule));
    }
  }

  /** The rule that shuts somebody out; undefined where none does. */
  match(names: PolicyNames): PolicyRule | undefined {
    if (this.#bySlot.size === 0) return undefined;
    const key = JSON.stringify([names.user, names.server]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known ?? undefined;
    const found = this.#look('user', names.user) ?? this.#look('server', names.server);
    if (this.#answers.size >= REMEMBERED) this.#answers.clear();
    this.#answers.set(key, found ?? null);
    return found;
  }

  /** The rule about a room, by its id or one of its aliases. */
  matchRoom(names: readonly string[]): PolicyRule | undefined {
    return this.#look('room', names);
  }

  #look(kind: PolicyKind, names: readonly string[]): PolicyRule | undefined {
    if (names.length === 0) return undefined;
    for (const name of names) {
      const [exact] = this.#exact.get(keyOf(kind, name))?.values() ?? [];
      if (exact !== undefined) return exact;
    }
    for (const rule of this.#globs.values())
      if (rule.kind === kind && names.some((name) => matchesGlob(rule.entity, name))) return rule;
    return undefined;
  }

  #take(slot: string): void {
    const rule = this.#bySlot.get(slot);
    if (rule === undefined) return;
    this.#bySlot.delete(slot);
    if (this.#globs.delete(slot)) this.#weight -= globWeight(rule.entity);
    const key = keyOf(rule.kind, rule.entity);
    const same = this.#exact.get(key);
    same?.delete(slot);
    if (same?.size === 0) this.#exact.delete(key);
  }
}

const keyOf = (kind: PolicyKind, entity: string): string => `${kind} ${entity}`;
