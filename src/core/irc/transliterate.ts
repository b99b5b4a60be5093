/** Letters as ASCII, for nicks on servers that take nothing else. */

/**
 * Latin letters that do not come apart into a letter and a mark, and the Greek and Cyrillic alphabets (after ISO 843
 * and BGN/PCGN).
 */
const LETTERS: ReadonlyMap<string, string> = new Map(
  `ß ss|æ ae|œ oe|ø o|đ d|ð d|þ th|ł l|ħ h|ı i|ŋ ng|ŧ t|ĸ k|ƒ f|ə e|ſ s|
  α a|β v|γ g|δ d|ε e|ζ z|η i|θ th|ι i|κ k|λ l|μ m|ν n|ξ x|ο o|π p|ρ r|σ s|ς s|τ t|υ y|φ f|χ ch|ψ ps|ω o|
  а a|б b|в v|г g|д d|е e|ж zh|з z|и i|й y|к k|л l|м m|н n|о o|п p|р r|с s|т t|у u|ф f|
  х kh|ц ts|ч ch|ш sh|щ shch|ъ |ы y|ь |э e|ю yu|я ya|
  ё e|є ye|і i|ї yi|ґ g|ў u|ђ dj|ј j|љ lj|њ nj|ћ c|џ dz|ѓ g|ќ k|ѕ dz`
    .split('|')
    .map((entry) => entry.trimStart().split(' '))
    .map(([letter = '', latin = '']) => [letter, latin]),
);

/** ASCII where a letter has a usual counterpart; every other character stays as it is. */
export function transliterate(text: string): string {
  let out = '';
  for (const char of text.normalize('NFC')) {
    // Composed letters that have an entry of their own (й, ё) first; others come apart: é is e and a mark.
    out += latin(char) ?? [...char.normalize('NFD').replace(/\p{M}/gu, '')].map((base) => latin(base) ?? base).join('');
  }
  return out;
}

function latin(char: string): string | undefined {
  const small = char.toLowerCase();
  const letters = LETTERS.get(small);
  if (letters === undefined || small === char) return letters;
  return letters.charAt(0).toUpperCase() + letters.slice(1);
}
