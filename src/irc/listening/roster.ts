import { type Casemapping, fold } from '../../core/irc/casemap.ts';
import type { Isupport } from '../../core/irc/isupport.ts';
import type { RosterChange, RosterEntry } from '../../ports/network.ts';

/** One person of the network; every channel they are in refers to this one. */
type Someone = {
  nick: string;
  /** Undefined until the server has said whether they have one. */
  account: string | null | undefined;
  /** Server that vouches, where a line of another one's told of them. */
  origin?: string;
  /** What they said when they went away, empty for nothing; absent: they are not. */
  away?: string;
  /** Folded. */
  readonly channels: Set<string>;
};

/** Who somebody is. */
type Known = Pick<RosterEntry, 'account' | 'origin'>;

/** Channels of more people than this are followed no further: memory is not a stranger's to fill. */
const MAX_MEMBERS = 100_000;
/** Of what somebody says when they go away, in UTF-16 units: a hundred thousand of them are kept. */
const MAX_AWAY = 400;

/**
 * Who is in the listener's channels, without our own connections. One record per person however many channels they share.
 */
export class Roster {
  readonly #tell: (channel: string, change: RosterChange) => void;
  readonly #isOwn: (nick: string) => boolean;
  readonly #knownAs: (nick: string) => Known | undefined;
  #mapping: Casemapping = 'rfc1459';
  readonly #people = new Map<string, Someone>();
  /** Folded channel → folded nicks. */
  readonly #channels = new Map<string, Set<string>>();
  /** NAMES in progress. */
  readonly #listing = new Map<string, Set<string>>();

  /** @param knownAs what lists of names do not say, where it is known from what people said */
  constructor(
    tell: (channel: string, change: RosterChange) => void,
    isOwn: (nick: string) => boolean,
    knownAs: (nick: string) => Known | undefined = () => undefined,
  ) {
    this.#tell = tell;
    this.#isOwn = isOwn;
    this.#knownAs = knownAs;
  }

  /** A new connection: nothing of the old view holds. */
  reset(mapping: Casemapping): void {
    this.#mapping = mapping;
    this.#people.clear();
    this.#channels.clear();
    this.#listing.clear();
  }

  /** People in a channel, our own connections not counted. */
  size(channel: string): number {
    return this.#channels.get(this.#fold(channel))?.size ?? 0;
  }

