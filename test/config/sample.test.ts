import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { renderReference } from '../../src/config/reference.ts';
import { renderSample } from '../../src/config/sample.ts';
import { configSchema } from '../../src/config/schema.ts';
import { type Entry, elementOf, entriesOf } from '../../src/config/walk.ts';
import { complaints } from './fixture.ts';

const committed = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const rewrite = 'run: node src/cli.ts sample --write';

const entriesBelow = (entries: readonly Entry[], path = ''): { path: string; entry: Entry }[] =>
  entries.flatMap((entry) => {
    const here = path === '' ? entry.name : `${path}.${entry.name}`;
    return [{ path: here, entry }, ...entriesBelow(entriesOf(elementOf(entry.schema) ?? entry.schema), here)];
  });

describe('the schema', () => {
  const all = entriesBelow(entriesOf(configSchema));

  test('says of each key what it decides, as a sentence', () => {
    assert.ok(all.length > 80);
    for (const { path, entry } of all) assert.match(entry.doc.text, /^\p{Lu}.*\.$|^`.*\.$/u, path);
  });

  test('has for each secret a file to read it from', () => {
    const paths = new Set(all.map(({ path }) => path));
    const secrets = all.filter(({ entry }) => entry.doc.secret === true).map(({ path }) => path);
    assert.ok(secrets.length > 5);
    for (const path of secrets) assert.ok(paths.has(`${path}File`), path);
    for (const { path } of all) if (/(^|\.)(password|key|token)$/.test(path)) assert.ok(secrets.includes(path), path);
  });
});

describe('config.sample.yaml', () => {
  test('is what the schema makes of itself', async () =>
    assert.equal(await committed('config.sample.yaml'), renderSample(), rewrite));

  test('loads as it is', async () => assert.deepEqual(await complaints(renderSample()), []));

  test('loads with every # before a key taken away, but for what the others contradict', async () => {
    // A line of prose begins with "# "; a key behind a # follows it at once, or after the indentation of its map.
    const lines = renderSample().split('\n');
    const uncovered = lines.map((line) => line.replace(/^(\s*)#(?=( {2})*(- )?\w+: ?)(?! \w)/, '$1')).join('\n');
    const variables = [...uncovered.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => [name, 'x'.repeat(32)]);
    const files = { 'bot.crt': 'x', 'bot.key': 'x', 'ldap-ca.pem': 'x' };
    assert.deepEqual(
      (await complaints(uncovered, { env: Object.fromEntries(variables), files })).map((line) =>
        line.replace(/^\S+ /, ''),
      ),
      [
        'There is no group "house" whose Space could hold this one’s. Leave parent out.',
        'The certificate of a WebSocket cannot be held against a fingerprint. Remove tlsFingerprint, and have the machine trust the certificate (NODE_EXTRA_CA_CERTS names a file of it); or use the plain TLS port without webSocket.',
        'Only networks of the kind freeq have a section freeq. Remove it, or set kind to freeq.',
        'The channel asks for the role "member", and with authority.source none nobody can say who has it. Remove require, if everybody may read and speak there.',
      ],
    );
    assert.ok(
      uncovered.split('\n').filter((line) => /^\s*\w+:/.test(line)).length >
        lines.filter((line) => /^\s*\w+:/.test(line)).length + 30,
    );
  });
});

describe('docs/configuration.md', () => {
  test('is what the schema makes of itself', async () =>
    assert.equal(await committed('docs/configuration.md'), renderReference(), rewrite));

  test('has a row for each key', () => {
    const rows = renderReference().match(/^\| `\w+` \|/gm) ?? [];
    assert.equal(rows.length, entriesBelow(entriesOf(configSchema)).length);
  });
});
