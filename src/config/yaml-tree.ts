import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type ConfigProblem, type Path, renderPath, show, showKey } from './problem.ts';
import { slipOf, slipOfKey } from './yaml-slips.ts';

/** Bounds of a file that a person writes; beyond them it is a mistake or an attack. */
export const MAX_FILE_BYTES = 1_048_576;
const MAX_NODES = 200_000;
const MAX_DEPTH = 24;
const MAX_SYNTAX_ERRORS = 20;

type Place = { readonly key: number; readonly value: number };

/** A YAML file as plain values (maps without a prototype), with the place of each. */
export type YamlTree = {
  readonly value: unknown;
  /** Mistakes of the YAML itself. Where `broken`, nothing can be said about the rest. */
  readonly problems: readonly ConfigProblem[];
  readonly broken: boolean;
  /** A problem at the value (or the key) of the path, or of its nearest ancestor that the file has. */
  problemAt(path: Path, text: string, remedy: string, at?: 'key' | 'value'): ConfigProblem;
  lineOf(path: Path): number;
  /** The rest of the line from the value's place on, for telling why a value is empty. */
  sourceAt(path: Path): string;
};

export type TreeBounds = { readonly maxBytes: number; readonly maxNodes: number };

/** @param file as messages name it */
export function readYamlTree(
  file: string,
  source: string,
  { maxBytes, maxNodes }: TreeBounds = { maxBytes: MAX_FILE_BYTES, maxNodes: MAX_NODES },
): YamlTree {
  const lineCounter = new LineCounter();
  const places = new Map<string, Place>();
  const problems: ConfigProblem[] = [];
  const problemAtOffset = (offset: number, path: Path, text: string, remedy: string): ConfigProblem => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: renderPath(path), text, remedy };
  };
  const placeOf = (path: Path): Place => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { key: 0, value: 0 };
  };
  const has = (path: Path): boolean => places.has(JSON.stringify(path));
  const tree = (value: unknown, broken: boolean): YamlTree => ({
    value,
    problems,
    broken,
    problemAt: (path, text, remedy, at = 'value') =>
      problemAtOffset(placeOf(path)[has(path) ? at : 'key'], path, text, remedy),
    lineOf: (path) => lineCounter.linePos(placeOf(path).key).line,
    sourceAt: (path) => source.slice(placeOf(path).value).split('\n', 1)[0] ?? '',
  });

  const bytes = Buffer.byteLength(source);
  if (bytes > maxBytes) {
    problems.push(
      problemAtOffset(0, [], `The file has ${bytes} bytes.`, `At most ${maxBytes} are read; is it the right file?`),
    );
    return tree(undefined, true);
  }
  const tooDeep = (): YamlTree => {
    problems.push(problemAtOffset(0, [], 'The file is nested too deeply.', `At most ${MAX_DEPTH} levels are read.`));
    return tree(undefined, true);
  };
  let doc: ReturnType<typeof parseDocument>;
  try {
    doc = parseDocument(source, { lineCounter, prettyErrors: false, logLevel: 'error', schema: 'core' });
  } catch (error) {
    // The parser recurses: thousands of opening brackets end its stack. Anything else would be a bug of ours.
    if (!(error instanceof RangeError)) throw error;
    return tooDeep();
  }
  if (doc.errors.some((error) => error.message.includes('call stack'))) return tooDeep();
  const brokenLines = new Set<number>();
  for (const error of doc.errors) {
    const [offset] = error.pos;
    if (error.code === 'DUPLICATE_KEY') {
      const name = /^[^\n:]*/.exec(source.slice(offset))?.[0] ?? '';
      const text = `${showKey(name.trim())} stands twice in the same map.`;
      problems.push(problemAtOffset(offset, [], text, 'Keep one of them.'));
      continue;
    }
    // One slip makes the parser complain several times about its line, and a little one can spoil all that follow.
    const slip = slipOf(source, error);
    const lines = [offset, slip.offset].map((at) => lineCounter.linePos(at).line);
    if (lines.some((line) => brokenLines.has(line)) || brokenLines.size >= MAX_SYNTAX_ERRORS) continue;
    for (const line of lines) brokenLines.add(line);
    problems.push(problemAtOffset(slip.offset, [], slip.text, slip.remedy));
    if (slip.spoilsTheRest) break;
  }
  if (brokenLines.size > 0) return tree(undefined, true);

  let nodes = 0;
  let tooLarge: string | undefined;
  let isFalse = false;
  const convert = (node: unknown, path: (string | number)[], fallback: number): unknown => {
    if (++nodes > maxNodes) tooLarge ??= `The file unfolds to more than ${maxNodes} values.`;
    if (path.length > MAX_DEPTH) tooLarge ??= `The file is nested more than ${MAX_DEPTH} levels deep.`;
    if (tooLarge !== undefined) return undefined;
    const offset = (node as Node | null)?.range?.[0] ?? fallback;
    if (path.length > 0) places.set(JSON.stringify(path), { key: fallback, value: offset });
    const tag = (node as Node | null)?.tag;
    if (tag !== undefined && !tag.startsWith('tag:yaml.org,2002:')) {
      const text = `${show(tag)} is read as a YAML tag, not as text.`;
      problems.push(problemAtOffset(offset, path, text, `Write it in quotes: ${show(tag)}.`));
    }
    if (isAlias(node)) return convert(node.resolve(doc), path, fallback);
    if (isScalar(node)) return typeof node.value === 'bigint' ? Number(node.value) : node.value;
    if (isSeq(node))
      return node.items.map((item, i) => convert(item, [...path, i], (item as Node | null)?.range?.[0] ?? offset));
    if (!isMap(node)) return null;
    const map: Record<string, unknown> = Object.create(null);
    for (const pair of node.items) {
      const at = (pair.key as Node | null)?.range?.[0] ?? offset;
      if (!isScalar(pair.key)) {
        problems.push(
          problemAtOffset(at, path, 'A key has to be a word.', 'Put values in braces or brackets behind a key.'),
        );
        continue;
      }
      const name = String(pair.key.value);
      const slip = slipOfKey(name, at);
      if (slip !== undefined) {
        isFalse = true;
        problems.push(problemAtOffset(at, path, slip.text, slip.remedy));
      }
      if (!Object.hasOwn(map, name)) map[name] = convert(pair.value, [...path, name], at);
    }
    return map;
  };
  const value = convert(doc.contents, [], 0);
  if (tooLarge !== undefined) {
    problems.push(problemAtOffset(0, [], tooLarge, 'Write it without aliases and deep nesting.'));
    return tree(undefined, true);
  }
  return tree(value, isFalse);
}
