/** What a channel MODE line changes. */
import type { Isupport } from './isupport.ts';

export type ModeChange = { readonly sign: '+' | '-'; readonly letter: string; readonly param?: string };

export type ModeChanges = {
  readonly changes: readonly ModeChange[];
  /**
   * False where letters and parameters did not match up. Then `changes` ends before the first doubtful one, and who
   * needs to be sure asks the server for modes and names again.
   */
  readonly exact: boolean;
};

/**
 * How the parameter of a letter goes. `key`: always one, but some servers leave it out when a key is taken away.
 * `entry`: without one it is no change, but a question for the list.
 */
type ParamRule = 'member' | 'key' | 'when-set' | 'entry' | 'none';

/**
 * @param params of the MODE line after its target: mode letters, then their parameters in order
 *
 * Reading parameters against the wrong letters hands somebody else's power out (CVE-2022-39202). So a letter the
 * server has not declared ends the reading: whether it takes a parameter, and thus whose the following ones are,
 * cannot be known. A letter that lacks its parameter is no change.
 */
export function parseModes(params: readonly string[], isupport: Isupport): ModeChanges {
  const [letters = '', ...args] = params;
  const changes: ModeChange[] = [];
  let exact = true;
  let sign: '+' | '-' = '+';
  let used = 0;
  for (const letter of letters) {
    if (letter === '+' || letter === '-') {
      sign = letter;
      continue;
    }
    const rule = paramRule(letter, isupport);
    if (rule === undefined) return { changes, exact: false };
    if (rule === 'none' || (rule === 'when-set' && sign === '-')) {
      changes.push({ sign, letter });
      continue;
    }
    const param = args[used];
    if (param !== undefined) changes.push({ sign, letter, param });
    else if (rule === 'key' && sign === '-') changes.push({ sign, letter });
    else exact &&= rule === 'entry';
    used++;
  }
  return { changes, exact: exact && used >= args.length };
}

function paramRule(letter: string, { prefixes, chanModes }: Isupport): ParamRule | undefined {
  if (prefixes.some(({ mode }) => mode === letter)) return 'member';
  if (chanModes.always.includes(letter)) return 'key';
  if (chanModes.list.includes(letter)) return 'entry';
  if (chanModes.whenSet.includes(letter)) return 'when-set';
  return chanModes.flag.includes(letter) ? 'none' : undefined;
}

/** Bytes of one MODE line's letters and parameters: what else stands in it when others see it fits beside. */
const MAX_MODE_BYTES = 300;

/** @returns the parameters of MODE lines after their target, as few lines as the server takes, in the given order */
export function packModes(changes: readonly ModeChange[], { modesPerLine }: Isupport): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let letters = '';
  let params: string[] = [];
  let bytes = 0;
  let sign = '';
  const flush = () => {
    if (letters !== '') lines.push([letters, ...params]);
    [letters, params, bytes, sign] = ['', [], 0, ''];
  };
  for (const change of changes) {
    const cost = 2 + (change.param === undefined ? 0 : 1 + Buffer.byteLength(change.param));
    const isFull = change.param !== undefined && params.length >= modesPerLine;
    if (isFull || (letters !== '' && bytes + cost > MAX_MODE_BYTES)) flush();
    letters += change.sign === sign ? change.letter : change.sign + change.letter;
    sign = change.sign;
    if (change.param !== undefined) params.push(change.param);
    bytes += cost;
  }
  flush();
  return lines;
}
