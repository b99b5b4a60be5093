import { BOT_LOCALPART, GHOST_PREFIX } from '../../core/ids.ts';
import { type ConfigProblem, type Path, show } from '../problem.ts';
import { isTree, type Tree } from '../walk.ts';
import type { YamlTree } from '../yaml-tree.ts';

/** What the registration has to agree with. */
export type RegistrationExpected = { readonly serverName: string; readonly url: string };

const AGAIN = 'Run `causeway register --force` and have the homeserver load the new file.';
/** Marks the tokens of the committed sample. */
export const SAMPLE_TOKEN = 'sample-token';
const MIN_TOKEN_LENGTH = 32;

/** Everything wrong with a registration that was read; see `loadRegistration`. */
export function registrationProblems(tree: YamlTree, expected: RegistrationExpected): ConfigProblem[] {
  if (!isTree(tree.value))
    return [tree.problemAt([], 'This is no registration: it has no keys.', 'Run `causeway register --force`.')];
  const file = tree.value;
  if ([file.as_token, file.hs_token].some((token) => typeof token === 'string' && token.includes(SAMPLE_TOKEN))) {
    return [
      tree.problemAt(
        ['as_token'],
        'This is the sample, whose tokens everybody can read.',
        'Run `causeway register`: it writes one with fresh tokens and says what the homeserver needs.',
      ),
    ];
  }
  return [
    ...missingKeys(file, tree),
    ...tokenProblems(file, tree),
    ...senderProblems(file, tree),
    ...urlProblems(file, tree, expected),
    ...namespaceProblems(file, tree, expected),
  ];
}

function missingKeys(file: Tree, tree: YamlTree): ConfigProblem[] {
  return ['id', 'url', 'as_token', 'hs_token', 'sender_localpart']
    .filter((name) => typeof file[name] !== 'string' || file[name] === '')
    .map((name) =>
      tree.problemAt([name], file[name] === undefined ? `${name} is missing.` : `${name} is not a text.`, AGAIN),
    );
}

function tokenProblems(file: Tree, tree: YamlTree): ConfigProblem[] {
  const problems = ['as_token', 'hs_token'].flatMap((name) => {
    const token = file[name];
    if (typeof token !== 'string' || token === '') return [];
    if (!/^[A-Za-z0-9._~+/=-]+$/.test(token))
      return [tree.problemAt([name], `${name} holds characters that no HTTP header carries safely.`, AGAIN)];
    if (token.length < MIN_TOKEN_LENGTH)
      return [
        tree.problemAt(
          [name],
          `${name} has ${token.length} characters and can be guessed; at least ${MIN_TOKEN_LENGTH} are asked for.`,
          AGAIN,
        ),
      ];
    return [];
  });
  if (typeof file.as_token === 'string' && file.as_token !== '' && file.as_token === file.hs_token) {
    problems.push(
      tree.problemAt(
        ['hs_token'],
        'hs_token and as_token are the same: whoever sees one could act for both sides.',
        AGAIN,
      ),
    );
  }
  return problems;
}

function senderProblems(file: Tree, tree: YamlTree): ConfigProblem[] {
  const sender = file.sender_localpart;
  if (typeof sender !== 'string' || sender === '' || sender === BOT_LOCALPART) return [];
  const text =
    sender !== sender.toLowerCase()
      ? `sender_localpart is ${show(sender)}; upper case stops Dendrite at its start.`
      : `sender_localpart is ${show(sender)}, and this bridge’s bot is ${BOT_LOCALPART}.`;
  return [tree.problemAt(['sender_localpart'], text, `Write ${BOT_LOCALPART}, and restart the homeserver.`)];
}

function urlProblems(file: Tree, tree: YamlTree, expected: RegistrationExpected): ConfigProblem[] {
  const url = file.url;
  if (typeof url !== 'string' || url === '' || url === expected.url) return [];
  const fix = 'restart the homeserver, or change appservice.url in the configuration.';
  if (url.replace(/\/+$/, '') === expected.url) {
    return [
      tree.problemAt(
        ['url'],
        `url ends in a slash, so that Dendrite would call ${show(`${url}/_matrix/…`)}.`,
        `Write ${expected.url}, and restart the homeserver.`,
      ),
    ];
  }
  return [
    tree.problemAt(
      ['url'],
      `url is ${show(url)}, and appservice.url is ${show(expected.url)}.`,
      `Write ${expected.url}, and ${fix}`,
    ),
  ];
}

