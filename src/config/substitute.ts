import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { env } from './doc.ts';
import type { ConfigProblem, Path } from './problem.ts';
import { eachMap, isTree, type Tree } from './walk.ts';
import type { YamlTree } from './yaml-tree.ts';

/** What the surroundings of a configuration hold; the loader's only inputs beside the file. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the configuration: relative paths start here. */
  readonly folder: string;
};

/** Paths whose text came out of the environment or a file: never shown, and `"6667"` may stand for a number. */
export type Substituted = Set<string>;
export const pathId = (path: Path): string => JSON.stringify(path);

const MAX_SECRET_BYTES = 65_536;

/** Replaces each `${NAME}` in the texts of the tree, in place; `$${` stands for a literal `${`. */
export function substituteEnvironment(tree: YamlTree, around: Surroundings, substituted: Substituted): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const text = (source: string, path: Path): string =>
    source.replace(/\$?\$\{([^}]*)(\}?)/g, (whole: string, name: string, end: string) => {
      if (whole.startsWith('$$')) return whole.slice(1);
      if (end === '' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        problems.push(
          tree.problemAt(
            path,
            'A ${ begins the name of an environment variable, and none follows.',
            `Write ${env('NAME')} with letters, digits and _, or $\${ for a literal \${.`,
          ),
        );
        return '';
      }
      substituted.add(pathId(path));
      const value = around.env[name];
      if (value === undefined) {
        problems.push(
          tree.problemAt(
            path,
            `The environment variable ${name} is not set.`,
            'Set it before the start, or write the value here ($${ for a literal ${).',
          ),
        );
      }
      return value ?? '';
    });
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return text(value, path);
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    if (isTree(value)) for (const name of Object.keys(value)) value[name] = walk(value[name], [...path, name]);
    return value;
  };
  walk(tree.value, []);
  return problems;
}

/** For each secret `x` whose sibling `xFile` is written: reads the file (its last line break left off) into `x`. */
export async function readSecretFiles(
  schema: z.core.$ZodType,
  tree: YamlTree,
  around: Surroundings,
  substituted: Substituted,
): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const jobs: (() => Promise<void>)[] = [];
  eachMap(schema, tree.value, (map: Tree, entries, path) => {
    for (const { name, doc } of entries) {
      const sibling = `${name}File`;
      const file = map[sibling];
      if (doc.secret !== true || typeof file !== 'string' || file === '') continue;
      if (!entries.some((entry) => entry.name === sibling)) continue;
      const at = [...path, sibling];
      if (map[name] !== undefined) {
        problems.push(tree.problemAt(at, `${name} and ${sibling} are both given.`, 'Keep one of them.', 'key'));
        continue;
      }
      substituted.add(pathId([...path, name]));
      // Holds the place of the secret, so that a file that cannot be read is not reported as a missing key as well.
      map[name] = 'unread';
      jobs.push(async () => {
        const read = await readSecret(resolve(around.folder, file));
        if ('text' in read) map[name] = read.text;
        else problems.push(tree.problemAt(at, `The file of ${name} ${read.wrong}`, read.remedy));
      });
    }
  });
  for (const job of jobs) await job();
  return problems;
}

type Read = { readonly text: string } | { readonly wrong: string; readonly remedy: string };

async function readSecret(path: string): Promise<Read> {
  const read = await readBounded(path, MAX_SECRET_BYTES);
  if ('wrong' in read) return read;
  const text = read.text.replace(/\r?\n$/, '');
  if (text === '') return { wrong: 'is empty.', remedy: 'Put the secret into it, on one line.' };
  if (/[\r\n]/.test(text))
    return { wrong: 'has more than one line.', remedy: 'Put the secret alone into it, on one line.' };
  return { text };
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there.',
  EACCES: 'may not be read by this user.',
  EISDIR: 'is a folder.',
  ESPECIAL: 'is no file.',
  ENOTDIR: 'lies below something that is no folder.',
  ELOOP: 'is a circle of links.',
};

const DOCKER_MAKES_FOLDERS = 'In Docker: a folder is made where a file that is to be mounted is not there.';

/** A text file of at most `maxBytes`; what is wrong completes "The file …". */
export async function readBounded(path: string, maxBytes: number): Promise<Read> {
  try {
    // Without O_NONBLOCK, opening a FIFO nobody writes to would hang the start.
    await using handle = await open(path, 0o4000);
    const { size } = await handle
      .stat()
      .then((stat) => (stat.isFile() ? stat : Promise.reject({ code: stat.isDirectory() ? 'EISDIR' : 'ESPECIAL' })));
    if (size > maxBytes)
      return { wrong: `has ${size} bytes; at most ${maxBytes} are read.`, remedy: 'Is it the right file?' };
    const buffer = Buffer.alloc(maxBytes + 1);
    const { bytesRead } = await handle.read(buffer, 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) return { wrong: `has more than ${maxBytes} bytes.`, remedy: 'Is it the right file?' };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { wrong: 'is not UTF-8 text.', remedy: 'Save it as UTF-8.' };
    const remedy = `Looked for at ${path}.${code === 'EISDIR' ? ` ${DOCKER_MAKES_FOLDERS}` : ''}`;
    return { wrong: WHY[code] ?? `could not be read (${code || String(error)}).`, remedy };
  }
}
