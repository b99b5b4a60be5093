import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fail, ok } from '../../src/core/errors.ts';
import type { NetworkMedia } from '../../src/core/events.ts';
import type { FileFetcher } from '../../src/ports/file-fetcher.ts';
import { FORBIDDEN, SERVER } from '../fakes/fake-homeserver.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const URL = 'https://files.example/cat.png';
const BYTES = new TextEncoder().encode('picture');
const error = { code: 'media.fetch', text: 'no', retry: 'later', notify: 'log' } as const;

/** The internet: files by address; whatever else is asked for fails. `slow` takes its whole time first. */
function internet(world: FakeWorld, files: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const fetcher: FileFetcher = {
    async fetch(url, { timeoutMs }) {
      asked.push(url);
      const type = files[url];
      if (type !== undefined) return ok({ bytes: BYTES, type });
      if (url.includes('slow')) await world.clock.wait(timeoutMs);
      return fail(error);
    },
  };
  return { asked, fetcher };
}

async function worldWith(files: Readonly<Record<string, string>>) {
  const world = await FakeWorld.make();
  const { asked, fetcher } = internet(world, files);
  world.fetcher = fetcher;
  await world.start();
  await world.clock.until('the bridge is ready', () => world.isQuiet());
  await world.clock.pass(60_000);
  const say = (text: string, media: readonly NetworkMedia[], nick = 'carol'): void => {
    world.network.history.push({ ...world.message(nick, text), media });
    world.network.happened.raise();
  };
  const messages = () =>
    world.events.filter(({ type, sender }) => type === 'm.room.message' && sender.includes('carol'));
  const told = async (count: number) => {
    await world.clock.until('it stands in the room', () => messages().length >= count);
    return messages().map(({ content: { msgtype, body, filename, url, info, formatted_body } }) =>
      JSON.parse(JSON.stringify({ msgtype, body, filename, url, info, formatted_body })),
    );
  };
  return { world, asked, say, told };
}

describe('a file that a network says belongs to a message', () => {
  test('is a picture in the room, with the text beside it', async () => {
    const { world, say, told } = await worldWith({ [URL]: 'image/png' });
    say(`Look at her ${URL}`, [{ url: URL, width: 4, height: 3, sizeBytes: 99, mimetype: 'image/webp' }]);
    const mxc = `mxc://${SERVER}/file1`;
    assert.deepEqual(await told(1), [
      {
        msgtype: 'm.image',
        body: 'Look at her',
        filename: 'cat.png',
        url: mxc,
        info: { mimetype: 'image/png', size: BYTES.length, w: 4, h: 3 },
      },
    ]);
    assert.deepEqual(world.homeserver.files.get(mxc), { bytes: BYTES, type: 'image/png', name: 'file' });
  });

  test('without a text is a picture alone, under the words for those who do not see it', async () => {
    const { say, told } = await worldWith({ [URL]: 'image/png' });
    say('', [{ url: URL, alt: 'a cat', filename: '../cat.png' }]);
    const [{ body, filename }] = await told(1);
    assert.deepEqual([body, filename], ['a cat', 'cat.png']);
  });

  test('is what the server says that has it, whatever the message calls it', async () => {
    const types = { video: 'video/mp4', audio: 'audio/ogg', svg: 'image/svg+xml', zip: 'application/zip' };
    const files = Object.fromEntries(Object.entries(types).map(([name, type]) => [`https://x.example/${name}`, type]));
    const { say, told } = await worldWith(files);
    for (const url of Object.keys(files)) say(url, [{ url, mimetype: 'image/png' }]);
    assert.deepEqual(
      (await told(4)).map(({ msgtype }) => msgtype),
      ['m.video', 'm.audio', 'm.file', 'm.file'],
    );
  });

  test('of several each is one, in order, and what follows comes after them', async () => {
    const [one, two] = ['https://x.example/1', 'https://x.example/2'];
    const { say, told } = await worldWith({ [one]: 'image/png', [two]: 'image/png' });
    say('two of them', [{ url: one }, { url: two }, { url: one }]);
    say('behind', []);
    assert.deepEqual(
      (await told(3)).map(({ msgtype, body }) => [msgtype, body]),
      [
        ['m.image', 'two of them'],
        ['m.image', '2'],
        ['m.text', 'behind'],
      ],
    );
  });

  test('that cannot be had stays a link, and its place is left alone for a while', async () => {
    const { asked, say, told, world } = await worldWith({});
    say('', [{ url: URL, filename: 'cat.png' }]);
    say('once more', [{ url: URL }]);
    assert.deepEqual(await told(2), [
      { msgtype: 'm.text', body: `cat.png ${URL}` },
      { msgtype: 'm.text', body: `once more\n${URL}` },
    ]);
    assert.deepEqual(asked, [URL]);
    await world.clock.pass(600_000);
    say('later', [{ url: URL }]);
    await told(3);
    assert.deepEqual(asked, [URL, URL]);
  });

  test('keeps its room waiting for some seconds at most, however many there are', async () => {
    const { asked, say, told, world } = await worldWith({});
    for (let n = 0; n < 30; n++) say(`slow ${n}`, [{ url: `https://slow${n}.example/` }]);
    const startedMs = world.clock.nowMs();
    await told(30);
    assert.ok(world.clock.nowMs() - startedMs < 25_000, `${world.clock.nowMs() - startedMs} ms`);
    assert.ok(asked.length <= 3);
  });

  test('that the homeserver does not take stays a link', async () => {
    const { say, told, world } = await worldWith({ [URL]: 'image/png' });
    world.homeserver.fault = ({ name }) => (name === 'upload' ? { kind: 'failed', error: FORBIDDEN } : undefined);
    say(URL, [{ url: URL }]);
    assert.deepEqual(await told(1), [{ msgtype: 'm.text', body: URL }]);
  });

  test('is only fetched from where a link may lead', async () => {
    const { asked, say, told } = await worldWith({});
    say('odd', [{ url: 'javascript:alert(1)' }, { url: 'file:///etc/passwd' }]);
    assert.deepEqual(await told(1), [{ msgtype: 'm.text', body: 'odd' }]);
    assert.deepEqual(asked, []);
  });
});
