import type { UnknownReason } from '../../core/authority/member.ts';
import { clean, type Unknown, unknown } from '../unknown.ts';

/** RFC 4511, appendix A, and RFC 4533. What is not listed is told by its number. */
const CODES: Readonly<Record<number, readonly [UnknownReason, string]>> = {
  1: ['ambiguous', 'reported an error in what it did'],
  3: ['timeout', 'took longer than its own limit of time allows'],
  4: [
    'ambiguous',
    'broke off at its size limit. Half a list is no list: let the account that Causeway binds as read without limit (OpenLDAP: limits dn.exact="…" size=unlimited)',
  ],
  7: ['unauthorized', 'does not let people bind with a password'],
  8: ['unauthorized', 'wants a stronger way to bind; use ldaps://'],
  10: ['ambiguous', 'says that another server has the answer. Set authority.ldap.url to that server'],
  11: [
    'ambiguous',
    'broke off at an administrative limit. Half a list is no list: raise the limit for the account that Causeway binds as',
  ],
  12: ['malformed', 'cannot do something that was asked for'],
  13: ['unauthorized', 'wants encryption; use ldaps://'],
  21: ['malformed', 'does not understand a value of the filters in authority.ldap'],
  32: [
    'ambiguous',
    'has no entry at authority.ldap.base, or does not show it to the account that Causeway binds as. Check authority.ldap.base',
  ],
  34: ['malformed', 'does not understand authority.ldap.base or bindDn as the name of an entry'],
  48: ['unauthorized', 'does not let this account bind like this'],
  49: ['unauthorized', 'refuses the name or the password. Check authority.ldap.bindDn and its password'],
  50: ['unauthorized', 'does not let the account that Causeway binds as read this'],
  51: ['unreachable', 'is busy'],
  52: ['unreachable', 'is shutting down or not available'],
  53: ['ambiguous', 'is not willing to do it'],
};

/** A refusal as an answer. `detail`: the server's own words, cut and without controls. */
export function fromResultCode(code: number, detail: string): Unknown {
  const [reason, words] = CODES[code] ?? ['ambiguous', `answered with the code ${code}`];
  const own = clean(detail);
  return unknown(reason, `The directory ${words}${own === '' ? '' : ` (“${own}”)`}.`);
}
