import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const ALL = Array.from({ length: 42 }, (_, at) => at + 1);
const NOT_BUILT = 'not built yet';

/** Numbers that the names of tests in a file say: `invariant 7: …`, `… (invariants 9, 37)`. */
function namedIn(file: string): ReadonlySet<number> {
  const text = readFileSync(join(root, file), 'utf8');
  const named = [...text.matchAll(/invariants? ((?:\d+(?:, | and )?)+)/g)];
  return new Set(named.flatMap(([, numbers]) => (numbers?.match(/\d+/g) ?? []).map(Number)));
}

/** Rows of docs/invariants.md: number → what stands in its last column. */
function rows(): Map<number, string> {
  const lines = readFileSync(join(root, 'docs/invariants.md'), 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, number, , where] = /^\| (\d+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
      return number === undefined || where === undefined ? [] : [[Number(number), where] as const];
    }),
  );
}

const tests = new Map(
  globSync('test/**/*.test.ts', { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path !== 'test/invariants.test.ts')
    .map((path) => [path, namedIn(path)] as const),
);

test('every invariant has its row, and each row the tests that name it, or says that it is not built yet', () => {
  const listed = rows();
  assert.deepEqual(
    [...listed.keys()].sort((a, b) => a - b),
    ALL,
  );
  const wrong = [...listed].flatMap(([number, where]) => {
    const naming = [...tests].filter(([, named]) => named.has(number)).map(([path]) => path);
    if (where === NOT_BUILT) return naming.map((path) => `${number} is ${NOT_BUILT}, and ${path} names it`);
    const files = [...where.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path ?? '');
    if (files.length === 0) return [`${number} has no test`];
    return files.filter((path) => !naming.includes(path)).map((path) => `${path} does not name ${number}`);
  });
  assert.deepEqual(wrong, []);
});

test('no test names an invariant that there is none of', () => {
  const unknown = [...tests].flatMap(([path, named]) =>
    [...named].filter((number) => !ALL.includes(number)).map((number) => `${path}: ${number}`),
  );
  assert.deepEqual(unknown, []);
});
