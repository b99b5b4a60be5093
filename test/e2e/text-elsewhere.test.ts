import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startShard } from './shard.ts';

const SERVERS = [
  ['InspIRCd', startInspircd],
  ['ngIRCd', startNgircd],
] as const;

for (const [name, start] of SERVERS)
  test(`on ${name}, which takes no messages of several lines, what people write is said in lines, or linked`, {
    timeout: 120_000,
  }, async () => {
    const server = await start({ dir: makeTempDir(`text-${name}`) });
    after(() => server.stop());
    const [httpPort, publicPort] = [await freePort(), await freePort()];
    const publicUrl = `http://127.0.0.1:${publicPort}`;
    const http = { listen: `127.0.0.1:${httpPort}`, publicUrl, publicListen: `127.0.0.1:${publicPort}` };
    const shard = await startShard(`text-${name}`, { ircPort: server.ports.irc, httpPort, config: { http } });
    after(() => shard.stop());
    const [carol, alice, room] = [await shard.ircUser('carol'), shard.person('alice'), shard.room('#commons')];
    const heard = (fits: RegExp) => carol.waitFor((line) => fits.test(line.params[1] ?? ''), { what: String(fits) });

    carol.say('#commons', '\x02bold\x02 \x0304red');
    const { content } = await alice.waitFor((event) => event.content.body === 'bold red');
    assert.equal(content.formatted_body, '<strong>bold</strong> <span data-mx-color="#ff0000">red</span>');

    const html = '<ul><li><em>one</em></li><li>two</li></ul>';
    await alice.send(room, '* one', { format: 'org.matrix.custom.html', formatted_body: html });
    await heard(/^• \x1done\x1d$/);
    await heard(/^• two$/);

    const text = Array.from({ length: 6 }, (_, at) => `line ${at + 1}`).join('\n');
    const sent = await alice.send(room, text);
    const [, link = ''] = /^line 1 … \(5 more lines\) (\S+)$/.exec((await heard(/^line 1 …/)).params[1] ?? '') ?? [];
    const page = await fetch(link);
    assert.deepEqual(
      [page.status, page.headers.get('content-type'), (await page.text()).trim()],
      [200, 'text/plain; charset=utf-8', text],
    );
    await alice.redact(room, sent);
    await waitUntil(async () => (await fetch(link)).status === 410, { what: 'the link to be gone' });
    await carol.quit();
  });

describe('a channel whose mapping bears more lines', { timeout: 120_000 }, () => {
  test('gets them', async () => {
    const server = await startNgircd({ dir: makeTempDir('text-lines') });
    after(() => server.stop());
    const shard = await startShard('text-lines', {
      ircPort: server.ports.irc,
      channels: [{ channel: '#commons', maxLines: 6 }],
    });
    after(() => shard.stop());
    const carol = await shard.ircUser('carol');
    await shard.person('alice').send(shard.room('#commons'), 'a\nb\nc\nd\ne\nf');
    await carol.waitFor((line) => line.params[1] === 'f');
    assert.deepEqual(
      carol.said('#commons').map(({ text }) => text),
      ['a', 'b', 'c', 'd', 'e', 'f'],
    );
    await carol.quit();
  });
});
