import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { readMembers } from '../src/authority/file/read-members.ts';
import { configSchema } from '../src/config/schema.ts';
import { type Entry, elementOf, entriesOf } from '../src/config/walk.ts';
import { COMMANDS } from '../src/core/commands/command-table.ts';
import { complaints, goodConfig } from './config/fixture.ts';

const root = join(import.meta.dirname, '..');
const pathsOf = (pattern: string): string[] =>
  globSync(pattern, { cwd: root }).map((path) => path.split(sep).join('/'));

type Page = { readonly path: string; readonly text: string };

const pages: readonly Page[] = ['README.md', ...pathsOf('docs/*.md')]
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** What is wrong on all pages, each with its page. */
const wrongOn = (find: (page: Page) => readonly string[]): string[] =>
  pages.flatMap((page) => find(page).map((wrong) => `${page.path}: ${wrong}`));

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);

const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');

/** A heading as GitHub makes an anchor of it. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

describe('what the pages name is there', () => {
  test('files and headings behind links', () => {
    const dead = wrongOn(({ path, text }) =>
      found(text, /\]\(([^)\s]+)\)/g).filter((link) => {
        if (/^https?:/.test(link)) return false;
        const [file = '', heading] = link.split('#');
        const target = file === '' ? path : posix.join(posix.dirname(path), file);
        if (!existsSync(join(root, target))) return true;
        if (heading === undefined) return false;
        const headings = found(withoutBlocks(readFileSync(join(root, target), 'utf8')), /^#{1,6} (.+)$/gm);
        return !headings.map(anchor).includes(heading);
      }),
    );
    assert.deepEqual(dead, []);
  });

  test('files of the program, by the end of their path', () => {
    const files = pathsOf('{src,test,tools,docker,bin}/**/*.{ts,mjs}').map((path) => `/${path}`);
    const gone = wrongOn(({ text }) =>
      found(text, /`([\w./-]+\.(?:ts|mjs))`/g).filter((name) => !files.some((path) => path.endsWith(`/${name}`))),
    );
    assert.deepEqual(gone, []);
  });

  test('folders of the program', () => {
    const gone = wrongOn(({ text }) =>
      found(text, /`((?:src|test|tools|docker|app|core|irc|matrix)\/[\w/-]*)`/g).filter(
        (name) => ![name, `src/${name}`, `src/${name}.ts`].some((path) => existsSync(join(root, path))),
      ),
    );
    assert.deepEqual(gone, []);
  });

  test('messages that an admin sees, by their words', () => {
    const sources = pathsOf('src/**/*.ts').map((path) => readFileSync(join(root, path), 'utf8'));
    const rows = pages.find(({ path }) => path === 'docs/operating.md')?.text.match(/^\| [^|]*"[^|]*\|/gm) ?? [];
    const quoted = rows.flatMap((row) => found(row, /"([^"]+)"/g)).flatMap((words) => words.split(' … '));
    assert.ok(quoted.length > 3);
    assert.deepEqual(
      quoted.filter((words) => !sources.some((text) => text.includes(words))),
      [],
    );
  });

  test('commands of the shell and of rooms', () => {
    const unknown = wrongOn(({ text }) =>
      found(text, /`(?:!causeway|causeway|node bin\/causeway\.mjs) ([a-z][a-z-]*)/g).filter(
        (name) => !Object.hasOwn(COMMANDS, name) && name !== 'authority',
      ),
    );
    assert.deepEqual(unknown, []);
  });

  test('keys of the configuration', () => {
    const known = keysOf(entriesOf(configSchema));
    const sections = new Set(known.filter((key) => key.includes('.')).map((key) => key.split('.')[0]));
    const unknown = wrongOn(({ text }) =>
      found(text, /`([a-z]\w*(?:\.[a-z]\w*)+)[:`]/g).filter(
        (key) => sections.has(key.split('.')[0]) && !known.includes(key) && !OF_OTHERS.includes(key),
      ),
    );
    assert.deepEqual(unknown, []);
  });
});

/** Keys of other programs that begin like ours: Ergo's. */
const OF_OTHERS = ['history.persistent'];

/** `networks.server.host`, and `server.host` for what people write of a network's entry. */
function keysOf(entries: readonly Entry[], above: readonly string[] = []): string[] {
  return entries.flatMap(({ name, schema }) => {
    const path = [...above, name];
    return [...path.map((_, at) => path.slice(at).join('.')), ...keysOf(entriesOf(elementOf(schema) ?? schema), path)];
  });
}

describe('examples of the configuration', () => {
  const examples = pages.flatMap(({ path, text }) =>
    found(text, /^```yaml\n([\s\S]*?)^```/gm).map((example) => ({ path, example, tree: parse(example) })),
  );

  for (const { path, example, tree } of examples) {
    if ('members' in tree || 'agreements' in tree)
      test(`the list of members in ${path} is one`, () => {
        const text = example.replace('[…]', '[{id: ada}]');
        const read = readMembers({ file: path, text, issuer: 'willow.example', words: { statuses: {}, roles: {} } });
        assert.deepEqual(read.kind === 'ok' ? read.value.notes : read.text, []);
      });
    else if (Object.keys(tree).some((key) => key === 'channels' || Object.hasOwn(configSchema.shape, key)))
      test(`the one of ${Object.keys(tree).join(', ')} in ${path} is taken by the loader`, async () => {
        const around = { env: { PDP_TOKEN: 'x'.repeat(32) }, files: { 'members.yaml': 'members: []\n' } };
        assert.deepEqual((await complaints(stringify(completed(tree)), around)).filter(isOfMoreThanAFile), []);
      });
  }

  test('are many', () => assert.ok(examples.length > 12));
});

type Tree = Readonly<Record<string, unknown>>;

/** An example with what it leaves out. */
function completed({ channels, ...example }: Tree): Tree {
  const whole = parse(goodConfig) as Tree & { networks: readonly Tree[] };
  const [network = {}] = whole.networks;
  const given = (example.networks ?? [channels === undefined ? {} : { channels }]) as readonly Tree[];
  const networks = given.map((one, at) => ({
    ...network,
    server: { host: `irc${at}.example`, port: 6697, tls: true },
    channels: [{ channel: '#commons', room: `#commons${at}` }],
    ...one,
  }));
  const cooperative = { name: 'Willow', ...(example.cooperative as Tree) };
  return { ...whole, ...example, cooperative, networks };
}

/** Examples keep their secrets in files. */
const isOfMoreThanAFile = (complaint: string): boolean => !/The file of \w+ is not there/.test(complaint);
