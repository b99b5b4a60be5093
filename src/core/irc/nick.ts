/** Nicks for people from elsewhere: what a server takes, near to the name that the person chose, and nobody else's. */
import { type Casemapping, fold } from './casemap.ts';
import { transliterate } from './transliterate.ts';

export type NickRules = {
  /** The server's NICKLEN, in bytes. */
  readonly maxBytes: number;
  /** Letters and digits of all scripts (UTF8MAPPING, freeq), rather than ASCII alone. */
  readonly utf8: boolean;
  /** Ergo takes `1abc`; classic servers do not. */
  readonly leadingDigit: boolean;
  readonly casemapping: Casemapping;
  /** Nicks that must not be taken besides those of services: the bot's, the server's. */
  readonly reserved: readonly string[];
  /** With `{name}` where the person's name goes: `{name}[m]`. */
  readonly template: string;
};

export const DEFAULT_NICK_RULES: NickRules = {
  maxBytes: 30,
  utf8: false,
  leadingDigit: false,
  casemapping: 'rfc1459',
  reserved: [],
  template: '{name}',
};

/** RFC 2812 §2.3.1: letters, digits, specials and the hyphen. */
const ASCII_FORBIDDEN = /[^A-Za-z0-9[\]\\`_^{|}-]+/g;
/**
 * Letters, marks and digits of all scripts and the same specials; pictures, punctuation and spaces are refused nearly
 * everywhere.
 */
const UTF8_FORBIDDEN = /[^\p{L}\p{M}\p{N}[\]\\`_^{|}-]+/gu;
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** Nicks that speak for a network; everything that ends in `serv` besides. */
const SERVICES: ReadonlySet<string> = new Set([
  'global',
  'services',
  'service',
  'server',
  'root',
  'admin',
  'administrator',
  'operator',
  'ircop',
]);

/** What remains of any name that nothing else remains of. */
const LAST_RESORT = 'user';

/**
 * @param name as the person wrote it: a display name
 * @param fallback used where nothing of the name may stand in a nick, or it belongs to a service; stable for the
 * person (a localpart)
 * @returns a nick by these rules; the same for the same arguments
 */
export function nickFromName(name: string, rules: NickRules, fallback: string): string {
  const [before = '', after = ''] = rules.template.split('{name}');
  const room = Math.max(rules.maxBytes - Buffer.byteLength(before) - Buffer.byteLength(after), 1);
  for (const source of [name, fallback, LAST_RESORT]) {
    const whole = sanitise(source, rules, before === '');
    const cut = cutBytes(whole, room);
    // No underscore left over from a word that was cut off.
    const core = cut === whole ? whole : cut.replace(/_+$/, '');
    if (core === '') continue;
    const nick = cutBytes(`${before}${core}${after}`, rules.maxBytes);
    if (!isReserved(nick, rules)) return nick;
  }
  return nextNickCandidate(LAST_RESORT, 1, rules);
}

/**
 * The nick to try after the `attempt`-th refusal (from 1): `alice`, then `alice_2`, `alice_3`, … within the length.
 * The same counter always gives the same nick, so that two people with one name keep theirs after a reconnect in the
 * same order.
 */
export function nextNickCandidate(base: string, attempt: number, { maxBytes }: Pick<NickRules, 'maxBytes'>): string {
  const suffix = `_${attempt + 1}`;
  const stem = cutBytes(base, Math.max(maxBytes - suffix.length, 1));
  return cutBytes(`${stem}${suffix}`, maxBytes);
}

function sanitise(name: string, { utf8, leadingDigit }: NickRules, leads: boolean): string {
  // A bound before the work: names of a megabyte exist.
  const visible = name
    .slice(0, 200)
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(/['’]/g, '');
  const letters = utf8 ? visible : transliterate(visible);
  // What is left out between words leaves one underscore; the person's own stay.
  const joined = letters
    .trim()
    .replace(utf8 ? UTF8_FORBIDDEN : ASCII_FORBIDDEN, ' ')
    .trim()
    .replace(/ +/g, '_');
  const bare = joined.replace(/^(?:-|\p{M})+/u, '');
  // Only underscores and brackets would be a name of nobody.
  if (!/[\p{L}\p{N}]/u.test(bare)) return '';
  if (!leads) return joined;
  // Ergo takes digits in front, but no server a lone 0, which in JOIN means "leave all".
  return /^\p{N}/u.test(bare) && (!leadingDigit || bare === '0') ? `_${bare}` : bare;
}

function isReserved(nick: string, { reserved, casemapping }: NickRules): boolean {
  if (reserved.some((taken) => fold(taken, casemapping) === fold(nick, casemapping))) return true;
  const looks = skeleton(nick);
  return (
    looks.endsWith('serv') || SERVICES.has(looks) || reserved.some((taken) => skeleton(taken) === looks && looks !== '')
  );
}

const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ['0', 'o'],
  ['1', 'l'],
  ['3', 'e'],
  ['4', 'a'],
  ['5', 's'],
  ['|', 'l'],
]);

/** How a nick looks at a glance: `Ch4n_Serv` is ChanServ to a hurried reader. */
function skeleton(nick: string): string {
  return transliterate(nick)
    .toLowerCase()
    .replace(/[01345|]/g, (char) => LOOKALIKES.get(char) ?? char)
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The longest beginning of at most `maxBytes` bytes that ends with a whole character and its marks. */
function cutBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let cut = '';
  for (const cluster of text.match(/\P{M}\p{M}*/gu) ?? []) {
    bytes += Buffer.byteLength(cluster);
    if (bytes > maxBytes) break;
    cut += cluster;
  }
  return cut;
}
