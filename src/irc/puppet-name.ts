import { createHash } from 'node:crypto';
import type { PuppetsConfig } from '../config/schema-network.ts';
import type { Isupport } from '../core/irc/isupport.ts';
import { DEFAULT_NICK_RULES, type NickRules, nextNickCandidate, nickFromName } from '../core/irc/nick.ts';
import type { Person } from '../ports/network.ts';

/** How puppets are named on this server. */
export type Naming = {
  readonly config: PuppetsConfig;
  readonly isupport: Isupport;
  /** Ergo; classic servers take no digit in front. */
  readonly software: string | undefined;
  readonly reserved: readonly string[];
};

export const localpartOf = (userId: string): string => userId.slice(1).split(':')[0] ?? userId;

/** The display name as a real name: one line, whole characters, at most `maxBytes`. */
export function realnameOf({ displayName, userId }: Person, maxBytes: number): string {
  let name = '';
  for (const char of displayName.replace(/[\0\r\n]/g, ' ').toWellFormed()) {
    if (Buffer.byteLength(name + char) > Math.min(maxBytes, MAX_REALNAME_BYTES)) break;
    name += char;
  }
  return name.trim() === '' ? userId.slice(0, MAX_REALNAME_BYTES) : name;
}

const MAX_REALNAME_BYTES = 100;

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
