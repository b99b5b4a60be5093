import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mediaLine } from '../../../../src/core/convert/from-matrix/media-line.ts';
import type { MatrixEvent } from '../../../../src/core/events.ts';

const pages = { id: 'ID', baseUrl: 'https://b.example', maxBytes: 1_000_000 };
const file = (content: Record<string, unknown>): MatrixEvent => ({
  event_id: '$1',
  room_id: '!r:s',
  sender: '@alice:s',
  type: 'm.room.message',
  content: { url: 'mxc://s.example/abc', ...content },
  origin_server_ts: 1,
});
const told = (content: Record<string, unknown>, maker = pages) => {
  const event = file(content);
  return mediaLine(event, event.content, maker);
};
const line = (content: Record<string, unknown>) => {
  const made = told(content);
  return made === undefined ? undefined : [made.caption, made.action];
};

describe('a file on Matrix', () => {
  test('is told with its name, its size and a link of ours', () => {
    assert.deepEqual(told({ msgtype: 'm.image', body: 'cat.jpg', info: { size: 120_400 } }), {
      caption: undefined,
      action: 'sent a picture: cat.jpg (120 kB) https://b.example/m/ID/cat.jpg',
      media: { url: 'https://b.example/m/ID/cat.jpg', filename: 'cat.jpg', sizeBytes: 120_400 },
      page: {
        url: 'https://b.example/m/ID/cat.jpg',
        effect: {
          key: 'page|$1|0',
          effect: {
            op: 'page.share',
            id: 'ID',
            room: '!r:s',
            eventId: '$1',
            rootId: '$1',
            userId: '@alice:s',
            content: { kind: 'file', mxc: 'mxc://s.example/abc', name: 'cat.jpg' },
          },
        },
      },
    });
  });

  test('says to networks that ask what kind it is, how large, and what was written beside it', () => {
    const info = { size: 1200, mimetype: 'image/png', w: 64, h: 48 };
    assert.deepEqual(told({ msgtype: 'm.image', body: 'Look at her', filename: 'cat.png', info })?.media, {
      ...{ url: 'https://b.example/m/ID/cat.png', filename: 'cat.png', mimetype: 'image/png' },
      ...{ sizeBytes: 1200, width: 64, height: 48, alt: 'Look at her' },
    });
  });

  test('says nothing where it cannot be had', () =>
    assert.equal(told({ msgtype: 'm.image', body: 'cat.jpg', url: undefined })?.media, undefined));

  const cases: readonly (readonly [string, Record<string, unknown>, readonly [string | undefined, string]])[] = [
    [
      'has its caption before it',
      { msgtype: 'm.image', body: 'Look at her', filename: 'cat.jpg' },
      ['Look at her', 'sent a picture: cat.jpg https://b.example/m/ID/cat.jpg'],
    ],
    [
      'has no caption where body and file name are one',
      { msgtype: 'm.file', body: 'a.pdf', filename: 'a.pdf', info: { size: 1 } },
      [undefined, 'sent a file: a.pdf (1 byte) https://b.example/m/ID/a.pdf'],
    ],
    [
      'that is a film says how long it is',
      { msgtype: 'm.video', body: 'v.mp4', info: { size: 999_600, duration: 75_000 } },
      [undefined, 'sent a video: v.mp4 (1:15, 1 MB) https://b.example/m/ID/v.mp4'],
    ],
    [
      'that was spoken has no name',
      { msgtype: 'm.audio', body: 'Voice message.ogg', info: { duration: 12_000 }, 'org.matrix.msc3245.voice': {} },
      [undefined, 'sent a voice message (0:12) https://b.example/m/ID/Voice_message.ogg'],
    ],
    [
      'leads nowhere by its name',
      { msgtype: 'm.file', body: '../../etc/passwd\u202egpj.exe\r\n\x02' },
      [undefined, 'sent a file: passwdgpj.exe https://b.example/m/ID/passwdgpj.exe'],
    ],
    [
      'without a name has one',
      { msgtype: 'm.image', body: '..' },
      [undefined, 'sent a picture https://b.example/m/ID/picture'],
    ],
    [
      'that is encrypted cannot be passed on',
      { msgtype: 'm.image', body: 'cat.jpg', url: undefined, file: { url: 'mxc://s/x' } },
      [undefined, 'sent a picture: cat.jpg, encrypted: it can only be opened on Matrix'],
    ],
    [
      'that is too large is only named',
      { msgtype: 'm.file', body: 'film.mkv', info: { size: 2_400_000_000 } },
      [undefined, 'sent a file: film.mkv (2.4 GB), too large to be passed on'],
    ],
    [
      'whose address is none of a homeserver has no link',
      { msgtype: 'm.image', body: 'cat.jpg', url: 'mxc://s.example/../_dendrite/admin' },
      [undefined, 'sent a picture: cat.jpg'],
    ],
  ];
  for (const [what, content, expected] of cases) test(what, () => assert.deepEqual(line(content), expected));

  test('has no link where nobody could reach it', () =>
    assert.equal(
      mediaLine(file({}), { msgtype: 'm.image', body: 'cat.jpg' }, undefined)?.action,
      'sent a picture: cat.jpg',
    ));

  test('is one line and one link, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('body', 'filename', 'url', 'info', 'file'), fc.anything()),
        (content) => {
          const made = told({ ...content, msgtype: 'm.file' });
          assert.match(made?.action ?? '', /^sent a file[^\p{Cc}]*$/u);
          if (made?.page !== undefined)
            assert.match(made.page.url, /^https:\/\/b\.example\/m\/ID\/[A-Za-z0-9._-]{1,40}$/);
        },
      ),
    );
  });

  test('is no other message', () => assert.equal(line({ msgtype: 'm.text', body: 'cat.jpg' }), undefined));
});
