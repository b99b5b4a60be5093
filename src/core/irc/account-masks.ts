/**
 * How a server lets accounts, and nobody else, through a channel's door: one row per kind of server, by what it says of itself.
 * Source: 005 of Ergo 2.15, InspIRCd 3.15 and ngIRCd 26 as run here; IRCv3 account-extban; help texts of solanum (`$a:`) and UnrealIRCd (`~a:`).
 */
import type { Isupport } from './isupport.ts';

export type AccountMask = (account: string) => string;

export type DoorWays = {
  /** Who may come in is kept by services, account by account (ChanServ AMODE of Ergo). */
  readonly access: boolean;
  /** Entry of the list of exceptions from invite-only; undefined where it cannot name an account. */
  readonly exception: AccountMask | undefined;
  readonly ban: AccountMask | undefined;
};

type Row = DoorWays & { readonly fits: (isupport: Isupport, software: string) => boolean };

const listed = (ban: AccountMask): DoorWays => ({ access: false, exception: ban, ban });

const extban =
  (prefix: string, kind: string) =>
  ({ extban: offered }: Isupport): boolean =>
    offered !== undefined && offered.prefix === prefix && offered.kinds.includes(kind);

/**
 * On Ergo a nick that is an account's name belongs to that account (`nick-reservation: strict`, the default), so a mask of the nick bans the
 * account under its own name. Under another nick it comes in, and has to be kicked.
 */
const nickOf: AccountMask = (account) => `${account}!*@*`;

const ROWS: readonly Row[] = [
  { fits: (_, software) => /^ergo\b/i.test(software), access: true, exception: nickOf, ban: nickOf },
  { fits: extban('$', 'a'), ...listed((account) => `$a:${account}`) },
  { fits: extban('~', 'a'), ...listed((account) => `~a:${account}`) },
  { fits: extban('', 'R'), ...listed((account) => `R:${account}`) },
];

const NO_WAYS: DoorWays = { access: false, exception: undefined, ban: undefined };

/** @param software as 004 names it: `ergo-2.15.0` */
export function doorWaysOf(isupport: Isupport, software: string): DoorWays {
  const { accountExtban, extban: offered, inviteExceptions } = isupport;
  const row =
    accountExtban === undefined
      ? ROWS.find(({ fits }) => fits(isupport, software))
      : listed((account) => `${offered?.prefix ?? ''}${accountExtban}:${account}`);
  if (row === undefined) return NO_WAYS;
  return { access: row.access, ban: row.ban, exception: inviteExceptions === undefined ? undefined : row.exception };
}

/** A name that in a mask stands for itself and for nothing else: no wildcard, no separator. */
export const isPlainAccount = (account: string): boolean =>
  /^[^\s*?!@,:$~#&+\p{Cc}][^\s*?!@,:$\p{Cc}]{0,99}$/u.test(account);
