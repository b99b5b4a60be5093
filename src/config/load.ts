import { access, constants } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { crossCheck } from './checks/cross-checks.ts';
import { warningsOf } from './checks/warnings.ts';
import { explainIssues } from './explain.ts';
import { type ConfigParts, partsOf, resolvePaths } from './parts.ts';
import type { ConfigProblem, Path } from './problem.ts';
import { loadRegistration, type Registration } from './registration/registration.ts';
import { type Config, configSchema } from './schema.ts';
import { pathId, readBounded, readSecretFiles, type Substituted, substituteEnvironment } from './substitute.ts';
import { eachMap, isTree, type Tree } from './walk.ts';
import { MAX_FILE_BYTES, readYamlTree, type YamlTree } from './yaml-tree.ts';

export { type ConfigProblem, formatProblems } from './problem.ts';

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly registration: Registration;
      readonly warnings: readonly ConfigProblem[];
      readonly parts: ConfigParts;
    }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      /** What is right in spite of the problems; absent where the file could not be read. */
      readonly parts?: ConfigParts;
    };

export type LoadOptions = {
  /** Defaults to the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/**
 * Reads, completes and checks a configuration and the registration that it names. Finds all mistakes at once and
 * changes nothing. What it gives is frozen all the way down, with absolute paths and secrets filled in.
 * @param path of the YAML file; messages name it as given
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  const loaded = await loadWithoutRegistration(path, options);
  const { appservice, homeserver } = loaded.parts ?? {};
  if (loaded.parts === undefined || appservice === undefined)
    return { ok: false, problems: loaded.ok ? [] : loaded.problems };
  const file = appservice.registration;
  const shownAs = isAbsolute(path) ? file : relative(process.cwd(), file);
  // Where the homeserver's part is wrong, whose registration it should be is not known; whether it is there, is.
  const expected = homeserver && { serverName: homeserver.serverName, url: appservice.url };
  const read = await loadRegistration(file, expected, shownAs);
  const isKnown = read.ok && homeserver !== undefined;
  const parts = isKnown ? { ...loaded.parts, registration: read.registration } : loaded.parts;
  if (loaded.ok && read.ok) return { ...loaded, registration: read.registration, parts };
  return { ok: false, problems: [...(loaded.ok ? [] : loaded.problems), ...(read.ok ? [] : read.problems)], parts };
}

export type LoadedWithoutRegistration =
  | Omit<Extract<LoadedConfig, { ok: true }>, 'registration'>
  | Extract<LoadedConfig, { ok: false }>;

/** {@link loadConfig} for those who are about to make the registration. */
export async function loadWithoutRegistration(
  path: string,
  options: LoadOptions = {},
): Promise<LoadedWithoutRegistration> {
  const around = { env: options.env ?? process.env, folder: dirname(resolve(path)) };
  const read = await readBounded(resolve(path), MAX_FILE_BYTES);
  if ('wrong' in read) {
    const remedy =
      read.wrong === 'is not there.' ? 'Copy config.sample.yaml to it and put in your own names.' : read.remedy;
    return {
      ok: false,
      problems: [{ file: path, line: 1, column: 1, path: '', text: `The configuration ${read.wrong}`, remedy }],
    };
  }
  const tree = readYamlTree(path, read.text);
  if (tree.broken) return { ok: false, problems: tree.problems };
  const substituted: Substituted = new Set();
  const stages = [
    tree.problems,
    substituteEnvironment(tree, around, substituted),
    await readSecretFiles(configSchema, tree, around, substituted),
  ];
  const parsed = parse(tree, substituted);
  stages.push(
    parsed.success ? [] : explainIssues(configSchema, parsed.error.issues, tree, substituted),
    crossCheck(tree),
  );
  if (parsed.success) {
    resolvePaths(configSchema, parsed.data, around.folder);
    stages.push(await missingFiles(parsed.data, tree));
  }
  const problems = nearestToCause(stages);
  const parts = partsOf(tree, around.folder);
  if (!parsed.success || problems.length > 0) return { ok: false, problems, parts };
  const config = deepFreeze(parsed.data) as Config;
  return { ok: true, config, warnings: warningsOf(config, tree), parts };
}

/** Parses; a text out of the environment that stands where a number or a truth value is wanted is read as one. */
function parse(tree: YamlTree, substituted: Substituted): z.ZodSafeParseResult<z.output<typeof configSchema>> {
  const first = configSchema.safeParse(tree.value);
  if (first.success) return first;
  let changed = false;
  for (const issue of first.error.issues) {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    if (issue.code !== 'invalid_type' || !substituted.has(pathId(path))) continue;
    changed = rewrite(tree.value, path, (text) => READ_AS[issue.expected]?.(text)) || changed;
  }
  return changed ? configSchema.safeParse(tree.value) : first;
}

const READ_AS: Readonly<Record<string, (text: string) => unknown>> = {
  number: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
  boolean: (text) => ({ true: true, false: false })[text],
};

function rewrite(root: unknown, path: Path, change: (text: string) => unknown): boolean {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (value as Tree | undefined)?.[step], root);
  if (!isTree(parent) || typeof last !== 'string') return false;
  const value = parent[last];
  const changed = typeof value === 'string' ? change(value) : undefined;
  if (changed === undefined) return false;
  parent[last] = changed;
  return true;
}

/** Files that have to be there. Those of secrets have been read already. */
async function missingFiles(config: z.output<typeof configSchema>, tree: YamlTree): Promise<ConfigProblem[]> {
  const wanted: { path: Path; file: string }[] = [];
  eachMap(configSchema, config, (map, entries, path) => {
    for (const { name, doc } of entries) {
      const secret = entries.some((entry) => `${entry.name}File` === name && entry.doc.secret === true);
      const file = map[name];
      if (doc.path === 'read' && !secret && typeof file === 'string') wanted.push({ path: [...path, name], file });
    }
  });
  const found = await Promise.all(
    wanted.map(async ({ path, file }) => {
      const readable = await access(file, constants.R_OK).then(
        () => true,
        () => false,
      );
      return readable
        ? undefined
        : tree.problemAt(
            path,
            `The file ${file} is not there, or may not be read by this user.`,
            'A relative path starts at the folder of the configuration.',
          );
    }),
  );
  return found.filter((problem) => problem !== undefined);
}

/**
 * One mistake shows in several stages: where an earlier one names a path, later ones are silent about it. A file that
 * cannot be read says all there is to say of the secret that should be in it.
 */
function nearestToCause(stages: readonly (readonly ConfigProblem[])[]): ConfigProblem[] {
  const told = new Set<string>();
  return stages.flatMap((stage) => {
    const fresh = stage.filter(({ path }) => path === '' || !told.has(path));
    for (const { path } of stage) told.add(path).add(path.replace(/File$/, ''));
    return fresh;
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
