import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mediaIn } from '../../src/core/freeq/tags.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson } from '../fakes/freeq/person.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const BYTES = Buffer.from('89504e470d0a1a0a', 'hex');

describe('files between Dendrite and freeq', { timeout: 300_000 }, () => {
  let server: FreeqServer;
  let shard: Shard;
  let frida: FreeqPerson;
  let files: Server;
  let asked: string[];
  let publicUrl: string;

  before(async () => {
    asked = [];
    files = createServer((request, response) => {
      asked.push(`${request.headers.host} ${request.url}`);
      response.writeHead(200, { 'content-type': 'image/png' }).end(BYTES);
    });
    await new Promise<void>((resolve) => files.listen(0, '0.0.0.0', resolve));
    server = await FreeqServer.start();
    const [http, publicPort] = [await freePort(), await freePort()];
    publicUrl = `http://127.0.0.1:${publicPort}`;
    shard = await startShard('freeq-files', {
      httpPort: http,
      ircPort: server.ports.irc,
      network: { kind: 'freeq', freeq: { keys: join(makeTempDir('freeq-files-keys'), 'keys') } },
      config: {
        media: { fetchFrom: ['127.0.0.1'] },
        http: { listen: `127.0.0.1:${http}`, publicUrl, publicListen: `127.0.0.1:${publicPort}` },
      },
    });
    frida = await FreeqPerson.connect(server.ports.irc, { nick: 'frida', key: makeKeyHolder(), channels: [CHANNEL] });
  });
  after(async () => {
    frida?.vanish();
    await shard?.stop();
    await server?.stop();
    files?.close();
  });

  const at = (host: string): string => `http://${host}:${(files.address() as AddressInfo).port}/cat.png`;
  const send = (url: string, text: string): void =>
    frida.say(CHANNEL, text, { '+freeq.at/media-url': url, '+freeq.at/media-mime': 'image/png' });

  test('of freeq is a picture in the room, which the homeserver has', async () => {
    const alice = shard.person('alice');
    send(at('127.0.0.1'), 'look at her');
    const { content } = await alice.waitFor((event) => event.content.msgtype === 'm.image', { what: 'the picture' });
    assert.deepEqual(
      [content.body, content.filename, content.info],
      ['look at her', 'cat.png', { mimetype: 'image/png', size: BYTES.length }],
    );
    const mxc = /^mxc:\/\/(.+)$/.exec(String(content.url))?.[1];
    const answer = await fetch(`${shard.dendrite.url}/_matrix/client/v1/media/download/${mxc}`, {
      headers: { authorization: `Bearer ${alice.token}` },
    });
    assert.ok(BYTES.equals(Buffer.from(await answer.arrayBuffer())));
  });

  test('of freeq is not fetched from an address inside, and stays a link, in its place', async () => {
    const alice = shard.person('alice');
    const inside = at('127.0.0.2');
    send(inside, 'look inside');
    frida.say(CHANNEL, 'behind it');
    await alice.waitFor((event) => event.content.body === 'behind it', { what: 'the line behind it' });
    const bodies = alice.events.filter(({ type }) => type === 'm.room.message').map(({ content }) => content.body);
    assert.deepEqual(bodies.slice(-2), [`look inside\n${inside}`, 'behind it']);
    assert.deepEqual(
      asked.filter((line) => line.startsWith('127.0.0.2')),
      [],
    );
  });

  test('of a member is told with all that freeq’s clients need to show it, and can be fetched there', async () => {
    const alice = shard.person('alice');
    const url = await alice.upload(new Uint8Array(BYTES), 'image/png');
    await alice.sendEvent(shard.room(CHANNEL), 'm.room.message', {
      msgtype: 'm.image',
      body: 'our cat',
      filename: 'cat.png',
      url,
      info: { mimetype: 'image/png', size: BYTES.length, w: 64, h: 48 },
    });
    const { tags } = await frida.gotLine(/media-url=.* :alice!\S+ PRIVMSG #commons /, 20_000);
    const [media] = mediaIn(tags);
    assert.match(media?.url ?? '', new RegExp(`^${publicUrl}/m/[A-Za-z0-9_-]{22}/cat\\.png$`));
    assert.deepEqual(
      { ...media, url: '' },
      {
        url: '',
        mimetype: 'image/png',
        filename: 'cat.png',
        alt: 'our cat',
        sizeBytes: BYTES.length,
        width: 64,
        height: 48,
      },
    );
    assert.match(tags.get('+freeq.at/sig') ?? '', /^ed25519:/);
    assert.ok(BYTES.equals(Buffer.from(await (await fetch(media?.url ?? '')).arrayBuffer())));
  });
});
