import assert from 'node:assert/strict';
import http, { type IncomingHttpHeaders } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type BridgeError, fail, ok, type Result } from '../../../src/core/errors.ts';
import { type HttpServer, listen } from '../../../src/http/http-server.ts';
import { pagesRouter } from '../../../src/http/pages/pages-router.ts';
import { makePublicApp } from '../../../src/http/public-app.ts';
import { StoreUnavailable } from '../../../src/ports/db.ts';
import type { MediaFile, PageAnswer, PageSource } from '../../../src/ports/pages.ts';
import { recordingLog } from '../../db/kit.ts';
import { waitUntil } from '../../servers/people.ts';

const id = (name: string): string => name.padEnd(22, '0');
const BYTES = Buffer.from('0123456789');
const error = (retry: BridgeError['retry']): BridgeError => ({ code: 'x', text: 'x', retry, notify: 'log' });

type Upload = { readonly type?: string; readonly bytes?: Buffer; readonly sizeBytes?: number | undefined };
const closed: string[] = [];

/** An endless file says how much of it was asked for. */
const endless = { chunks: 0 };

const asFile = (mxc: string, { type, bytes = BYTES, ...more }: Upload): MediaFile => ({
  type,
  sizeBytes: 'sizeBytes' in more ? more.sizeBytes : bytes.length,
  body: (async function* () {
    // In pieces, so that parts begin and end within them.
    for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
  })(),
  close: () => void closed.push(mxc),
});

const UPLOADS: Readonly<Record<string, Upload>> = {
  png: { type: 'image/png' },
  svg: { type: 'image/svg+xml', bytes: Buffer.from('<svg onload="alert(1)"/>') },
  html: { type: 'text/html; charset=utf-8', bytes: Buffer.from('<script>alert(1)</script>') },
  text: { type: 'TEXT/Plain;charset=latin1' },
  untyped: {},
  endless: {},
  lengthless: { type: 'image/gif', sizeBytes: undefined },
  large: { type: 'image/png', sizeBytes: 2_000 },
  empty: { type: 'image/png', bytes: Buffer.alloc(0) },
};

const ANSWERS: Readonly<Record<string, PageAnswer>> = {
  [id('long')]: { kind: 'text', text: 'one <b>\ntwo & "three"' },
  [id('deleted')]: { kind: 'gone', why: 'deleted' },
  [id('expired')]: { kind: 'gone', why: 'expired' },
  [id('unlinked')]: { kind: 'gone', why: 'unlinked' },
  [id('missing')]: { kind: 'file', mxc: 'missing', name: 'x.png' },
  [id('later')]: { kind: 'file', mxc: 'later', name: 'x.png' },
  [id('named')]: { kind: 'file', mxc: 'png', name: 'Käse "1"; x=é.png' },
  ...Object.fromEntries(
    Object.keys(UPLOADS).map((mxc) => [id(mxc), { kind: 'file', mxc, name: `${mxc}.bin` } satisfies PageAnswer]),
  ),
};

const source: PageSource = {
  maxBytes: 1_000,
  find: async (asked) => {
    if (asked === id('away')) throw new StoreUnavailable('away');
    return ANSWERS[asked] ?? { kind: 'unknown' };
  },
  open: async (mxc): Promise<Result<MediaFile>> => {
    if (mxc === 'missing') return fail(error('never'));
    if (mxc === 'later') return fail(error('later'));
    if (mxc !== 'endless') return ok(asFile(mxc, UPLOADS[mxc] ?? {}));
    const body = (async function* () {
      for (;;) {
        endless.chunks++;
        yield Buffer.alloc(65_536);
      }
    })();
    return ok({ type: undefined, sizeBytes: undefined, body, close: () => void closed.push(mxc) });
  },
};

