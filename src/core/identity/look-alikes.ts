/**
 * Letters of other alphabets that pass for a Latin one or a digit in most fonts: the ones that forged names are made of.
 * Source: Unicode UTS #39, confusables.txt, its most used entries; Greek, Cyrillic, Armenian, Cherokee.
 */
const LOOK_ALIKES: ReadonlyArray<[latin: string, others: string]> = [
  ['a', 'аαɑ'],
  ['b', 'ЬВΒв'],
  ['c', 'сϲ'],
  ['d', 'ԁ'],
  ['e', 'еҽє'],
  ['g', 'ɡց'],
  ['h', 'һНΗн'],
  ['i', 'іιıΙІ'],
  ['j', 'јϳ'],
  ['k', 'κкΚК'],
  ['l', 'ӏⅼΙӀ'],
  ['m', 'мΜМ'],
  ['n', 'ոΝ'],
  ['o', 'оοσօΟО'],
  ['p', 'рρΡР'],
  ['q', 'ԛ'],
  ['r', 'г'],
  ['s', 'ѕՏЅ'],
  ['t', 'тτΤТ'],
  ['u', 'υս'],
  ['v', 'νѵ'],
  ['w', 'ԝω'],
  ['x', 'хχΧХ'],
  ['y', 'уγΥУү'],
  ['z', 'ΖᏃ'],
];

const LATIN_OF: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKES.flatMap(([latin, others]) =>
    [...others].flatMap((other) =>
      [other, other.toUpperCase(), other.toLowerCase()].map((form): [string, string] => [form, latin]),
    ),
  ),
);

/** The Latin letter or digit, small, that one character is or passes for; itself where it passes for none. */
export function plainLetter(char: string): string {
  const latin = LATIN_OF.get(char);
  if (latin !== undefined) return latin;
  const folded = char.normalize('NFKC').toLowerCase();
  // One for one, so that a place in what comes out is a place in what went in.
  return [...folded].length === 1 ? (LATIN_OF.get(folded) ?? folded) : char;
}

/** Whether a character is none of ASCII and passes for a letter or digit of it. */
export const isLookAlike = (char: string): boolean =>
  char > '\x7f' && /^[a-z0-9]$/.test(plainLetter(char)) && !isAccented(char);

/** Alphabet whose letters all pass for Latin in this name, where there is no Latin one to compare with; for `Рома`: Cyrillic. */
export function alphabetOfLookAlikes(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu) ?? [];
  if (letters.length === 0 || !letters.every(isLookAlike)) return undefined;
  return SCRIPTS.find(([, letter]) => letters.every((each) => letter.test(each)))?.[0] ?? 'look-alike letters';
}

const SCRIPTS: ReadonlyArray<[name: string, letter: RegExp]> = [
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
];

/** `é` is no forged `e`: it decomposes by canon, not by look. */
const isAccented = (char: string): boolean => char.normalize('NFD') !== char;