  /** Those of whom it is known whether they have an account: of others nothing may follow. */
  members(channel: string): readonly RosterEntry[] {
    return this.#folded(channel).flatMap((folded) => {
      const isTold = this.#people.get(folded)?.account !== undefined;
      return isTold ? (this.#entry(folded) ?? []) : [];
    });
  }

  member(channel: string, nick: string): RosterEntry | undefined {
    const folded = this.#fold(nick);
    return this.#channels.get(this.#fold(channel))?.has(folded) === true ? this.#entry(folded) : undefined;
  }

  /** Those that we share with them. */
  channelsOf(nick: string): readonly string[] {
    return [...(this.#people.get(this.#fold(nick))?.channels ?? [])];
  }

  /** Nicks of those who are logged in to this account. */
  nicksOf(account: string): readonly string[] {
    const folded = this.#fold(account);
    const theirs: string[] = [];
    for (const { nick, account: known } of this.#people.values())
      if (typeof known === 'string' && this.#fold(known) === folded) theirs.push(nick);
    return theirs;
  }

  /** One line of NAMES (353): names with prefixes, perhaps with addresses. */
  names(channel: string, list: string, isupport: Isupport): void {
    const folded = this.#fold(channel);
    const members = this.#listing.get(folded) ?? new Set();
    this.#listing.set(folded, members);
    const symbols = isupport.prefixes.map(({ symbol }) => symbol).join('');
    for (const word of list.split(' ')) {
      let at = 0;
      while (at < word.length && symbols.includes(word.charAt(at))) at++;
      const bang = word.indexOf('!', at);
      const nick = word.slice(at, bang < 0 ? undefined : bang);
      if (nick !== '' && members.size < MAX_MEMBERS && !this.#isOwn(nick)) members.add(this.#meet(nick, undefined));
    }
  }

  /** NAMES is complete (366). @returns whether it held anybody */
  namesEnd(channel: string): void {
    const folded = this.#fold(channel);
    const members = this.#listing.get(folded) ?? new Set();
    this.#listing.delete(folded);
    for (const old of this.#channels.get(folded) ?? []) if (!members.has(old)) this.#takeOut(folded, old);
    for (const nick of members) this.#people.get(nick)?.channels.add(folded);
    this.#channels.set(folded, members);
  }

  /** One line of WHO with accounts. */
  account(nick: string, account: string | null): void {
    const someone = this.#people.get(this.#fold(nick));
    if (someone !== undefined) someone.account = account;
  }

  /**
   * They went away, or are back: nobody but who asks for it is told.
   * @param text what they said to it, where it is known; undefined: they are there
   */
  away(nick: string, text: string | undefined): void {
    const folded = this.#fold(nick);
    const someone = this.#people.get(folded);
    const now = text?.slice(0, MAX_AWAY);
    if (someone === undefined || someone.away === now) return;
    if (now === undefined) delete someone.away;
    else someone.away = now;
    const member = this.#entry(folded);
    if (member !== undefined) for (const channel of someone.channels) this.#tell(channel, { kind: 'away', member });
  }

  /** A list says whether they are away, and not what they said to it. */
  listedAway(nick: string, isAway: boolean): void {
    const someone = this.#people.get(this.#fold(nick));
    if (someone !== undefined && (someone.away !== undefined) !== isAway) this.away(nick, isAway ? '' : undefined);
  }

  /** This server tells of no accounts: who has none by now has none. */
  accountsTold(channel: string): void {
    for (const folded of this.#folded(channel)) {
      const someone = this.#people.get(folded);
      if (someone !== undefined) someone.account ??= null;
    }
  }

  /** Tells the whole list of a channel. */
  tellAll(channel: string): void {
    const members = this.#folded(channel).flatMap((folded) => this.#entry(folded) ?? []);
    this.#tell(channel, { kind: 'list', members });
  }

  /** Whether the connected server vouches for whoever has this nick: what another one tells is about a namesake there. */
  isHere(nick: string): boolean {
    const someone = this.#people.get(this.#fold(nick));
    return typeof someone?.account === 'string' && someone.origin === undefined;
  }

  /**
   * @param account undefined where the server has not said it yet, and will when asked
   * @param origin server of theirs, where it is another
   */
  join(channel: string, nick: string, account: string | null | undefined, origin?: string): void {
    if (this.#isOwn(nick)) return;
    const members = this.#channels.get(this.#fold(channel));
    const folded = this.#meet(nick, account, origin);
    this.#listing.get(this.#fold(channel))?.add(folded);
    if (members === undefined || members.size >= MAX_MEMBERS || members.has(folded)) return;
    members.add(folded);
    this.#people.get(folded)?.channels.add(this.#fold(channel));
    const member = this.#entry(folded);
    if (member !== undefined) this.#tell(channel, { kind: 'join', member });
  }

  /** They left one channel (PART, KICK). */
  part(channel: string, nick: string): void {
    const folded = this.#fold(nick);
    const member = this.#entry(folded);
    this.#listing.get(this.#fold(channel))?.delete(folded);
    if (!this.#takeOut(this.#fold(channel), folded) || member === undefined) return;
    this.#tell(channel, { kind: 'leave', member, netsplit: false });
  }

  quit(nick: string, netsplit: boolean): void {
    const folded = this.#fold(nick);
    const member = this.#entry(folded);
    for (const members of this.#listing.values()) members.delete(folded);
    for (const channel of [...(this.#people.get(folded)?.channels ?? [])]) {
      this.#takeOut(channel, folded);
      if (member !== undefined) this.#tell(channel, { kind: 'leave', member, netsplit });
    }
    this.#people.delete(folded);
  }

  rename(from: string, to: string): void {
    const old = this.#fold(from);
    const someone = this.#people.get(old);
    if (someone === undefined) return;
    const before = this.#entry(old) ?? { nick: someone.nick, account: null };
    const folded = this.#fold(to);
    this.#people.delete(old);
    someone.nick = to;
    if (before.origin !== undefined) someone.origin = before.origin;
    this.#people.set(folded, someone);
    for (const members of this.#listing.values()) if (members.delete(old)) members.add(folded);
    for (const channel of someone.channels) {
      const members = this.#channels.get(channel);
      members?.delete(old);
      members?.add(folded);
      this.#tell(channel, { kind: 'rename', from: before, to: { ...before, nick: to } });
    }
  }

  /** They logged in or out: the same person under another name. */
  accountChanged(nick: string, account: string | null): void {
    const folded = this.#fold(nick);
    const someone = this.#people.get(folded);
    if (someone === undefined) return;
    const before = { nick: someone.nick, account: someone.account ?? null };
    someone.account = account;
    delete someone.origin;
    if (before.account === account) return;
    const member = { nick: someone.nick, account, ...(someone.away !== undefined && { away: someone.away }) };
    for (const channel of someone.channels) {
      this.#tell(channel, { kind: 'rename', from: before, to: member });
      this.#tell(channel, { kind: 'account', member });
    }
  }

  /** The listener is no longer in this channel. */
  leave(channel: string): void {
    const left = this.#fold(channel);
    this.#listing.delete(left);
    for (const folded of [...(this.#channels.get(left) ?? [])]) this.#takeOut(left, folded);
    this.#channels.delete(left);
  }

  #folded(channel: string): readonly string[] {
    return [...(this.#channels.get(this.#fold(channel)) ?? [])];
  }

  #meet(nick: string, account: string | null | undefined, origin?: string): string {
    const folded = this.#fold(nick);
    const known = this.#people.get(folded);
    if (known === undefined) {
      const at = origin === undefined ? {} : { origin };
      this.#people.set(folded, { nick, account, ...at, channels: new Set() });
    } else if (account !== undefined) {
      known.account = account;
      delete known.origin;
    }
    return folded;
  }

  #entry(folded: string): RosterEntry | undefined {
    const someone = this.#people.get(folded);
    if (someone === undefined) return undefined;
    const { nick, account, origin } = someone;
    const away = someone.away === undefined ? {} : { away: someone.away };
    if (this.isHere(nick)) return { nick, account: account ?? null, ...away };
    const heard = this.#knownAs(nick);
    // What is known of a namesake here says nothing of them.
    const known = origin !== undefined && heard?.origin === undefined ? undefined : heard;
    const at = origin === undefined ? {} : { origin };
    return { nick, ...at, ...known, account: account ?? known?.account ?? null, ...away };
  }

  /** @returns whether they were there; who is in no channel any more is forgotten */
  #takeOut(channel: string, nick: string): boolean {
    const someone = this.#people.get(nick);
    someone?.channels.delete(channel);
    if (someone?.channels.size === 0) this.#people.delete(nick);
    return this.#channels.get(channel)?.delete(nick) === true;
  }

  #fold(name: string): string {
    return fold(name, this.#mapping);
  }
}