function namespaceProblems(file: Tree, tree: YamlTree, expected: RegistrationExpected): ConfigProblem[] {
  if (file.namespaces === undefined)
    return [tree.problemAt(['namespaces'], 'namespaces is missing, which stops Dendrite at its start.', AGAIN)];
  if (!isTree(file.namespaces))
    return [tree.problemAt(['namespaces'], 'namespaces is not a map with users, aliases and rooms.', AGAIN)];
  const { namespaces } = file;
  return (['users', 'aliases'] as const).flatMap((kind) => {
    const path = ['namespaces', kind];
    const entries = namespaces[kind];
    if (!Array.isArray(entries) || entries.length === 0)
      return [
        tree.problemAt(
          path,
          `namespaces.${kind} is empty: the homeserver would not let the bridge have its ${kind}.`,
          AGAIN,
        ),
      ];
    const found = entries.flatMap((entry, i) => entryProblems(entry, [...path, i], kind, tree, expected));
    if (found.length > 0) return found;
    const sigil = kind === 'users' ? '@' : '#';
    const ours = `${sigil}${GHOST_PREFIX}home_a+anna=7c:${expected.serverName}`;
    const covered = entries.some((entry) => new RegExp(String(entry.regex)).test(ours));
    return covered
      ? []
      : [
          tree.problemAt(
            path,
            `namespaces.${kind} does not hold ${sigil}${GHOST_PREFIX}…:${expected.serverName}, the ${kind} of this bridge.`,
            AGAIN,
          ),
        ];
  });
}

function entryProblems(
  entry: unknown,
  path: Path,
  kind: 'users' | 'aliases',
  tree: YamlTree,
  expected: RegistrationExpected,
): ConfigProblem[] {
  const regex = isTree(entry) ? entry.regex : undefined;
  if (!isTree(entry) || typeof regex !== 'string')
    return [tree.problemAt(path, `An entry of namespaces.${kind} has no regex.`, AGAIN)];
  const at = [...path, 'regex'];
  const problem = (text: string): ConfigProblem[] => [tree.problemAt(at, `The regex ${show(regex)} ${text}`, AGAIN)];
  if (regex.length > 500) return problem('is longer than 500 characters.');
  if (/\(\?(=|!|<=|<!)|\\[1-9]|\\k</.test(regex))
    return problem('uses look-around or back references, which stops Dendrite at its start.');
  // JavaScript backtracks: what Dendrite's engine matches at once could hang the start here.
  if (/\)[*+{]/.test(regex) || (regex.match(/[*+{]/g) ?? []).length > 4)
    return problem('is too intricate to be checked.');
  let matcher: RegExp;
  try {
    matcher = new RegExp(regex);
  } catch {
    return problem('is no regular expression.');
  }
  if (!regex.startsWith('^') || !regex.endsWith('$'))
    return problem('is not anchored by ^ and $, so that it also matches names that only hold it.');
  const sigil = kind === 'users' ? '@' : '#';
  const foreign = `${sigil}${GHOST_PREFIX}home_anna:elsewhere.invalid`;
  const lookalike = `${sigil}${GHOST_PREFIX}home_anna:${expected.serverName.replaceAll('.', 'x')}`;
  if (matcher.test(foreign))
    return problem('does not name the server, so that it also matches people of other servers.');
  if (expected.serverName.includes('.') && matcher.test(lookalike))
    return problem('leaves the dots of the server’s name unescaped.');
  if (matcher.test(`${sigil}anna:${expected.serverName}`))
    return problem(`takes every name of the server, not only those with ${GHOST_PREFIX}.`);
  if (entry.exclusive !== true)
    return [
      tree.problemAt(
        [...path, 'exclusive'],
        `The names of namespaces.${kind} are not exclusive: anybody could register one and be taken for somebody of the bridge.`,
        'Write exclusive: true, and restart the homeserver.',
      ),
    ];
  return [];
}
