/**
 * Patterns in which `*` stands for any text and `?` for one UTF-16 unit, as bans of IRC and rules of Matrix have them (Matrix specification,
 * appendix "Glob-style matching"). Never a regular expression: who writes them is nobody we trust.
 */

export const isGlob = (pattern: string): boolean => /[*?]/.test(pattern);

/** Greedy with one step back: never more than pattern times text steps, whatever the pattern. See {@link globWeight}. */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, star, from] = [0, -1, 0];
  let i = 0;
  while (i < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      from = i;
    } else if (pattern[at] === '?' || (at < pattern.length && pattern[at] === text[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++from;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/**
 * How many steps a pattern may take for each unit of a text, at worst: the longest stretch behind a `*` is tried at each place. What stands
 * before the first is tried once. So a sum of weights bounds how long any number of patterns keep somebody waiting.
 */
export function globWeight(pattern: string): number {
  const [, ...behind] = pattern.split('*');
  return 1 + behind.reduce((most, stretch) => Math.max(most, stretch.length), 0);
}
