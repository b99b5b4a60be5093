import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

describe('an admin changes the configuration of a running bridge', () => {
  let shard: Shard;
  before(async () => {
    shard = await startShard('reload', { channels: ['#commons', '#garden'] });
  });
  after(() => shard.stop());

  type Link = { readonly channel: string; readonly room: string };
  type File = { networks: { channels: Link[] }[] };

  /** Rewrites the channels and asks the bridge to read them. */
  async function link(change: (channels: Link[]) => Link[]): Promise<void> {
    const config = JSON.parse(await readFile(shard.configPath, 'utf8')) as File;
    const [network] = config.networks;
    if (network !== undefined) network.channels = change(network.channels);
    await writeFile(shard.configPath, JSON.stringify(config));
    process.kill(shard.bridge.pid, 'SIGHUP');
  }

  const portals = async (): Promise<{ channel: string; state: string }[]> => {
    const { portals: all } = (await shard.status()) as { portals: { channel: string; state: string }[] };
    return all.map(({ channel, state }) => ({ channel, state }));
  };

  test('a link that is added works after SIGHUP, one that is gone is left, and the others notice nothing', async () => {
    const pid = shard.bridge.pid;
    const carol = await shard.ircUser('carol');
    await link((channels) => [
      ...channels.filter(({ channel }) => channel !== '#garden'),
      { channel: '#kitchen', room: '#kitchen' },
    ]);
    await waitUntil(
      async () => (await portals()).some(({ channel, state }) => channel === '#kitchen' && state === 'linked'),
      {
        timeoutMs: 20_000,
        what: '#kitchen to be linked',
      },
    );
    assert.deepEqual(
      (await portals()).map(({ channel }) => channel),
      ['#commons', '#kitchen'],
    );
    await carol.waitFor((line) => line.command === 'PART' && line.nick === 'causeway' && line.params[0] === '#garden');
    assert.ok(
      !carol.lines.some((line) => line.nick === 'causeway' && line.params[0] === '#commons' && line.command === 'PART'),
    );
    const alice = shard.person('alice');
    await alice.join('#kitchen:shard.test');
    await carol.join('#kitchen');
    carol.say('#kitchen', 'who cooks?');
    await alice.waitFor((event) => event.content.body === 'who cooks?');
    assert.equal(shard.bridge.pid, pid);
    await carol.quit();
  });

  test('a configuration with mistakes changes nothing, and the log says which they are', async () => {
    await link((channels) => [...channels, { channel: 'no channel', room: '#x' }]);
    await waitUntil(async () => (await readFile(`${shard.dir}/bridge.log`, 'utf8')).includes('was not applied'));
    assert.equal((await portals()).length, 2);
    await link((channels) => channels.filter(({ channel }) => channel !== 'no channel'));
  });

  test('health, readiness, metrics and status answer', async () => {
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${shard.httpPort}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 200);
    const metrics = await get('/metrics');
    assert.match(
      metrics.text,
      /^bridge_messages_total\{direction="to-matrix",network="home",outcome="delivered"\} [1-9]/m,
    );
    assert.match(metrics.text, /^bridge_delivery_seconds_count\{direction="to-matrix",network="home"\} [1-9]/m);
  });
});
