/** One line that somebody said, in the form in which the far side shows it: `* text` for `/me`. Its text is unlike any other's. */
export type Said = { readonly speaker: string; readonly channel: string; readonly text: string };
/** One line that arrived on the far side, in order of arrival. */
export type Heard = { readonly nick: string; readonly channel: string; readonly text: string };

export type Verdict = {
  /** A sentence for each line that was lost, doubled, misplaced or never said. Empty when all is well. */
  readonly problems: readonly string[];
  readonly arrived: number;
};

/** Judges one direction: each line once, and in the order of its speaker within its channel. */
export function judge(said: readonly Said[], heard: readonly Heard[]): Verdict {
  const { matched, strangers } = match(said, heard);
  const problems = strangers.map((line) => `nobody said this: ${line.channel} ${line.nick}: ${shortened(line.text)}`);
  const times = new Map<Said, number>();
  for (const pair of matched) times.set(pair.said, (times.get(pair.said) ?? 0) + 1);
  for (const line of said) {
    const count = times.get(line) ?? 0;
    if (count === 0) problems.push(`lost: ${line.channel} ${line.speaker}: ${shortened(line.text)}`);
    if (count > 1) problems.push(`${count} times: ${line.channel} ${line.speaker}: ${shortened(line.text)}`);
  }
  const position = new Map(said.map((line, index) => [line, index]));
  const last = new Map<string, Said>();
  for (const line of new Set(matched.map((pair) => pair.said))) {
    const lane = `${line.channel} ${line.speaker}`;
    const before = last.get(lane);
    if (before !== undefined && (position.get(before) ?? 0) > (position.get(line) ?? 0)) {
      problems.push(`out of order: ${lane}: ${shortened(line.text)} came after ${shortened(before.text)}`);
    }
    last.set(lane, line);
  }
  return { problems, arrived: times.size };
}

/** A line that was said, with the line heard that completed it. */
export type Match<S extends Said, H extends Heard> = { readonly said: S; readonly heard: H };

/**
 * Finds for each line heard the one that was said. A long line may arrive in pieces, which follow each other by the same
 * nick; blanks at the cuts do not count.
 */
export function match<S extends Said, H extends Heard>(
  said: readonly S[],
  heard: readonly H[],
): { readonly matched: readonly Match<S, H>[]; readonly strangers: readonly H[] } {
  const wanted = new Map(said.map((line) => [`${line.channel} ${squashed(line.text)}`, line]));
  const wholes = [...wanted.keys()];
  const pieces = new Map<string, string>();
  const matched: Match<S, H>[] = [];
  const strangers: H[] = [];
  for (const line of heard) {
    const lane = `${line.channel} ${line.nick}`;
    const text = squashed(line.text);
    const together = `${pieces.get(lane) ?? ''}${text}`;
    const alone = wanted.get(`${line.channel} ${text}`);
    const found = alone ?? wanted.get(`${line.channel} ${together}`);
    if (found !== undefined) {
      matched.push({ said: found, heard: line });
      if (alone === undefined) pieces.delete(lane);
    } else if (wholes.some((whole) => whole.startsWith(`${line.channel} ${together}`))) pieces.set(lane, together);
    else strangers.push(line);
  }
  return { matched, strangers };
}

const squashed = (text: string): string => text.replace(/\s+/g, '');

const SHOWN_CHARS = 60;
export const shortened = (text: string): string => {
  const chars = [...text];
  return chars.length <= SHOWN_CHARS ? text : `${chars.slice(0, SHOWN_CHARS).join('')}… (${chars.length} characters)`;
};

/** Median and 95th percentile in milliseconds; undefined without any. */
export function percentiles(lagsMs: readonly number[]): { readonly p50: number; readonly p95: number } | undefined {
  const sorted = [...lagsMs].sort((a, b) => a - b);
  const at = (share: number): number | undefined =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const [p50, p95] = [at(0.5), at(0.95)];
  return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}
