import { z } from 'zod';
import { nearest } from '../core/text/nearest.ts';
import { docOf, type KeyDoc } from './doc.ts';
import { type ConfigProblem, type Path, renderPath, show, showKey } from './problem.ts';
import { pathId, type Substituted } from './substitute.ts';
import { bare, elementOf, entriesOf, isTree, schemaAt } from './walk.ts';
import type { YamlTree } from './yaml-tree.ts';

const orList = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' or $1');

/** The form of a right value, to complete "Write …". */
export function formOf(schema: z.core.$ZodType, doc: KeyDoc | undefined): string {
  if (doc?.form !== undefined) return doc.form;
  const inner = bare(schema);
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodEnum) return orList(inner.options.map(String));
  if (inner instanceof z.ZodLiteral) return String(inner.value);
  if (inner instanceof z.ZodNumber) return `a whole number from ${inner.minValue} to ${inner.maxValue}`;
  if (inner instanceof z.ZodObject)
    return `a map with the keys ${entriesOf(inner)
      .map(({ name }) => name)
      .join(', ')}`;
  if (inner instanceof z.ZodRecord) return 'a map';
  if (inner instanceof z.ZodArray) {
    const most = inner.def.checks?.map((check) => check._zod.def).find((def) => def.check === 'max_length');
    return `a list${most !== undefined && 'maximum' in most ? ` of at most ${most.maximum}` : ''}: each entry begins with "- "`;
  }
  const max = inner instanceof z.ZodString ? inner.maxLength : null;
  return max === null ? 'a text' : `1 to ${max} characters, on one line`;
}

/** Everything that the schema finds wrong with the tree, as problems with their places. */
export function explainIssues(
  root: z.core.$ZodType,
  issues: readonly z.core.$ZodIssue[],
  tree: YamlTree,
  substituted: Substituted,
): ConfigProblem[] {
  const seen = new Set<string>();
  const meantAll = new Set(
    issues.flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys') return [];
      const path = issue.path.filter((step) => typeof step !== 'symbol');
      return issue.keys.map((name) => pathId([...path, meantBy(root, path, name) ?? name]));
    }),
  );
  return issues.flatMap((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    // `server_name` is reported as a slip of `serverName`; that the latter is missing says nothing more.
    if (meantAll.has(pathId(path))) return [];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(root, path, name, tree));
    if (issue.code === 'invalid_key') return [wrongKey(path, tree)];
    // A value can fail several checks; one message says what is right.
    if (seen.has(pathId(path))) return [];
    seen.add(pathId(path));
    return [wrongValue(root, path, tree, substituted)];
  });
}

/** The key of the map at `path` that `name` is probably a slip of. */
function meantBy(root: z.core.$ZodType, path: Path, name: string): string | undefined {
  const here = schemaAt(root, path);
  return here === undefined
    ? undefined
    : nearest(
        name,
        entriesOf(here.schema).map((entry) => entry.name),
      );
}

function unknownKey(root: z.core.$ZodType, path: Path, name: string, tree: YamlTree): ConfigProblem {
  const here = schemaAt(root, path);
  const names = here === undefined ? [] : entriesOf(here.schema).map((entry) => entry.name);
  const meant = meantBy(root, path, name);
  const where = path.length === 0 ? 'the configuration' : renderPath(path);
  const places = meant === undefined ? placesOf(root, name) : [];
  const below = `${where.replaceAll(/\[\d+\]/g, '[]')}.`;
  const elsewhere = places.find((place) => place.startsWith(below)) ?? places[0];
  const remedy =
    meant !== undefined
      ? `Did you mean ${meant}?`
      : elsewhere !== undefined
        ? `Did you mean ${elsewhere}?`
        : `It has ${names.join(', ')}.`;
  return tree.problemAt(
    [...path, name],
    `${where === 'the configuration' ? 'The configuration' : where} has no key ${showKey(name)}.`,
    remedy,
    'key',
  );
}

/** A map whose keys are anybody's words has one that is none. */
const wrongKey = (path: Path, tree: YamlTree): ConfigProblem =>
  tree.problemAt(
    path,
    `${renderPath(path.slice(0, -1))} has the key ${show(path.at(-1))}.`,
    'Write 1 to 60 characters, on one line.',
    'key',
  );

/** Where else in the schema a key of this name (in any spelling) stands: `networks[].puppets.max`. */
function placesOf(schema: z.core.$ZodType, name: string, at = ''): string[] {
  const element = elementOf(schema);
  if (element !== undefined) return placesOf(element, name, `${at}[]`);
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, '');
  return entriesOf(schema).flatMap((entry) => {
    const path = at === '' ? entry.name : `${at}.${entry.name}`;
    return [...(plain(entry.name) === plain(name) ? [path] : []), ...placesOf(entry.schema, name, path)];
  });
}

