import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaFile } from '../../src/ports/pages.ts';
import { errorOf, makeWorld, okOf, SERVER } from './matrix-world.ts';

const { homeserver } = await makeWorld('matrix-media');
const BOT = homeserver.botId;

const bytesOf = async (file: MediaFile): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe('files on Dendrite', () => {
  test('come back as they were given, with type and size, and twice the same is two', async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251));
    const [first, second] = [
      okOf(await homeserver.upload(BOT, bytes, 'image/png', 'kätzchen "1".png')),
      okOf(await homeserver.upload(BOT, bytes, 'image/png', 'again.png')),
    ];
    assert.notEqual(first, second);
    for (const mxc of [first, second]) {
      const file = okOf(await homeserver.openMedia(mxc));
      assert.deepEqual([file.type, file.sizeBytes], ['image/png', bytes.length]);
      assert.ok(bytes.equals(await bytesOf(file)));
    }
  });

  test('may be left in their middle, and the homeserver goes on', async () => {
    const mxc = okOf(await homeserver.upload(BOT, Buffer.alloc(5_000_000, 'x'), 'text/plain', 'long.txt'));
    for (let round = 0; round < 20; round++) {
      const file = okOf(await homeserver.openMedia(mxc));
      for await (const chunk of file.body) {
        assert.ok(chunk.length > 0);
        break;
      }
      file.close();
    }
    assert.equal((await bytesOf(okOf(await homeserver.openMedia(mxc)))).length, 5_000_000);
    okOf(await homeserver.upload(BOT, Buffer.from('after that'), 'text/plain', 'x.txt'));
  });

  test('that are not there are refused for good', async () =>
    assert.equal(errorOf(await homeserver.openMedia(`mxc://${SERVER}/nothing`)).retry, 'never'));

  test('are nothing else of the homeserver, whatever the address says', async () => {
    for (const path of ['../../../versions', '..', 'a/b', 'a%2fb', 'a?b', 'a#b', ''])
      assert.equal(errorOf(await homeserver.openMedia(`mxc://${SERVER}/${path}`)).code, 'matrix.media-address', path);
  });

  test('that are too large are refused for good', async () => {
    const refused = errorOf(await homeserver.upload(BOT, Buffer.alloc(60_000_000), 'text/plain', 'huge'));
    assert.deepEqual([refused.code, refused.retry], ['matrix.too-large', 'never']);
  });
});
