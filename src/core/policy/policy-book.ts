import { matchesGlob } from '../text/glob.ts';
import { ListRules, type PolicyNames } from './list-rules.ts';
import type { PolicyRule } from './policy-rule.ts';

export type { PolicyNames } from './list-rules.ts';

/** A rule that meant somebody, and the room of the list that it stands in. */
export type PolicyMatch = { readonly list: string; readonly rule: PolicyRule };

/** Ourselves: no rule that means us is followed. */
export type PolicySelf = { readonly botId: string; readonly serverName: string };

/** Every list that is followed, by its room. */
export class PolicyBook {
  readonly #self: PolicySelf;
  readonly #lists = new Map<string, ListRules>();
  /** By list and slot: rules that would shut out ourselves. */
  readonly #refused = new Map<string, Map<string, PolicyRule>>();

  constructor(self: PolicySelf) {
    this.#self = self;
  }

  get isEmpty(): boolean {
    return this.#lists.size === 0;
  }

  /** Rules of a list. @param list room id */
  rules(list: string): ListRules | undefined {
    return this.#lists.get(list);
  }

  /** A rule of a list that is not followed, since it means the bot or its whole homeserver; undefined where there is none. */
  refused(list: string): PolicyRule | undefined {
    return this.#refused.get(list)?.values().next().value;
  }

  /** One state event of a list. @param rule undefined: none stands there any more */
  put(list: string, slot: string, rule: PolicyRule | undefined): void {
    const isRefused = rule !== undefined && this.#meansUs(rule);
    this.#of(list).put(slot, isRefused ? undefined : rule);
    const refused = this.#refused.get(list) ?? new Map<string, PolicyRule>();
    if (isRefused) refused.set(slot, rule);
    else refused.delete(slot);
    this.#refused.set(list, refused);
  }

  /** All that stands in a list now. */
  replace(list: string, rules: Iterable<readonly [slot: string, rule: PolicyRule]>): void {
    this.#of(list).clear();
    this.#refused.delete(list);
    for (const [slot, rule] of rules) this.put(list, slot, rule);
  }

  forget(list: string): void {
    this.#lists.delete(list);
    this.#refused.delete(list);
  }

  /** The first rule of these lists that shuts somebody out. */
  match(lists: readonly string[], names: PolicyNames): PolicyMatch | undefined {
    for (const list of lists) {
      const rule = this.#lists.get(list)?.match(names);
      if (rule !== undefined) return { list, rule };
    }
    return undefined;
  }

  #of(list: string): ListRules {
    const rules = this.#lists.get(list) ?? new ListRules();
    this.#lists.set(list, rules);
    return rules;
  }

  #meansUs({ kind, entity }: PolicyRule): boolean {
    const { botId, serverName } = this.#self;
    if (kind === 'user') return matchesGlob(entity, botId);
    return kind === 'server' && serverNames(serverName).some((name) => matchesGlob(entity, name));
  }
}

/** A server as rules may name it. */
const serverNames = (server: string): readonly string[] => {
  const name = server.toLowerCase();
  const host = name.replace(/:\d{1,5}$/, '');
  return host === name ? [name] : [name, host];
};

/** A Matrix user as rules may mean them: by id, and by the homeserver that vouches for them. */
export const namesOfUser = (userId: string): PolicyNames => ({
  user: [userId],
  server: serverNames(userId.slice(userId.indexOf(':') + 1)),
});

/**
 * Somebody of a network: by the ids of the ghosts that stand for them, and by the server of another network that vouches for them. Never by our
 * own homeserver, which vouches for no one of them.
 */
export const namesOfSpeaker = (ghosts: readonly string[], origin: string | null | undefined): PolicyNames => ({
  user: ghosts,
  server: origin === null || origin === undefined || origin === '' ? [] : serverNames(origin),
});
