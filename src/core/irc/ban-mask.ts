import { matchesGlob } from '../text/glob.ts';

/** As the network knows somebody. */
export type Banned = { readonly account: string | null; readonly prefix: string | null };

const MAX_MASK_CHARS = 400;

/** Whether a ban hits somebody: an account as it is (freeq: a DID), or an address with `*` and `?` in it. */
export function isHit(mask: string, { account, prefix }: Banned): boolean {
  if (mask === '' || mask.length > MAX_MASK_CHARS) return false;
  if (mask.startsWith('did:')) return mask === account;
  return prefix !== null && matchesGlob(mask.toLowerCase(), prefix.toLowerCase());
}
