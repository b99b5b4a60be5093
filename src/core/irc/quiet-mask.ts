import type { Isupport } from './isupport.ts';
import type { ModeChange } from './modes.ts';

/** Whom a change silences, or lets speak again. */
export type Quieted = { readonly mask: string } | { readonly account: string };

/**
 * Kinds of masks that silence and do not keep out: `m` of Ergo and InspIRCd, `q` and `quiet` of UnrealIRCd, `mute` of InspIRCd 4.
 * Source: docs of each; `+q` as a list is of solanum and its kin.
 */
const SILENCING: ReadonlySet<string> = new Set(['m', 'q', 'mute', 'quiet']);
/** `R` of InspIRCd, `a` of solanum and UnrealIRCd. */
const ACCOUNTS: ReadonlySet<string> = new Set(['a', 'R', 'account']);

/** Undefined for every change that silences nobody. */
export function quietedBy({ letter, param }: ModeChange, isupport: Isupport): Quieted | undefined {
  if (param === undefined || param === '') return undefined;
  const isList = isupport.chanModes.list.includes(letter) && !isupport.prefixes.some(({ mode }) => mode === letter);
  if (!isList) return undefined;
  if (letter === 'q') return whom(param, isupport);
  if (letter !== 'b') return undefined;
  const kind = kindOf(param, isupport);
  return kind !== undefined && SILENCING.has(kind.name) ? whom(kind.rest, isupport) : undefined;
}

function whom(mask: string, isupport: Isupport): Quieted {
  const kind = kindOf(mask, isupport);
  return kind !== undefined && ACCOUNTS.has(kind.name) ? { account: kind.rest } : { mask };
}

/** `m:bob!*@*`, `~q:bob!*@*`, `$a:bob` */
function kindOf(mask: string, { extban, accountExtban }: Isupport): { name: string; rest: string } | undefined {
  if (extban === undefined && accountExtban === undefined) return undefined;
  const prefix = extban?.prefix ?? '';
  if (!mask.startsWith(prefix)) return undefined;
  const [, name = '', rest] = /^([A-Za-z]{1,20}):(.*)$/su.exec(mask.slice(prefix.length)) ?? [];
  if (rest === undefined) return undefined;
  return { name: name === accountExtban ? 'account' : name, rest };
}
