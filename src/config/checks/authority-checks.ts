import { env } from '../doc.ts';
import { show } from '../problem.ts';
import { whyNotVerifying } from '../verifying-keys.ts';
import { isTree, type Tree } from '../walk.ts';
import { type Check, linksOf, list, map, text } from './raw.ts';

/** Mistakes about the authority that no single value shows. */

/** The key that each source needs beside its name, and what to write. */
const NEEDS: Readonly<Record<string, readonly [key: string, remedy: string]>> = {
  file: ['path', 'Add path: ./members.yaml'],
  scim: ['scim', 'Add scim: {tokenFile: PATH}, and url where Causeway is to ask a service.'],
  ldap: ['ldap', 'Add ldap: {url: ldap://127.0.0.1:389, base: "dc=willow,dc=example"}.'],
  'coop-api': ['coopApi', 'Add coopApi: {url: http://127.0.0.1:3000, tokenFile: PATH}.'],
};

/** Letters of a token that a directory writes with: somebody who guesses it decides who is a member. */
export const MIN_SCIM_TOKEN = 32;

const sourceIncomplete: Check = (root, tree) => {
  const authority = map(root.authority);
  const source = text(authority.source) ?? '';
  const [key, remedy] = (Object.hasOwn(NEEDS, source) ? NEEDS[source] : undefined) ?? [];
  if (key === undefined || remedy === undefined || (authority[key] ?? null) !== null) return [];
  return [
    tree.problemAt(
      ['authority', authority[key] === undefined ? 'source' : key],
      `authority.${key} is missing: the source ${source} needs it.`,
      remedy,
    ),
  ];
};

const scimToken: Check = (root, tree) => {
  const authority = map(root.authority);
  if (authority.source !== 'scim' || !isTree(authority.scim)) return [];
  const { url, token } = authority.scim;
  const asked = url !== undefined;
  if (token === undefined)
    return [
      tree.problemAt(
        ['authority', 'scim'],
        `authority.scim.token is missing: ${asked ? 'the service lets nobody ask without it' : 'the directory proves by it that it may write to us'}.`,
        `Add tokenFile: PATH (out of a file) or token: ${env('SCIM_TOKEN')} (out of the environment).`,
      ),
    ];
  if (asked || typeof token !== 'string' || token.length >= MIN_SCIM_TOKEN) return [];
  return [
    tree.problemAt(
      ['authority', 'scim', 'token'],
      `authority.scim.token is short: whoever guesses it decides who is a member.`,
      `Write ${MIN_SCIM_TOKEN} characters or more; openssl rand -hex 32 makes them.`,
    ),
  ];
};

const ldapHalfBound: Check = (root, tree) => {
  const authority = map(root.authority);
  if (!isTree(authority.ldap)) return [];
  const { bindDn, password } = authority.ldap;
  if ((bindDn === undefined) === (password === undefined)) return [];
  const [given, missing] = bindDn === undefined ? ['password', 'bindDn'] : ['bindDn', 'password'];
  return [
    tree.problemAt(
      ['authority', 'ldap', given],
      `authority.ldap has ${given} and no ${missing}.`,
      bindDn === undefined
        ? 'Add bindDn: whose password it is.'
        : `Add passwordFile: PATH or password: ${env('LDAP_PASSWORD')}.`,
    ),
  ];
};

const hardBeforeSoft: Check = (root, tree) => {
  const { softSeconds: soft = 60, hardSeconds: hard = 900 } = map(root.authority);
  if (typeof soft !== 'number' || typeof hard !== 'number' || soft <= hard) return [];
  const at = map(root.authority).softSeconds === undefined ? 'hardSeconds' : 'softSeconds';
  return [
    tree.problemAt(
      ['authority', at],
      `authority.softSeconds (${soft}) is more than hardSeconds (${hard}).`,
      'First nobody new is let in, then the rest follows: make hardSeconds the larger one.',
    ),
  ];
};

const recordOverList: Check = (root, tree) => {
  const { source, path, audit } = map(root.authority);
  if (source !== 'file' || text(path) === undefined || path !== audit) return [];
  return [
    tree.problemAt(
      ['authority', 'audit'],
      `authority.path and authority.audit are one file, ${show(path)}: the record would be written into the list of members.`,
      'Give the record a file of its own.',
    ),
  ];
};

/** Keys come from one place, and each of them can only check signatures. */
const eventKeys: Check = (root, tree) => {
  const authority = map(root.authority);
  if (!isTree(authority.events)) return [];
  const { jwksUrl, jwks } = authority.events;
  if ((jwksUrl === undefined) === (jwks === undefined))
    return [
      tree.problemAt(
        ['authority', 'events', ...(jwks === undefined ? [] : ['jwks'])],
        jwks === undefined
          ? 'authority.events names no keys, so nobody could say whose events they are.'
          : 'authority.events has jwksUrl and jwks, and one of them is right at most.',
        jwks === undefined ? 'Add jwksUrl: where the issuer publishes its keys.' : 'Leave one of them out.',
      ),
    ];
  return list(map(jwks).keys).flatMap((key, k) => {
    const why = whyNotVerifying(key);
    return why === undefined
      ? []
      : [
          tree.problemAt(
            ['authority', 'events', 'jwks', 'keys', k],
            `This key ${why}.`,
            'Write the issuer’s public keys, as its jwks_uri has them.',
          ),
        ];
  });
};

const asksNobody = (root: Tree): boolean => (map(root.authority).source ?? 'none') === 'none';

const roleWithoutAuthority: Check = (root, tree) =>
  !asksNobody(root)
    ? []
    : linksOf(root)
        .filter(({ link }) => text(link.require) !== undefined && link.require !== 'none')
        .map(({ path, link }) =>
          tree.problemAt(
            [...path, 'require'],
            `The channel asks for the role ${show(link.require)}, and with authority.source none nobody can say who has it.`,
            'Remove require, if everybody may read and speak there.',
          ),
        );

const inviteWithoutAuthority: Check = (root, tree) =>
  !asksNobody(root)
    ? []
    : linksOf(root)
        .filter(({ link }) => link.join === 'invite')
        .map(({ path }) =>
          tree.problemAt(
            [...path, 'join'],
            'Causeway would have to invite the members, and with authority.source none it knows none.',
            'Remove join, if everybody may enter the room.',
          ),
        );

export const AUTHORITY_CHECKS: readonly Check[] = [
  sourceIncomplete,
  scimToken,
  ldapHalfBound,
  hardBeforeSoft,
  recordOverList,
  eventKeys,
  roleWithoutAuthority,
  inviteWithoutAuthority,
];