function wrongValue(root: z.core.$ZodType, path: Path, tree: YamlTree, substituted: Substituted): ConfigProblem {
  const name = path.length === 0 ? 'The configuration' : renderPath(path);
  const schema = schemaAt(root, path)?.schema;
  if (schema === undefined) return tree.problemAt(path, `${name} is not right.`, '');
  const value = valueAt(tree.value, path);
  if (value === undefined) return missingKey(root, path, tree);
  const text = whatIsWrong(schema, value, path, tree, substituted.has(pathId(path)));
  const write = path.length === 0 ? SEE_SAMPLE : `Write ${formAt(root, path, schema)}.`;
  return tree.problemAt(path, `${name} ${text}`, write);
}

/** An entry of a list of texts has no documentation of its own: the list's says how it looks. */
function formAt(root: z.core.$ZodType, path: Path, schema: z.core.$ZodType): string {
  const inList = typeof path.at(-1) === 'number' && bare(schema) instanceof z.ZodString;
  const described = inList ? (schemaAt(root, path.slice(0, -1))?.schema ?? schema) : schema;
  return formOf(described, docOf(described));
}

const SEE_SAMPLE = 'config.sample.yaml shows how it looks.';

function missingKey(root: z.core.$ZodType, path: Path, tree: YamlTree): ConfigProblem {
  const name = String(path.at(-1));
  const schema = schemaAt(root, path)?.schema ?? root;
  const doc = docOf(schema);
  const siblings = entriesOf(schemaAt(root, path.slice(0, -1))?.schema ?? root).map((entry) => entry.name);
  const add =
    doc?.secret === true
      ? `Add ${name}: ${doc.example} (out of the environment)${siblings.includes(`${name}File`) ? ` or ${name}File: PATH (out of a file)` : ''}.`
      : doc?.example === undefined
        ? SEE_SAMPLE
        : `Add it, such as ${name}: ${doc.example}`;
  return tree.problemAt(path, `${renderPath(path)} is missing. ${doc?.text ?? ''}`.trim(), add);
}

/** Completes "networks[0].id …". A secret is never shown, nor what may hold one. */
function whatIsWrong(
  schema: z.core.$ZodType,
  value: unknown,
  path: Path,
  tree: YamlTree,
  isSubstituted: boolean,
): string {
  if (value === null || value === '') {
    return isSubstituted ? 'is empty, since its environment variable is.' : `is empty${whyEmpty(tree.sourceAt(path))}.`;
  }
  if (Array.isArray(value)) return wrongList(schema, value);
  if (isTree(value)) return 'is a map.';
  const hidden = docOf(schema)?.secret === true || isSubstituted;
  if (bare(schema) instanceof z.ZodString && typeof value !== 'string') {
    return `is read as a ${typeof value}, and a text is wanted${hidden ? ': put it in quotes' : `: put ${show(String(value))} in quotes, if it is meant`}.`;
  }
  return `${hidden ? 'has a value that cannot be used' : `is ${show(value)}`}.${typeof value === 'string' ? whyOdd(value) : ''}`;
}

/** What cannot be seen in the text itself. */
function whyOdd(text: string): string {
  if (/\p{Cc}/u.test(text)) return ' It holds a control character or a line break.';
  if (/^[“”„«‘’‚]/u.test(text)) return ' Its quotes are those of a word processor: type plain ones.';
  return '';
}

function wrongList(schema: z.core.$ZodType, value: readonly unknown[]): string {
  if (elementOf(schema) === undefined) return 'is a list.';
  return value.length === 0 ? 'is an empty list.' : `has ${value.length} entries.`;
}

/** Why YAML reads nothing where somebody wrote a channel or a room. */
function whyEmpty(source: string): string {
  const rest = source.replace(/^[^:\n]*:\s*/, '');
  if (/^#\S/.test(rest)) return ', since an unquoted # begins a comment';
  if (/^&\S/.test(rest)) return ', since an unquoted & names an anchor';
  if (/^!\S/.test(rest)) return ', since an unquoted ! begins a tag';
  if (/^\*\S/.test(rest)) return ', since an unquoted * stands for an anchor';
  return '';
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  for (const step of path) {
    if (Array.isArray(inner) && typeof step === 'number') inner = inner[step];
    else if (isTree(inner) && typeof step === 'string') inner = inner[step];
    else return undefined;
  }
  return inner;
}
