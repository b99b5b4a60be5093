import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { describe, test } from 'node:test';

/** What the files of one part of src/ may import. */
type Rule = {
  /** Other parts, besides itself. */
  readonly parts: readonly string[];
  /** Packages of other people. */
  readonly packages: readonly string[];
  /** Modules of Node. */
  readonly node: boolean;
};

const adapter = (...packages: string[]): Rule => ({ parts: ['core', 'ports', 'config'], packages, node: true });
const everything: Rule = { parts: ['*'], packages: ['*'], node: true };

/** core ← ports ← app; adapters know core, ports and config, and never one another; few see several. */
const RULES: Readonly<Record<string, Rule>> = {
  // A pure reader of markup, which knows neither clock nor network.
  core: { parts: [], packages: ['htmlparser2'], node: false },
  ports: { parts: ['core'], packages: [], node: false },
  app: { parts: ['core', 'ports', 'config'], packages: [], node: false },
  config: adapter('yaml', 'zod'),
  db: adapter('pg'),
  http: adapter('express'),
  irc: adapter('jose'),
  log: adapter('winston'),
  matrix: adapter('@vector-im/matrix-bot-sdk', 'express'),
  metrics: adapter('prom-client'),
  audit: adapter(),
  authority: adapter('express', 'jose', 'ldapts'),
  'clock.ts': { parts: ['ports'], packages: [], node: true },
  'failpoints.ts': { parts: ['ports'], packages: [], node: true },
  'signals.ts': { parts: ['ports'], packages: [], node: true },
  'package-version.ts': { parts: [], packages: [], node: true },
  'deciding.ts': everything,
  'main.ts': everything,
  'cli.ts': everything,
  cli: everything,
  sandbox: everything,
};

const MAX_LINES = 300;
/** What makes a result depend on more than its arguments. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|process\.|fetch\()/;

type Import = { readonly file: string; readonly line: number; readonly specifier: string; readonly typeOnly: boolean };

const root = join(import.meta.dirname, '..');
const files = globSync('src/**/*.ts', { cwd: root })
  .map((path) => path.split(sep).join('/'))
  .sort();
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
/** `core` of `src/core/ids.ts`, `main.ts` of `src/main.ts`. */
const partOf = (file: string): string => file.split('/')[1] ?? '';

function importsOf(file: string): Import[] {
  const text = textOf(file);
  const pattern = /(?:^(import|export)(\s+type)?\b[^'";]*?from\s*|\bimport\(\s*|^(import)\s+)'([^']+)'/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    specifier: match[4] ?? '',
    typeOnly: match[2] !== undefined,
  }));
}

/** Name of the package in `pg` or `@scope/name/deep`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Why an import is not allowed; undefined when it is. */
function objection({ file, specifier }: Import): string | undefined {
  const part = partOf(file);
  const rule = RULES[part];
  if (rule === undefined) return 'this part of src/ has no rule in test/structure.test.ts';
  if (specifier.startsWith('node:')) return rule.node ? undefined : `${part} knows nothing of Node`;
  if (!specifier.startsWith('.')) {
    const allowed = rule.packages.includes('*') || rule.packages.includes(packageOf(specifier));
    return allowed ? undefined : `the package belongs in its adapter, not in ${part}`;
  }
  const target = posix.join(dirname(file), specifier);
  if (!target.startsWith('src/')) return 'it lies outside src/';
  const other = partOf(target);
  return other === part || rule.parts.includes('*') || rule.parts.includes(other)
    ? undefined
    : `${part} may not know ${other}`;
}

describe('the house', () => {
  test('has files at all, and their imports are found', () => {
    assert.ok(files.length > 50);
    assert.ok(importsOf('src/main.ts').length > 10);
  });

  test('is built in the directions of its plan', () => {
    const wrong = files.flatMap(importsOf).flatMap((found) => {
      const why = objection(found);
      return why === undefined ? [] : [`${found.file}:${found.line} imports ${found.specifier}: ${why}`];
    });
    assert.deepEqual(wrong, []);
  });

  test('has a plan that refuses what it should', () => {
    const refused = (file: string, specifier: string): boolean =>
      objection({ file, specifier, line: 1, typeOnly: false }) !== undefined;
    assert.deepEqual(
      [
        refused('src/core/ids.ts', '../ports/log.ts'),
        refused('src/core/irc/line.ts', 'node:crypto'),
        refused('src/app/lanes/lane.ts', '../../db/stores/stores.ts'),
        refused('src/irc/wire/link.ts', '../../matrix/call.ts'),
        refused('src/matrix/call.ts', 'pg'),
        refused('src/unheard-of/x.ts', 'node:fs'),
        refused('src/core/irc/line.ts', '../ids.ts'),
        refused('src/db/postgres/postgres.ts', 'pg'),
      ],
      [true, true, true, true, true, true, false, false],
    );
  });

  test('lets the app see the configuration as a type only', () => {
    const wrong = files
      .filter((file) => partOf(file) === 'app')
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => specifier.includes('/config/') && !typeOnly)
      .map(({ file, line }) => `${file}:${line}`);
    assert.deepEqual(wrong, []);
  });

  test('has a core without clock, chance, timers or network', () => {
    const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const wrong = files
      .filter((file) => partOf(file) === 'core')
      .flatMap((file) => {
        const found = IMPURE.exec(withoutComments(textOf(file)));
        return found === null ? [] : [`${file}: ${found[0]}`];
      });
    assert.deepEqual(wrong, []);
  });

  test('has no room that should be two', () => {
    const tooLong = files
      .map((file) => [file, textOf(file).trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > MAX_LINES);
    assert.deepEqual(tooLong, []);
  });

  test('names its files in kebab case', () => {
    const wrong = files.filter((file) => !/^(src\/)([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(file));
    assert.deepEqual(wrong, []);
  });

  test('has no default exports', () => {
    assert.deepEqual(
      files.filter((file) => /^export default\b/m.test(textOf(file))),
      [],
    );
  });
});
