import type { NetworkSource } from '../../core/events.ts';
import type { FreeqLine } from '../../core/identity/freeq-evidence.ts';

type Known = NonNullable<FreeqLine['known']>;

const HERE = 'freeq/';
const REMEMBERED = 20_000;

/**
 * Who people of freeq were when the server last said it: an edit names no account, and what people of other servers do beside talking
 * names no server. By nick, and apart for this server and others, since anybody elsewhere may have a nick of here.
 */
export class HeardPeople {
  readonly #known = new Map<string, Known>();

  knownOf(nick: string, host: string | undefined): Known | undefined {
    return this.#known.get(keyOf(nick, host));
  }

  /** Somebody of a list of names, which does not say of which server they are: of this one, if both have the nick. */
  knownAs(nick: string): { readonly account: string | null; readonly origin?: string } | undefined {
    const known = this.#known.get(keyOf(nick, HERE)) ?? this.#known.get(keyOf(nick, undefined));
    if (known === undefined) return undefined;
    const { did, origin } = known;
    return { account: did, ...(origin !== undefined && { origin }) };
  }

  /** A line whose tags said who its sender is. One with the address of this server and of another's making is about nobody. */
  heard({ nick, host, account, origin }: NetworkSource): void {
    if (account === undefined || (origin !== undefined && isHere(host))) return;
    const key = keyOf(nick, host);
    this.#known.delete(key);
    if (this.#known.size >= REMEMBERED) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(key, { present: true, did: account, ...(origin !== undefined && { origin }) });
  }
}

/** People of this server have a host, those of others none. */
const keyOf = (nick: string, host: string | undefined): string =>
  `${isHere(host) ? 'here' : 'there'} ${nick.toLowerCase()}`;

const isHere = (host: string | undefined): boolean => host?.startsWith(HERE) === true;
