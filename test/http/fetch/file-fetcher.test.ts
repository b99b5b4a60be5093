import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type FileFetcherOptions, makeFileFetcher } from '../../../src/http/fetch/file-fetcher.ts';

const LIMITS = { timeoutMs: 2_000, maxBytes: 100 };
type Names = Readonly<Record<string, readonly string[]>>;

/** Names as a test wants them; each look-up may give other addresses. */
const namesOf = (names: Names): NonNullable<FileFetcherOptions['resolve']> =>
  ((name: string, _options: object, done: (error: Error | null, found: LookupAddress[]) => void) => {
    const addresses = names[name];
    if (addresses === undefined) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    else
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  }) as unknown as NonNullable<FileFetcherOptions['resolve']>;

describe('a file that a stranger names', () => {
  const asked: IncomingMessage[] = [];
  let server: Server;
  let port: number;

  const PATHS: Readonly<Record<string, RequestListener>> = {
    '/cat.png': (_, response) => response.writeHead(200, { 'content-type': 'Image/PNG; x=1' }).end('picture'),
    '/page': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    '/typeless': (_, response) => response.writeHead(200).end('x'),
    '/empty': (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(),
    '/large': (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end('x'.repeat(101)),
    '/endless': (_, response) => {
      response.writeHead(200, { 'content-type': 'image/png' });
      const more = setInterval(() => response.write('x'.repeat(60)), 5);
      response.once('close', () => clearInterval(more));
    },
    '/slow': (_, response) => void response.writeHead(200, { 'content-type': 'image/png' }).write('x'),
    '/packed': (_, response) =>
      response.writeHead(200, { 'content-type': 'image/png', 'content-encoding': 'gzip' }).end('x'),
    '/missing': (_, response) => response.writeHead(404).end(),
    '/moved': (_, response) => response.writeHead(302, { location: '/cat.png' }).end(),
    '/inside': (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    '/by-name': (_, response) => response.writeHead(302, { location: `http://inside.test:${port}/cat.png` }).end(),
    '/round': (_, response) => response.writeHead(302, { location: '/round' }).end(),
    '/file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/cut': (request, response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': 50 }).write('x');
      setTimeout(() => request.socket.destroy(), 20);
    },
  };

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      (PATHS[request.url ?? ''] ?? PATHS['/missing'])?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const names = { 'files.test': ['127.0.0.1'], 'inside.test': ['10.0.0.1'], 'both.test': ['127.0.0.1', '10.0.0.1'] };
  const fetcher = makeFileFetcher({ allowed: ['127.0.0.1'], resolve: namesOf(names) });
  const fetched = async (url: string, limits = LIMITS): Promise<string> => {
    const result = await fetcher.fetch(url, limits);
    return result.ok
      ? `${result.value.type} ${Buffer.from(result.value.bytes)}`
      : `${result.error.retry}: ${result.error.text}`;
  };
  const at = (path: string, host = 'files.test'): string => `http://${host}:${port}${path}`;

  test('is fetched, by name and by address, and nothing of ours is told', async () => {
    assert.equal(await fetched(at('/cat.png')), 'image/png picture');
    assert.equal(await fetched(at('/cat.png', '127.0.0.1')), 'image/png picture');
    const { host: _, connection: __, ...headers } = asked.at(-1)?.headers ?? {};
    assert.deepEqual(headers, { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Causeway' });
  });

  test('is fetched where it has moved to', async () => assert.equal(await fetched(at('/moved')), 'image/png picture'));

  const noPlace = 'never: Its address is none that files are fetched from.';
  const noName = 'later: The file could not be fetched: its address is none that files are fetched from.';
  for (const [what, url, answer] of [
    ['an address of this machine', () => 'http://127.0.0.2/', noPlace],
    ['this machine in another spelling', () => 'http://0x7f.2/', noPlace],
    ['this machine as a number', () => 'http://2130706434/', noPlace],
    ['this machine by IPv6', () => 'http://[::1]/', noPlace],
    ['an address of the cloud', () => 'http://169.254.169.254/latest/meta-data', noPlace],
    ['a name inside', () => at('/cat.png', 'inside.test'), noName],
    ['a name with one address inside', () => at('/cat.png', 'both.test'), noName],
    ['a way to an address inside', () => at('/inside'), noPlace],
    ['a way to a name inside', () => at('/by-name'), noName],
    ['a way to a file', () => at('/file'), noPlace],
    ['a file of this machine', () => 'file:///etc/passwd', noPlace],
    ['a name and a password', () => 'http://a:b@files.test/', noPlace],
    ['a port of mail', () => 'http://files.test:25/', noPlace],
    ['no address', () => 'http://', noPlace],
    ['a name that is none', () => at('/', 'nobody.test'), 'later: The file could not be fetched: ENOTFOUND.'],
    ['a page', () => at('/page'), 'never: It is a page and no file.'],
    ['something without a type', () => at('/typeless'), 'never: It is a page and no file.'],
    ['nothing', () => at('/empty'), 'never: It is empty.'],
    ['too much', () => at('/large'), 'never: It is larger than 0 MB.'],
    ['something without end', () => at('/endless'), 'never: It is larger than 0 MB.'],
    ['something packed', () => at('/packed'), 'never: It comes compressed, and may be of any size.'],
    ['what is not there', () => at('/missing'), 'never: The server that has it answers 404.'],
    ['a way in a circle', () => at('/round'), 'never: Its address leads from one to the next without end.'],
    ['half a file', () => at('/cut'), 'later: The file could not be fetched: ECONNRESET.'],
  ] as const)
    test(`is not fetched where it is ${what}`, async () => assert.equal(await fetched(url()), answer));

  test('is given up when it takes too long', async () =>
    assert.equal(
      await fetched(at('/slow'), { ...LIMITS, timeoutMs: 100 }),
      'later: The file could not be fetched: it took more than 0.1 s.',
    ));

  test('waits for nobody while many are fetched', async () => {
    const slow = [1, 2, 3, 4].map(() => fetched(at('/slow'), { ...LIMITS, timeoutMs: 300 }));
    assert.equal(await fetched(at('/cat.png')), 'now: Too many files are being fetched now.');
    await Promise.all(slow);
    assert.equal(await fetched(at('/cat.png')), 'image/png picture');
  });
});
