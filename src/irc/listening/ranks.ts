import { type Casemapping, fold } from '../../core/irc/casemap.ts';
import type { Isupport } from '../../core/irc/isupport.ts';
import type { ModeChange } from '../../core/irc/modes.ts';

/** People with a status in one channel that are kept: beyond, somebody's voice is not known. */
const MAX_HOLDERS = 100_000;

/** Folded nick → mode letters. */
type Holders = Map<string, string>;

/** Who holds which status (op, voice …) in the listener's channels, ours included. Who holds none is not kept. */
export class Ranks {
  readonly #mapping: () => Casemapping;
  readonly #channels = new Map<string, Holders>();
  /** NAMES in progress. */
  readonly #listing = new Map<string, Holders>();

  constructor(mapping: () => Casemapping) {
    this.#mapping = mapping;
  }

  /** Letters of the modes that somebody holds; the highest at least, where the server shows no more. */
  of(channel: string, nick: string): string {
    return this.#channels.get(this.#fold(channel))?.get(this.#fold(nick)) ?? '';
  }

  /** Nicks, folded, of all who hold any; undefined before the list of names is complete. */
  holders(channel: string): Iterable<string> | undefined {
    return this.#channels.get(this.#fold(channel))?.keys();
  }

  /** One line of NAMES (353). */
  names(channel: string, list: string, { prefixes }: Isupport): void {
    const folded = this.#fold(channel);
    const holders = this.#listing.get(folded) ?? new Map();
    this.#listing.set(folded, holders);
    for (const word of list.split(' ')) {
      let letters = '';
      let at = 0;
      for (; at < word.length; at++) {
        const held = prefixes.find(({ symbol }) => symbol === word.charAt(at));
        if (held === undefined) break;
        letters += held.mode;
      }
      const bang = word.indexOf('!', at);
      put(holders, this.#fold(word.slice(at, bang < 0 ? undefined : bang)), letters);
    }
  }

  /** NAMES is complete (366). */
  namesEnd(channel: string): void {
    const folded = this.#fold(channel);
    this.#channels.set(folded, this.#listing.get(folded) ?? new Map());
    this.#listing.delete(folded);
  }

  /** What a MODE line changed; modes of the channel itself are passed over. */
  changed(channel: string, changes: readonly ModeChange[], { prefixes }: Isupport): void {
    const folded = this.#fold(channel);
    for (const holders of [this.#channels.get(folded), this.#listing.get(folded)]) {
      if (holders === undefined) continue;
      for (const { sign, letter, param } of changes) {
        if (param === undefined || !prefixes.some(({ mode }) => mode === letter)) continue;
        const nick = this.#fold(param);
        const others = (holders.get(nick) ?? '').replaceAll(letter, '');
        put(holders, nick, sign === '+' ? others + letter : others);
      }
    }
  }

  part(channel: string, nick: string): void {
    const folded = this.#fold(channel);
    for (const lists of [this.#channels, this.#listing]) lists.get(folded)?.delete(this.#fold(nick));
  }

  quit(nick: string): void {
    const folded = this.#fold(nick);
    for (const lists of [this.#channels, this.#listing]) for (const holders of lists.values()) holders.delete(folded);
  }

  rename(from: string, to: string): void {
    const [old, next] = [this.#fold(from), this.#fold(to)];
    for (const lists of [this.#channels, this.#listing])
      for (const holders of lists.values()) {
        const letters = holders.get(old) ?? '';
        holders.delete(old);
        put(holders, next, letters);
      }
  }

  /** The listener is no longer in this channel. */
  leave(channel: string): void {
    const folded = this.#fold(channel);
    this.#channels.delete(folded);
    this.#listing.delete(folded);
  }

  #fold(name: string): string {
    return fold(name, this.#mapping());
  }
}

function put(holders: Holders, nick: string, letters: string): void {
  if (letters === '') holders.delete(nick);
  else if (holders.size < MAX_HOLDERS || holders.has(nick)) holders.set(nick, letters);
}

/** Whether these modes make an operator: `o`, or what stands above it. */
export function isOperator(letters: string, { prefixes }: Isupport): boolean {
  const op = prefixes.findIndex(({ mode }) => mode === 'o');
  return prefixes.some(({ mode }, rank) => rank <= op && letters.includes(mode));
}
