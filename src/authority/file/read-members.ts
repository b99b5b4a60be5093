import { type ConfigProblem, formatProblems } from '../../config/problem.ts';
import { readYamlTree, type YamlTree } from '../../config/yaml-tree.ts';
import { type Answer, answer, unknown } from '../unknown.ts';
import type { Words } from '../words.ts';
import { type DecodedMembers, decodeMembers } from './decode-members.ts';

export const MAX_BYTES = 20_000_000;
const MAX_TOLD = 5;
/** YAML is read with places, at a microsecond a byte; large JSON without, as long as nothing is wrong with it. */
const LARGE_BYTES = 65_536;

export type MembersText = {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
  readonly issuer: string;
  readonly words: Words;
};

/** `notes`: sentences about words that nobody explained, each with its line. */
export type ReadMembers = Pick<DecodedMembers, 'members' | 'agreements'> & { readonly notes: readonly string[] };

/** The text of a list of members, YAML or JSON. One mistake makes all of it unknown, with the lines that are wrong. */
export function readMembers({ file, text, issuer, words }: MembersText): Answer<ReadMembers> {
  const quick = text.length > LARGE_BYTES ? parseJson(text) : undefined;
  if (quick !== undefined) {
    const { members, agreements, problems, notes } = decodeMembers(quick, issuer, words);
    if (problems.length === 0 && notes.length === 0) return answer({ members, agreements, notes: [] });
  }
  // A value takes a letter or more; whoever unfolds to more values than letters does it by aliases.
  const tree = readYamlTree(file, text, { maxBytes: MAX_BYTES, maxNodes: text.length + 100 });
  if (tree.problems.length > 0) return wrong(tree.problems);
  const { members, agreements, problems, notes } = decodeMembers(tree.value, issuer, words);
  if (problems.length > 0)
    return wrong(problems.map(({ path, text, remedy, at }) => tree.problemAt(path, text, remedy, at)));
  return answer({ members, agreements, notes: notes.map((note) => told(tree, note)) });
}

const told = (tree: YamlTree, { path, text }: { path: readonly (string | number)[]; text: string }): string =>
  formatProblems([tree.problemAt(path, text, '')]);

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(problems: readonly ConfigProblem[]): Answer<never> {
  // The YAML reader speaks of the configuration.
  const remedied = problems.map((problem) => ({
    ...problem,
    remedy: problem.remedy.replace('config.sample.yaml', 'docs/authority-file.md'),
  }));
  const more = problems.length > MAX_TOLD ? `\nAnd ${problems.length - MAX_TOLD} more.` : '';
  return unknown(
    'malformed',
    `The list of members has a mistake, so nothing changes until it is put right:\n${formatProblems(remedied.slice(0, MAX_TOLD))}${more}`,
  );
}
