/**
 * What a server says of itself is the same for every connection to it. A thousand puppets share one copy: a connection's own
 * would cost some 10 KiB each.
 */
import type { CapState } from '../../core/irc/caps.ts';
import { type Isupport, readIsupport } from '../../core/irc/isupport.ts';
import type { IsupportTokens } from '../../core/irc/isupport-tokens.ts';

const MAX_SHARED = 32;

export class ServerFacts {
  readonly #caps = new Map<string, CapState>();
  readonly #isupport = new Map<string, { readonly tokens: IsupportTokens; readonly isupport: Isupport }>();

  caps(state: CapState): CapState {
    const key = JSON.stringify([[...state.available], [...state.enabled].sort()]);
    return remember(this.#caps, key, () => state);
  }

  isupport(tokens: IsupportTokens): { readonly tokens: IsupportTokens; readonly isupport: Isupport } {
    return remember(this.#isupport, JSON.stringify([...tokens]), () => ({ tokens, isupport: readIsupport(tokens) }));
  }
}

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= MAX_SHARED) map.clear();
  const made = make();
  map.set(key, made);
  return made;
}
