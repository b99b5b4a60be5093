import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { type IrcUser, type MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const GONE = /^No longer here\. /;

describe('a file sent on Matrix', { timeout: 300_000 }, () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7) % 251));
  let shard: Shard;
  let alice: MatrixUser;
  let carol: IrcUser;
  let publicUrl: string;

  before(async () => {
    const port = await freePort();
    publicUrl = `http://127.0.0.1:${port}`;
    const [http, publicHttp] = [await freePort(), `127.0.0.1:${port}`];
    shard = await startShard('media', {
      channels: [CHANNEL, '#garden'],
      httpPort: http,
      config: { http: { listen: `127.0.0.1:${http}`, publicUrl, publicListen: publicHttp } },
    });
    alice = shard.person('alice');
    carol = await shard.ircUser('carol');
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
  });

  const LINK = /https?:\/\/[^ ]+\/m\/([A-Za-z0-9_-]{22})\/[A-Za-z0-9._-]+/;

  /** Somebody sends it. @returns the event and the link that the channel was told */
  async function send(type: string, name: string, more: object = {}, room = CHANNEL) {
    const url = await alice.upload(bytes, type);
    const from = carol.lines.length;
    const eventId = await alice.sendEvent(shard.room(room), 'm.room.message', {
      msgtype: 'm.image',
      body: name,
      url,
      info: { mimetype: type, size: bytes.length },
      ...more,
    });
    const line = await carol.waitFor((seen) => seen.nick === 'alice' && LINK.test(seen.params[1] ?? ''), {
      from,
      what: 'the link on IRC',
    });
    const text = line.params[1] ?? '';
    return { eventId, text, link: LINK.exec(text)?.[0] ?? '', from };
  }
  const status = async (link: string): Promise<number> => (await fetch(link)).status;

  test('is told on IRC with a link, which gives it whole, in parts, and its headers alone', async () => {
    const { text, link } = await send('image/png', 'cat.png');
    assert.equal(text, `\x01ACTION sent a picture: cat.png (300 kB) ${link}\x01`);
    assert.ok(link.startsWith(`${publicUrl}/m/`) && link.endsWith('/cat.png'));
    const whole = await fetch(link);
    assert.equal(whole.status, 200);
    assert.ok(bytes.equals(Buffer.from(await whole.arrayBuffer())));
    const headers = ['content-type', 'content-length', 'content-disposition', 'x-content-type-options', 'set-cookie'];
    assert.deepEqual(
      headers.map((name) => whole.headers.get(name)),
      ['image/png', '300000', `inline; filename="cat.png"; filename*=UTF-8''cat.png`, 'nosniff', null],
    );
    const part = await fetch(link, { headers: { range: 'bytes=299990-' } });
    assert.deepEqual(
      [part.status, part.headers.get('content-range'), Buffer.from(await part.arrayBuffer())],
      [206, 'bytes 299990-299999/300000', bytes.subarray(299_990)],
    );
    const head = await fetch(link, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '300000', '']);
  });

  test('has what was written beside it as a line of its own', async () => {
    const { from, link } = await send('image/jpeg', 'Look at her', { filename: 'cat.jpg' });
    const said = carol.lines.slice(from).flatMap(({ nick, params }) => (nick === 'alice' ? [params[1]] : []));
    assert.deepEqual(said, ['Look at her', `\x01ACTION sent a picture: cat.jpg (300 kB) ${link}\x01`]);
  });

  for (const type of ['image/svg+xml', 'text/html'])
    test(`is only to be saved when it is ${type}`, async () => {
      const { link } = await send(type, 'page.svg', { msgtype: 'm.file' });
      const { headers } = await fetch(link);
      assert.deepEqual(
        [headers.get('content-type'), headers.get('content-disposition')?.split(';')[0]],
        ['application/octet-stream', 'attachment'],
      );
    });

  test('is gone at once when its message is deleted', async () => {
    const { link, eventId } = await send('image/png', 'secret.png');
    assert.equal(await status(link), 200);
    await alice.redact(shard.room(CHANNEL), eventId);
    await waitUntil(async () => (await status(link)) === 410, { timeoutMs: 2_000, what: 'the link to be gone' });
    assert.match(await (await fetch(link)).text(), GONE);
  });

  test('keeps its link over a restart, and the same one', async () => {
    const { link } = await send('image/png', 'lasting.png');
    await shard.restartBridge();
    assert.equal(await status(link), 200);
  });

  test('has one link also when the bridge is killed before the line is on its way', async () => {
    const seen = carol.lines.length;
    await shard.restartBridge({ CAUSEWAY_FAILPOINT: 'after-transaction-stored@1' });
    const url = await alice.upload(bytes, 'image/png');
    const content = { msgtype: 'm.image', body: 'once.png', url };
    const eventId = await alice.sendEvent(shard.room(CHANNEL), 'm.room.message', content);
    await waitUntil(() => !shard.bridge.isRunning(), { timeoutMs: 10_000, what: 'the bridge to be killed' });
    await shard.restartBridge();
    await carol.waitFor((line) => (line.params[1] ?? '').includes('once.png'), { from: seen });
    await alice.send(shard.room(CHANNEL), 'behind it');
    await carol.waitFor((line) => line.params[1] === 'behind it', { from: seen });
    const told = carol.lines.slice(seen).filter((line) => (line.params[1] ?? '').includes('once.png'));
    assert.equal(told.length, 1);
    const database = new DatabaseSync(join(shard.dir, 'causeway.db'), { readOnly: true });
    const rows = database.prepare('SELECT id FROM page WHERE event_id = ?').all(eventId);
    database.close();
    assert.deepEqual(
      rows.map(({ id }) => id),
      [LINK.exec(told[0]?.params[1] ?? '')?.[1]],
    );
  });

  test('is gone when its room is linked no more', async () => {
    const { link } = await send('image/png', 'garden.png', {}, '#garden');
    assert.equal(await status(link), 200);
    const config = JSON.parse(await readFile(shard.configPath, 'utf8')) as {
      networks: { channels: { channel: string }[] }[];
    };
    const [network] = config.networks;
    if (network !== undefined) network.channels = network.channels.filter(({ channel }) => channel !== '#garden');
    await writeFile(shard.configPath, JSON.stringify(config));
    process.kill(shard.bridge.pid, 'SIGHUP');
    await waitUntil(async () => (await status(link)) === 410, { timeoutMs: 5_000, what: 'the link to be gone' });
  });

  test('is an error and no picture where the homeserver has none', async () => {
    const { link } = await send('image/png', 'lost.png', { url: 'mxc://shard.test/nothing' });
    assert.equal(await status(link), 404);
  });
});