describe('pages behind links', () => {
  let server: HttpServer;
  const log = recordingLog();
  before(async () => {
    const limits = { total: 3, perAddress: 2 };
    const router = pagesRouter({ pages: source, log, limits, patience: { everyMs: 100, leastBytes: 1_000_000 } });
    const listening = await listen(makePublicApp({ pages: source, log, router }), { host: '127.0.0.1', port: 0 });
    assert.ok(listening.ok);
    server = listening.value;
  });
  after(() => server.close());

  const get = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> =>
    new Promise((resolve, reject) => {
      const request = http.request({ port: server.port, path, method, headers: { connection: 'close', ...headers } });
      request.once('error', reject).once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response
          .once('error', reject)
          .once('end', () =>
            resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }),
          );
      });
      request.end();
    });
  const page = (name: string, headers?: Record<string, string>, method?: string) =>
    get(`/m/${id(name)}/whatever.png`, headers, method);

  test('a picture is shown, with headers that keep it a picture', async () => {
    const { status, headers, body } = await page('png');
    assert.deepEqual(
      { status, body, ...headers, date: undefined, connection: undefined },
      {
        status: 200,
        body: '0123456789',
        'content-type': 'image/png',
        'content-length': '10',
        'content-disposition': `inline; filename="png.bin"; filename*=UTF-8''png.bin`,
        'content-security-policy':
          "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
        etag: `"${id('png')}"`,
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-robots-tag': 'noindex, nofollow, noarchive',
        date: undefined,
        connection: undefined,
      },
    );
    assert.ok(closed.includes('png'));
  });

  test('the name behind the id says nothing, and may be left out', async () => {
    for (const path of [id('png'), `${id('png')}/`, `${id('png')}/..%2f..%2fetc%2fpasswd`])
      assert.equal((await get(`/m/${path}`)).body, '0123456789', path);
  });

  for (const [name, type] of [
    ['svg', 'application/octet-stream'],
    ['html', 'application/octet-stream'],
    ['untyped', 'application/octet-stream'],
  ])
    test(`${name} is only there to be saved`, async () => {
      const { headers } = await page(String(name));
      assert.deepEqual(
        [headers['content-type'], headers['content-disposition']?.split(';')[0], headers['x-content-type-options']],
        [type, 'attachment', 'nosniff'],
      );
    });

  test('text is shown as text', async () => {
    const { headers } = await page('text');
    assert.deepEqual(
      [headers['content-type'], headers['content-disposition']?.split(';')[0]],
      ['text/plain; charset=utf-8', 'inline'],
    );
  });

  test('a name of any kind is a name in the header', async () => {
    const { headers } = await page('named');
    assert.equal(
      headers['content-disposition'],
      `inline; filename="K_se _1_; x=_.png"; filename*=UTF-8''K%C3%A4se%20%221%22%3B%20x%3D%C3%A9.png`,
    );
  });

  for (const [range, status, body, contentRange] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-2', 200, '0123456789', undefined],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['lines=0-1', 200, '0123456789', undefined],
  ] as const)
    test(`${range} of ten bytes: ${status}`, async () => {
      const answer = await page('png', { range });
      assert.deepEqual([answer.status, answer.body, answer.headers['content-range']], [status, body, contentRange]);
    });

  test('a part is only of the file that the client knows', async () => {
    const same = await page('png', { range: 'bytes=0-0', 'if-range': `"${id('png')}"` });
    const other = await page('png', { range: 'bytes=0-0', 'if-range': '"another"' });
    assert.deepEqual([same.status, same.body, other.status, other.body], [206, '0', 200, '0123456789']);
  });

  test('HEAD has the headers of GET, and no body', async () => {
    const { status, headers, body } = await page('png', {}, 'HEAD');
    assert.deepEqual([status, headers['content-length'], headers['content-type'], body], [200, '10', 'image/png', '']);
  });

  test('what a browser has is not sent again while it may be seen, and no longer', async () => {
    const known = { 'if-none-match': `"${id('png')}"` };
    assert.deepEqual([(await page('png', known)).status, (await page('png', known)).body], [304, '']);
    assert.equal((await page('deleted', { 'if-none-match': `"${id('deleted')}"` })).status, 410);
  });

  test('a file of unknown length comes whole, and in parts for nobody', async () => {
    const { status, body, headers } = await page('lengthless', { range: 'bytes=0-1' });
    assert.deepEqual([status, body, headers['accept-ranges']], [200, '0123456789', undefined]);
  });

  test('an empty file is an empty file', async () =>
    assert.equal((await page('empty')).headers['content-length'], '0'));

  test('a file beyond the bound is not passed on', async () => assert.equal((await page('large')).status, 403));

  test('a file without end ends at the bound', async () => {
    const { body } = await page('endless');
    assert.equal(body.length, 1_000);
  });

  test('a long message is a page for browsers, and text for programs', async () => {
    const browser = await page('long', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    assert.match(browser.body, /<pre>one &lt;b&gt;\ntwo &amp; &quot;three&quot;<\/pre>/);
    assert.match(
      String(browser.headers['content-security-policy']),
      /^sandbox; default-src 'none'; style-src 'sha256-/,
    );
    const program = await page('long');
    assert.deepEqual(
      [program.body, program.headers['content-type']],
      ['one <b>\ntwo & "three"\n', 'text/plain; charset=utf-8'],
    );
  });

  test('what is gone says so in words, for people', async () => {
    const { status, body, headers } = await page('deleted', { accept: 'text/html' });
    assert.equal(status, 410);
    assert.match(body, /<h1>No longer here<\/h1><p>The message that this belonged to was deleted\.<\/p>/);
    assert.equal(headers['cache-control'], 'no-store');
    const others = await Promise.all([page('expired'), page('unlinked'), page('missing'), page('later')]);
    assert.deepEqual(
      others.map((answer) => [answer.status, answer.headers['content-type']]),
      [410, 410, 404, 502].map((code) => [code, 'text/plain; charset=utf-8']),
    );
  });

  test('what never was, and what is no link, is nothing', async () => {
    const paths = [
      '/',
      '/m',
      '/m/',
      '/m/short',
      `/m/${id('nobody')}`,
      `/m/${id('png')}/a/b`,
      '/status',
      '/m/%00',
      '/%',
    ];
    for (const path of paths) assert.equal((await get(path)).status, 404, path);
  });

  test('nothing can be sent here', async () => assert.equal((await page('png', {}, 'POST')).status, 405));

  test('while the database is away people are asked to wait', async () =>
    assert.equal((await page('away')).status, 503));

  test('whoever takes a file too slowly is cut off, and others of that address wait no longer than that', async () => {
    const slow = source as { maxBytes: number };
    slow.maxBytes = 1_000_000_000;
    const stuck = [0, 1].map(() =>
      http
        .get({ port: server.port, path: `/m/${id('endless')}`, agent: false })
        .on('error', () => {})
        .once('response', (response) => response.on('error', () => {}).pause()),
    );
    await waitUntil(async () => (await page('png')).status === 503);
    const before = closed.filter((mxc) => mxc === 'endless').length;
    const elsewhere = await page('png', { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' });
    assert.equal(elsewhere.status, 200);
    await waitUntil(async () => (await page('png')).status === 200);
    await waitUntil(() => closed.filter((mxc) => mxc === 'endless').length === before + 2);
    assert.ok(endless.chunks < 5_000, `${endless.chunks} chunks were read for people who took none`);
    // A client that reads nothing does not notice that it was cut off.
    for (const request of stuck) request.destroy();
    slow.maxBytes = 1_000;
  });
});
