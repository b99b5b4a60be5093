import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '../servers/postgres.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startConversation } from './conversation.ts';
import { startShard } from './shard.ts';

describe('the database fails while lines flow both ways', { timeout: 600_000 }, () => {
  test('Postgres restarted twice', async () => {
    const postgres = await startPostgres({ dir: makeTempDir('postgres') });
    after(() => postgres.stop());
    const database = await postgres.createDatabase('causeway');
    const talk = await startConversation('postgres', { config: { database } });
    await talk.through(async () => {
      await postgres.restart();
      await delay(1_500);
      await postgres.restart('SIGINT');
    });
  });
});

/** Runs `causeway run` to its end. */
async function runToEnd(configPath: string): Promise<{ code: number | null; said: string }> {
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
  const child = spawn(process.execPath, [cli, 'run', '--config', configPath], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, said };
}

test('a second bridge on the same database refuses, in words, and the first goes on', {
  timeout: 120_000,
}, async () => {
  const shard = await startShard('second');
  after(() => shard.stop());
  const { code, said } = await runToEnd(shard.configPath);
  assert.equal(code, 2);
  assert.match(said, /database/i);
  assert.match(said, /another|already/i);
  const carol = await shard.ircUser('carol');
  carol.say('#commons', 'still here');
  await shard.person('alice').waitFor((event) => event.content.body === 'still here');
  await carol.quit();
});
