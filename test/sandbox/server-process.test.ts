import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startServer } from '../../src/sandbox/servers/server-process.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

/** A program that counts its starts, ends with some last words in the first ones, and then runs. */
async function started(dir: string, ends: number, words: string) {
  const runs = join(dir, 'runs');
  const script = `echo run >> runs; if [ $(wc -l < runs) -le ${ends} ]; then echo "${words}"; exit 2; fi; touch up; exec sleep 30`;
  const server = await startServer({
    name: 'A program',
    command: 'sh',
    args: ['-c', script],
    cwd: dir,
    logFile: join(dir, 'log'),
    isReady: async () => existsSync(join(dir, 'up')),
    endsByChance: /nil pointer/,
  });
  await server.stop();
  return existsSync(runs);
}

describe('a server that ends while it starts', () => {
  test('is started again where only chance was to blame', async () => {
    assert.equal(await started(makeTempDir('by-chance'), 2, 'panic: nil pointer'), true);
  });

  test('is given up after a few times, with its last words', async () => {
    await assert.rejects(
      started(makeTempDir('always'), 100, 'panic: nil pointer'),
      /ended while it started.*nil pointer/s,
    );
  });

  test('is given up at once for any other reason', async () => {
    const dir = makeTempDir('port');
    await assert.rejects(started(dir, 1, 'the port is taken'), /the port is taken/);
    assert.equal(existsSync(join(dir, 'up')), false);
  });
});
