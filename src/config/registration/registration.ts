import { stringify } from 'yaml';
import { BOT_LOCALPART, GHOST_PREFIX } from '../../core/ids.ts';
import type { ConfigProblem } from '../problem.ts';
import { readBounded } from '../substitute.ts';
import { isTree } from '../walk.ts';
import { MAX_FILE_BYTES, readYamlTree } from '../yaml-tree.ts';
import { type RegistrationExpected, registrationProblems } from './registration-checks.ts';

type Namespace = { readonly exclusive: boolean; readonly regex: string };

/** `registration.yaml` as the homeserver reads it (application service API, "Registration"). */
export type RegistrationFile = {
  readonly id: string;
  readonly url: string;
  readonly as_token: string;
  readonly hs_token: string;
  readonly sender_localpart: string;
  readonly rate_limited: boolean;
  readonly protocols: readonly string[];
  readonly receive_ephemeral: boolean;
  readonly 'de.sorunome.msc2409.push_ephemeral': boolean;
  readonly namespaces: {
    readonly users: readonly Namespace[];
    readonly aliases: readonly Namespace[];
    readonly rooms: readonly Namespace[];
  };
};

/** The registration as the program uses it. Both tokens are secrets. */
export type Registration = {
  readonly id: string;
  /** What we show to the homeserver. */
  readonly asToken: string;
  /** What the homeserver shows to us. */
  readonly hsToken: string;
};

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * A new registration. The id never changes: Dendrite keeps a queue for ever for each id it has seen.
 *
 * No E2EE flags (`org.matrix.msc3202`, `io.element.msc4190`): they would have servers send keys that nobody uses.
 * @param randomToken gives 64 random hexadecimal digits, fresh each time
 */
export function makeRegistration(
  wanted: RegistrationExpected & { readonly randomToken: () => string },
): RegistrationFile {
  const namespace = (sigil: string): Namespace => ({
    exclusive: true,
    // Dendrite does not anchor, Synapse only at the start; without the server's name it would match remote people.
    regex: `^${sigil}${GHOST_PREFIX}.*:${escapeRegex(wanted.serverName)}$`,
  });
  return {
    id: 'causeway',
    url: wanted.url,
    as_token: wanted.randomToken(),
    hs_token: wanted.randomToken(),
    sender_localpart: BOT_LOCALPART,
    rate_limited: false,
    protocols: ['irc'],
    receive_ephemeral: true,
    'de.sorunome.msc2409.push_ephemeral': true,
    // Dendrite panics where the key is missing, so all three lists are always there.
    namespaces: { users: [namespace('@')], aliases: [namespace('#')], rooms: [] },
  };
}

const HEADER = `Made by \`causeway register\`. The homeserver and Causeway read the same file.
Both tokens are secrets: who has them can speak as anybody of this bridge.`;

/** @returns the YAML text; `comment` stands above it */
export function renderRegistration(file: RegistrationFile, comment: string = HEADER): string {
  const lines = comment.split('\n').map((text) => `# ${text}\n`);
  return `${lines.join('')}${stringify(file, { lineWidth: 0, singleQuote: true })}`;
}

export type LoadedRegistration =
  | { readonly ok: true; readonly registration: Registration }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads and checks a registration: whatever would stop the homeserver, open a hole or mute the bridge is refused.
 * @param path absolute
 * @param expected undefined: only whether it can be read
 * @param shownAs the path as messages name it
 */
export async function loadRegistration(
  path: string,
  expected: RegistrationExpected | undefined,
  shownAs: string = path,
): Promise<LoadedRegistration> {
  const read = await readBounded(path, MAX_FILE_BYTES);
  if ('wrong' in read) {
    const problem = { file: shownAs, line: 1, column: 1, path: '', text: `The registration ${read.wrong}` };
    const remedy =
      read.wrong === 'is not there.'
        ? 'Run `causeway register`: it writes the file and says what the homeserver needs.'
        : read.remedy;
    return { ok: false, problems: [{ ...problem, remedy }] };
  }
  const tree = readYamlTree(shownAs, read.text);
  if (tree.broken) return { ok: false, problems: tree.problems };
  const problems = [...tree.problems, ...(expected === undefined ? [] : registrationProblems(tree, expected))];
  if (problems.length > 0) return { ok: false, problems };
  const file = isTree(tree.value) ? tree.value : {};
  const registration = { id: String(file.id), asToken: String(file.as_token), hsToken: String(file.hs_token) };
  return { ok: true, registration: Object.freeze(registration) };
}
