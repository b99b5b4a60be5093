/**
 * What keeps people out of a channel, by the network's own rules: only the invited come in, one needs a key, everything is encrypted, or one
 * has to meet a policy. A room never lets in whom its channel keeps out.
 */
export type Wall = 'invited' | 'key' | 'encrypted' | 'policy';

const WORDS: Readonly<Record<Wall, string>> = {
  invited: 'only invited people come in',
  key: 'one needs its key',
  encrypted: 'everything there is encrypted',
  policy: 'one has to meet its policy',
};

export const isWall = (word: unknown): word is Wall => typeof word === 'string' && Object.hasOwn(WORDS, word);

/** `only invited people come in, and one needs its key` */
export function wallsInWords(walls: readonly Wall[]): string {
  const words = walls.map((wall) => WORDS[wall]);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')}, and ${words.at(-1)}`;
}
