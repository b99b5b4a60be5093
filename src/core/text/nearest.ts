/** Least number of letters to add, drop, change or swap with the neighbour, for short words. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[_\s-]/g, '');

const begins = (long: string, short: string): boolean => short.length > 3 && long.startsWith(short);

/** The candidate that somebody who wrote `word` probably meant; case, `_` and `-` do not count. */
export function nearest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  if (word.length > 60) return undefined;
  const wanted = plain(word);
  const most = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = candidates
    .map((name) => ({ name, far: distance(wanted, plain(name)) }))
    .filter(({ name, far }) => far <= most || begins(plain(name), wanted) || begins(wanted, plain(name)))
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.name;
}
