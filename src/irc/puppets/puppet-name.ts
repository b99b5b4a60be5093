import { createHash } from 'node:crypto';
import type { PuppetsConfig } from '../../config/schema-network.ts';
import type { Isupport } from '../../core/irc/isupport.ts';
import { DEFAULT_NICK_RULES, type NickRules, nextNickCandidate, nickFromName } from '../../core/irc/nick.ts';
import { safeName } from '../../core/text/safe-name.ts';
import type { Person } from '../../ports/network.ts';

/** How puppets are named on this server. */
export type Naming = {
  readonly config: PuppetsConfig;
  readonly isupport: Isupport;
  /** Ergo; classic servers take no digit in front. */
  readonly software: string | undefined;
  readonly reserved: readonly string[];
};

export const localpartOf = (userId: string): string => userId.slice(1).split(':')[0] ?? userId;

/**
 * Who a person is, as WHOIS shows it: `Anna (@anna:willow.example) of Willow Housing Co-op`. The Matrix id is whole where it fits at all;
 * of the rest what stands last goes first, since servers that say no limit cut where they like.
 * @param maxBytes the server's NAMELEN
 */
export function realnameOf(person: Person, maxBytes: number): string {
  const { displayName, userId, alias, shard, visitingFrom } = person;
  const most = Math.min(maxBytes, MAX_REALNAME_BYTES);
  // Nobody writes another Matrix id before their own: the brackets are ours alone.
  const name = safeName(displayName.replace(/[()]/g, ''), '');
  if (alias === true) return cutTo(name, most);
  const id = `(${userId})`;
  const place = shard === undefined ? '' : ` ${visitingFrom === undefined ? 'of' : 'visiting'} ${safeName(shard, '')}`;
  const room = Math.min(most, WITHIN_ANY_LIMIT) - Buffer.byteLength(id) - 1;
  const short = cutTo(name, Math.max(room, MIN_NAME_BYTES)).trim();
  const named = short === '' ? id : `${short} ${id}`;
  if (Buffer.byteLength(named) > most) return Buffer.byteLength(userId) > most ? `${cutTo(userId, most - 3)}…` : userId;
  return cutTo(`${named}${place}`, most);
}

/** Whole characters of at most so many bytes. */
function cutTo(text: string, maxBytes: number): string {
  let cut = '';
  for (const char of text.toWellFormed()) {
    if (Buffer.byteLength(cut + char) > maxBytes) break;
    cut += char;
  }
  return cut;
}

const MAX_REALNAME_BYTES = 200;
/** What every server takes of a real name. */
const WITHIN_ANY_LIMIT = 50;
const MIN_NAME_BYTES = 12;

/** The nick of a person, from their display name, and what to try when it is taken. */
export function nicksFor(person: Person, naming: Naming): { readonly first: string; next(attempt: number): string } {
  const rules = rulesOf(naming, naming.config.nick);
  const first = nickFromName(person.displayName, rules, localpartOf(person.userId));
  return {
    first,
    // The suffix stays in sight: it is what tells people of Matrix from others.
    next: (attempt) => {
      const suffix = naming.config.sasl?.accountSuffix ?? '';
      const stem = suffix !== '' && first.endsWith(suffix) ? first.slice(0, -suffix.length) : first;
      const room = { maxBytes: rules.maxBytes - Buffer.byteLength(suffix) };
      return `${nextNickCandidate(stem, attempt, room)}${stem === first ? '' : suffix}`;
    },
  };
}

/**
 * The account of a person: from the localpart, which cannot be chosen anew like a display name, so that nobody gets another's rights by
 * calling themselves like them.
 * @param isFree whether nobody else here has this account
 */
export function accountFor(person: Person, naming: Naming, isFree: (account: string) => boolean): string {
  const rules = rulesOf(naming, '{name}');
  const plain = nickFromName(localpartOf(person.userId), rules, 'user');
  if (isFree(plain)) return plain;
  const suffix = naming.config.sasl?.accountSuffix ?? '';
  const mark = `-${createHash('sha256').update(person.userId).digest('hex').slice(0, 6)}`;
  const stem = plain.slice(0, plain.length - suffix.length).slice(0, rules.maxBytes - suffix.length - mark.length);
  return `${stem}${mark}${suffix}`;
}

function rulesOf({ config, isupport, software, reserved }: Naming, template: string): NickRules {
  return {
    ...DEFAULT_NICK_RULES,
    maxBytes: isupport.nickLen,
    utf8: isupport.utf8Names,
    leadingDigit: /^ergo/i.test(software ?? ''),
    casemapping: isupport.casemapping,
    reserved,
    template: `${template}${config.sasl?.accountSuffix ?? ''}`,
  };
}
