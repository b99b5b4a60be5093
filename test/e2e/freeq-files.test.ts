import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson } from '../fakes/freeq/person.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const BYTES = Buffer.from('89504e470d0a1a0a', 'hex');

describe('a file that freeq says belongs to a message, on Dendrite', { timeout: 300_000 }, () => {
  let server: FreeqServer;
  let shard: Shard;
  let frida: FreeqPerson;
  let files: Server;
  let asked: string[];

  before(async () => {
    asked = [];
    files = createServer((request, response) => {
      asked.push(`${request.headers.host} ${request.url}`);
      response.writeHead(200, { 'content-type': 'image/png' }).end(BYTES);
    });
    await new Promise<void>((resolve) => files.listen(0, '0.0.0.0', resolve));
    server = await FreeqServer.start();
    shard = await startShard('freeq-files', {
      ircPort: server.ports.irc,
      network: { kind: 'freeq', freeq: { keys: join(makeTempDir('freeq-files-keys'), 'keys') } },
      config: { media: { fetchFrom: ['127.0.0.1'] } },
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

  test('is a picture in the room, which the homeserver has', async () => {
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

  test('is not fetched from an address inside, and stays a link, in its place', async () => {
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
});
