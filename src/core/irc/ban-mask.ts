/** As the network knows somebody. */
export type Banned = { readonly account: string | null; readonly prefix: string | null };

const MAX_MASK_CHARS = 400;

/** Whether a ban hits somebody: an account as it is (freeq: a DID), or an address with `*` and `?` in it. */
export function isHit(mask: string, { account, prefix }: Banned): boolean {
  if (mask === '' || mask.length > MAX_MASK_CHARS) return false;
  if (mask.startsWith('did:')) return mask === account;
  return prefix !== null && matches(mask.toLowerCase(), prefix.toLowerCase());
}

/** Greedy with one step back: never more than mask times text steps, whatever the mask. */
function matches(mask: string, text: string): boolean {
  let [at, star, from] = [0, -1, 0];
  let i = 0;
  while (i < text.length) {
    if (mask[at] === '*') {
      star = at++;
      from = i;
    } else if (mask[at] === '?' || (at < mask.length && mask[at] === text[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++from;
    } else return false;
  }
  while (mask[at] === '*') at++;
  return at === mask.length;
}
