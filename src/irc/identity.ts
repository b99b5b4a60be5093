import { type Banned, isHit } from '../core/irc/ban-mask.ts';
import { type Casemapping, fold } from '../core/irc/casemap.ts';
import type { Source } from '../core/irc/line.ts';

/** A connection of ours, as others see it. */
export type OwnName = {
  /** Whom it speaks for; undefined for the bot. */
  readonly userId: string | undefined;
  readonly nick: string;
};

type Held = OwnName & {
  /** Undefined while its connection is up. */
  readonly closedMs?: number;
  /** When the listener saw the nick leave though its connection seemed up. */
  readonly leftMs?: number;
};

type Known = { readonly nick: string; readonly account: string | null; readonly prefix: string | null };

/** A connection that closes so soon after the listener saw its nick go was the one that went. */
const SAME_DEPARTURE_MS = 10_000;
/** Addresses, and nicks, kept to recognise ourselves in history. */
const MAX_REMEMBERED = 20_000;

/**
 * Which nicks, accounts and addresses are ours. Two views meet here: each connection knows its own nick at once, the listener
 * hears of it in the order of the channel's lines. A nick is given up only when the listener has seen it go, so
 * that its last lines, still on their way to the listener, are not taken for somebody else's.
 */
export class OwnNames {
  #mapping: Casemapping;
  readonly #nicks = new Map<string, Held>();
  /** As they were written, by the folded name. */
  readonly #accounts = new Map<string, string>();
  readonly #prefixes = new Set<string>();
  /** As they were written. */
  readonly #nicksEver = new Set<string>();
  readonly #addresses = new Map<string, Banned>();
  readonly #lingerMs: number;

  constructor(lingerMs: number, mapping: Casemapping) {
    this.#lingerMs = lingerMs;
    this.#mapping = mapping;
  }

  /** The server's case mapping became known: everything is filed anew. */
  setCasemapping(mapping: Casemapping): void {
    if (mapping === this.#mapping) return;
    this.#mapping = mapping;
    const held = [...this.#nicks.values()];
    this.#nicks.clear();
    for (const name of held) this.#nicks.set(this.fold(name.nick), name);
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    for (const account of accounts) this.addAccount(account);
  }

  /** A connection has this nick now. */
  hold(name: OwnName): void {
    this.#nicks.set(this.fold(name.nick), { userId: name.userId, nick: name.nick });
    this.#rememberNick(name.nick);
  }

  /** A connection of before, as it last stood. */
  remember({ nick, account, prefix }: Known): void {
    this.#rememberNick(nick);
    if (account !== null) this.addAccount(account);
    if (prefix !== null) this.addPrefix(prefix);
  }

  #rememberNick(nick: string): void {
    if (this.#nicksEver.size < MAX_REMEMBERED) this.#nicksEver.add(nick);
  }

  /** Whether one of ours ever had it, as far as is remembered: that says nothing of whoever has it now. */
  wasEverOurs(nick: string): boolean {
    return this.#nicksEver.has(nick);
  }

  /** A connection changed its nick, perhaps in the case of its letters alone. */
  renamed(from: string, name: OwnName, nowMs: number): void {
    this.hold(name);
    if (this.fold(from) !== this.fold(name.nick)) this.release(from, nowMs);
  }

  /** A connection has it no longer: it closed, or changed its nick. */
  release(nick: string, nowMs: number): void {
    const folded = this.fold(nick);
    const held = this.#nicks.get(folded);
    if (held === undefined) return;
    if (held.leftMs !== undefined && nowMs - held.leftMs < SAME_DEPARTURE_MS) this.#nicks.delete(folded);
    else this.#nicks.set(folded, { userId: held.userId, nick: held.nick, closedMs: nowMs });
  }

  /** The listener saw this nick leave the network, or become another one. */
  seenLeaving(nick: string, nowMs: number, becomes?: string): void {
    const folded = this.fold(nick);
    const held = this.#nicks.get(folded);
    if (held === undefined || (becomes !== undefined && this.fold(becomes) === folded)) return;
    if (becomes !== undefined && !this.#nicks.has(this.fold(becomes))) {
      this.#nicks.set(this.fold(becomes), { ...held, nick: becomes });
    }
    // While its connection is up, this may be the end of an older one with the same nick.
    if (held.closedMs === undefined && becomes === undefined) this.#nicks.set(folded, { ...held, leftMs: nowMs });
    else this.#nicks.delete(folded);
  }

  /** How the network knows the connection of a person. */
  know(userId: string, address: Banned): void {
    this.#addresses.set(userId, address);
  }

  /** People whose connections a ban hits. */
  hitBy(mask: string): readonly string[] {
    return [...this.#addresses].flatMap(([userId, address]) => (isHit(mask, address) ? [userId] : []));
  }

  /** People whose connections are logged in to this account. */
  ofAccount(account: string): readonly string[] {
    const folded = this.fold(account);
    return [...this.#addresses].flatMap(([userId, known]) =>
      known.account !== null && this.fold(known.account) === folded ? [userId] : [],
    );
  }

  addAccount(account: string): void {
    this.#accounts.set(this.fold(account), account);
  }

  addPrefix(prefix: string): void {
    if (this.#prefixes.size < MAX_REMEMBERED) this.#prefixes.add(prefix);
  }

  isOwnAccount(account: string | null | undefined): boolean {
    return account !== null && account !== undefined && account !== '' && this.#accounts.has(this.fold(account));
  }

  isOwnPrefix(source: Source): boolean {
    return this.#prefixes.has(source.raw);
  }

  /** Whose nick this is, if it is ours now. */
  ownerOf(nick: string): OwnName | undefined {
    return this.#nicks.get(this.fold(nick));
  }

  /** Whether a line under this nick or account may be this person's. @param known their connection as it last stood */
  isTheirs(
    userId: string,
    known: { readonly nick: string; readonly account: string | null } | undefined,
    nick: string,
    account: string | undefined,
  ): boolean {
    const holder = this.ownerOf(nick);
    if (holder !== undefined) return holder.userId === userId || holder.userId === undefined;
    if (known === undefined) return false;
    return this.fold(known.nick) === this.fold(nick) || (account !== undefined && account === known.account);
  }

  /** Whether a connection of this person closed and the listener has not seen it leave. */
  isLeaving(userId: string): boolean {
    for (const held of this.#nicks.values()) if (held.userId === userId && held.closedMs !== undefined) return true;
    return false;
  }

  /** Whether our own connection said a live line. Tags that a client can set count for nothing. */
  saidByUs(source: Pick<Source, 'nick'>, account: string | null | undefined): boolean {
    return this.ownerOf(source.nick) !== undefined || this.isOwnAccount(account);
  }

  /** Forgets nicks whose connections closed long ago. */
  tick(nowMs: number): void {
    for (const [folded, { closedMs }] of this.#nicks) {
      if (closedMs !== undefined && nowMs - closedMs > this.#lingerMs) this.#nicks.delete(folded);
    }
  }

  /** By the server's mapping as last seen: who is who does not change while the network is away. */
  fold(name: string): string {
    return fold(name, this.#mapping);
  }
}
