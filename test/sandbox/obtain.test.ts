import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { compareVersions, obtainDendrite } from '../../src/sandbox/obtain/dendrite.ts';
import { obtainErgo } from '../../src/sandbox/obtain/ergo.ts';
import { obtain } from '../../src/sandbox/obtain/obtain.ts';
import { makeProgress, quiet } from '../../src/sandbox/progress.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

/** A program that answers `--version` so. */
function program(dir: string, name: string, answer: string): string {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

async function withEnvironment<T>(env: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await run();
  } finally {
    process.env = before;
  }
}

describe('coming by a server', () => {
  test('takes the given path, and nothing else when that is wrong', async () => {
    const dir = makeTempDir('obtain');
    const good = program(dir, 'good', '0.15.2');
    const old = program(dir, 'old', '0.13.8');
    assert.deepEqual(await obtainDendrite(quiet, good), { path: good, version: '0.15.2' });
    assert.deepEqual(await obtainDendrite(quiet, old), undefined);
    assert.deepEqual(await obtainDendrite(quiet, join(dir, 'nothing')), undefined);
  });

  test("does not take Debian's chemistry program for the IRC server", async () => {
    const dir = makeTempDir('obtain');
    program(join(dir, 'a'), 'ergo', 'ErgoSCF 3.8.2');
    const real = program(join(dir, 'b'), 'ergochat', 'ergo-2.15.0');
    const found = await withEnvironment({ PATH: `${join(dir, 'a')}:${join(dir, 'b')}:${process.env.PATH}` }, () =>
      obtainErgo(quiet, ''),
    );
    assert.deepEqual(found, { path: real, version: '2.15.0' });
  });

  test('goes on after a way that is closed or fails, and reports each', async () => {
    const written: string[] = [];
    const found = await obtain(
      'Ergo',
      [
        { title: 'on PATH', tryIt: async () => 'none there' },
        { title: 'from a mirror', tryIt: () => Promise.reject(new Error('no network')) },
        { title: 'from Docker', tryIt: async () => ({ path: '/x/ergo', version: '2.18.0' }) },
        { title: 'by magic', tryIt: () => assert.fail('not needed') },
      ],
      makeProgress({ write: (text) => written.push(text) }),
    );
    assert.deepEqual(found, { path: '/x/ergo', version: '2.18.0' });
    assert.deepEqual(written, [
      '  · Ergo, on PATH: none there\n',
      '  ✘ Ergo, from a mirror: no network\n',
      '  ✔ Ergo, from Docker: 2.18.0, /x/ergo\n',
    ]);
  });

  test('compares versions by their numbers', () => {
    assert.deepEqual(
      [
        ['0.15.2', '0.15.10'],
        ['1.26.8', '1.24.0'],
        ['1.24', '1.24.0'],
      ].map(([a = '', b = '']) => Math.sign(compareVersions(a, b))),
      [-1, 1, 0],
    );
  });
});

describe('the cache', () => {
  test('holds a thing whole or not at all', async () => {
    const cache = makeTempDir('cache');
    await withEnvironment({ XDG_CACHE_HOME: cache }, async () => {
      await assert.rejects(
        ensureCached('thing', async (dir) => {
          writeFileSync(join(dir, 'half'), '');
          throw new Error('interrupted');
        }),
        /interrupted/,
      );
      assert.deepEqual(readdirSync(join(cache, 'causeway')), []);
      let fills = 0;
      const fill = async (dir: string): Promise<void> => {
        fills++;
        writeFileSync(join(dir, 'whole'), '');
      };
      const [first, second] = await Promise.all([ensureCached('thing', fill), ensureCached('other', fill)]);
      await ensureCached('thing', fill);
      assert.deepEqual([existsSync(join(first, 'whole')), existsSync(join(second, 'whole')), fills], [true, true, 2]);
    });
  });
});
