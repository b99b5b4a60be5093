import { type Path, show, showKey } from '../../config/problem.ts';
import { nearest } from '../../core/text/nearest.ts';

/** A mistake at a place of a tree of plain values. */
export type TreeProblem = {
  readonly path: Path;
  readonly text: string;
  readonly remedy: string;
  readonly at?: 'key' | 'value';
};

/** Collects mistakes; beyond the first few nobody reads them. */
export class TreeProblems {
  readonly found: TreeProblem[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.found.length >= this.#max;
  }

  add(path: Path, text: string, remedy: string, at: 'key' | 'value' = 'value'): undefined {
    if (!this.isFull) this.found.push({ path, text, remedy, at });
    return undefined;
  }
}

export type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map with no other keys than these. @param what completes "… has no key": `A member` */
export function readMap(
  value: unknown,
  path: Path,
  what: string,
  keys: readonly string[],
  problems: TreeProblems,
): Tree | undefined {
  if (!isTree(value))
    return problems.add(path, `${what} is a map, not ${show(value)}.`, `Its keys: ${keys.join(', ')}.`);
  for (const name of Object.keys(value)) {
    if (keys.includes(name)) continue;
    const meant = nearest(name, keys);
    const remedy = meant === undefined ? `Its keys: ${keys.join(', ')}.` : `Did you mean ${meant}?`;
    problems.add([...path, name], `${what} has no key ${showKey(name)}.`, remedy, 'key');
  }
  return value;
}

/** One line of text. @param form what to write, as a sentence */
export function readLine(
  value: unknown,
  path: Path,
  { maxLength, form }: { readonly maxLength: number; readonly form: string },
  problems: TreeProblems,
): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean')
    return problems.add(path, `${String(value)} is not read as text.`, `Write it in quotes: ${show(String(value))}.`);
  if (typeof value !== 'string') return problems.add(path, `Text is wanted here, not ${show(value)}.`, form);
  if (value.trim() === '') return problems.add(path, 'This text is empty.', form);
  if (value.length > maxLength)
    return problems.add(path, `This text has ${value.length} characters.`, `At most ${maxLength} are read.`);
  if (/\p{Cc}/u.test(value)) return problems.add(path, `${show(value)} has control characters.`, form);
  return value;
}

/** A list, or one of its elements alone. */
export function readOneOrMore(
  value: unknown,
  path: Path,
  maxLength: number,
  problems: TreeProblems,
): readonly (readonly [Path, unknown])[] {
  if (!Array.isArray(value)) return [[path, value]];
  if (value.length > maxLength) {
    problems.add(path, `This list has ${value.length} entries.`, `At most ${maxLength} are read.`);
    return [];
  }
  return value.map((element, i) => [[...path, i], element] as const);
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const DAY_MS = 86_400_000;

/**
 * A day or a moment, milliseconds since 1970. A day is that of UTC; as an end it counts in full.
 * @param end whether it ends something
 */
export function readDate(value: unknown, path: Path, end: boolean, problems: TreeProblems): number | undefined {
  const form = 'Write a day such as 2027-06-01, or a moment with its zone such as 2027-06-01T18:00:00Z.';
  if (typeof value !== 'string') return problems.add(path, `${show(value)} is no date.`, form);
  const [day] = DAY.exec(value) ?? [];
  const [moment, dayOfMoment] = MOMENT.exec(value) ?? [];
  const ofDayMs = Date.parse(day ?? dayOfMoment ?? '');
  const isThere = !Number.isNaN(ofDayMs) && new Date(ofDayMs).toISOString().startsWith(day ?? dayOfMoment ?? '-');
  if (!isThere) return problems.add(path, `${show(value)} is no date.`, form);
  if (moment !== undefined) return Date.parse(moment);
  return end ? ofDayMs + DAY_MS - 1 : ofDayMs;
}
