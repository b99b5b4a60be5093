import { foldAccount, type Handle, ROLES, type Role, STATUSES, type Status } from '../core/authority/member.ts';

/** What an authority calls standings and roles, in our words (`authority.statuses`, `authority.roles`). */
export type Words = {
  readonly statuses: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
};

/** Compares without case, except where the exact word is explained. */
function translate<T extends string>(
  word: string,
  explained: Readonly<Record<string, string>>,
  ours: readonly T[],
): T | undefined {
  const same = Object.keys(explained).find((key) => key.toLowerCase() === word.toLowerCase());
  const key = Object.hasOwn(explained, word) ? word : same;
  const meant = (key === undefined ? word.toLowerCase() : explained[key]) ?? '';
  return ours.find((one) => one === meant);
}

/** @returns `unmapped` for a word that nobody explained to us */
export const statusOf = (word: string, { statuses }: Words): Status | 'unmapped' =>
  translate(word, statuses, STATUSES) ?? 'unmapped';

/** @returns undefined for a word that nobody explained to us: it gives no power */
export const roleOf = (word: string, { roles }: Words): Role | undefined => translate(word, roles, ROLES);

/** Each once, from least to most. */
export const inOrder = (roles: ReadonlySet<Role>): Role[] => ROLES.filter((role) => roles.has(role));

export const MAX_SUBJECT = 255;
export const MAX_GROUP = 100;
/** Handles of one person. */
export const MAX_HANDLES = 100;

const MXID = /^@[^\s:\p{Cc}]+:[^\s\p{Cc}]+$/u;
const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/;
const IRC = /^([a-z0-9-]{1,20})\/([^\s\p{Cc}]{1,100})$/u;
const MAX_HANDLE = 255;

/** `@ada:willow.example`. @returns undefined for anything else */
export const toMatrixHandle = (value: string): Handle | undefined =>
  value.length <= MAX_HANDLE && MXID.test(value) ? { kind: 'mxid', value } : undefined;

/** `did:key:z6Mk…` (W3C DID Core §3.1). @returns undefined for anything else */
export const toDidHandle = (value: string): Handle | undefined =>
  value.length <= MAX_HANDLE && DID.test(value) ? { kind: 'did', value } : undefined;

/** `home/ada`: the network's id, then the account. @returns undefined for anything else */
export function toIrcHandle(value: string): Handle | undefined {
  const [, network, account] = IRC.exec(value) ?? [];
  return network === undefined || account === undefined
    ? undefined
    : { kind: 'irc-account', network, value: foldAccount(account) };
}
