import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { helloHeader, readProof } from '../../src/config/command-talk.ts';
import { endOf, proofOf } from '../../src/config/proof.ts';
import type { CommandSource } from '../../src/ports/commands.ts';
import { provenHeader, servedOperations } from './operations.ts';

type Answer = { readonly status: number; readonly text: string };
type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

/** A served app whose source notes what it is asked. */
async function served(
  t: TestContext,
  { host = '127.0.0.1', token = 'token', ...more }: { host?: string; token?: string; ask?: CommandSource['ask'] } = {},
) {
  const heard: unknown[] = [];
  const ask: CommandSource['ask'] = async (words, by) => {
    heard.push([words, by]);
    return { ok: words[0] !== 'confirm', text: `${words.join(' ')}!`, facts: [1] };
  };
  const port = await servedOperations(t, { reportTimeoutMs: 30, commands: { source: { ask, ...more }, token } }, host);
  // Not `fetch`, which does not let a test choose the Host header.
  const asks = async (
    path: string,
    { method = 'GET', headers: given = {}, body = '' }: Asked = {},
  ): Promise<Answer> => {
    const isProven = given.authorization === PROVEN;
    const headers = isProven ? { ...given, authorization: await provenHeader(`${host}:${port}`, token) } : given;
    return new Promise((resolve, reject) => {
      const asking = httpRequest({ host, port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asking.on('error', reject).end(body);
    });
  };
  return { asks, heard, address: `${host}:${port}` };
}

/** Stands for a fresh proof. */
const PROVEN = 'proven';
const HEADERS = { 'content-type': 'application/json', authorization: PROVEN };
const asking = (body: unknown, headers: Record<string, string> = HEADERS): Asked => ({
  method: 'POST',
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('The page that the command line asks', () => {
  test('answers in words and facts, also where it refuses, and knows who asks', async (t) => {
    const { asks, heard } = await served(t);
    assert.deepEqual(
      [
        await asks('/command', asking({ words: ['names', '#commons'], by: 'root' })),
        await asks('/command', asking({ words: ['confirm', 'aaaa'], by: 'r oot\n' })),
      ],
      [
        { status: 200, text: '{"ok":true,"text":"names #commons!","facts":[1]}' },
        { status: 200, text: '{"ok":false,"text":"confirm aaaa!","facts":[1]}' },
      ],
    );
    assert.deepEqual(heard, [
      [['names', '#commons'], 'command line (root)'],
      [['confirm', 'aaaa'], 'command line'],
    ]);
  });

  test('refuses what no person typed, without asking anybody', async (t) => {
    const { asks, heard } = await served(t);
    const long = 'x'.repeat(513);
    for (const words of [[], 'names', [7], [''], ['a\nb'], [long], Array.from({ length: 21 }, () => 'x'), null])
      assert.equal((await asks('/command', asking({ words }))).status, 400, JSON.stringify(words));
    for (const body of ['', 'x', '[]', 'null', '{}', { words: ['a'], more: 'x'.repeat(20_000) }])
      assert.equal((await asks('/command', asking(body))).status, 400, JSON.stringify(body).slice(0, 40));
    assert.equal((await asks('/command')).status, 405);
    assert.deepEqual(heard, []);
  });

  test('answers nobody who does not prove to know the token, and nobody where there is none', async (t) => {
    const body = { words: ['plans'] };
    const { asks, heard, address } = await served(t);
    const { authorization: _, ...plain } = HEADERS;
    const used = await provenHeader(address, 'token');
    const ask = async (authorization: string): Promise<number> =>
      (await asks('/command', asking(body, { ...plain, authorization }))).status;
    assert.equal(await ask(used), 200);
    const ofAnother = await provenHeader((await served(t)).address, 'token');
    const fresh = await provenHeader(address, 'token');
    const shown = ['', 'Bearer token', 'Basic token', 'Causeway token', helloHeader('x'.repeat(24)), used, ofAnother];
    for (const one of [...shown, fresh.slice(0, -1), await provenHeader(address, 'tokem')])
      assert.equal(await ask(one), 401, one);
    assert.equal(await ask(fresh), 200);
    const open = await served(t, { token: '' });
    for (const one of ['', helloHeader('x'.repeat(24)), await provenHeader(open.address, '')])
      assert.equal((await open.asks('/command', asking(body, { ...plain, authorization: one }))).status, 401);
    assert.deepEqual([heard.length, open.heard], [2, []]);
  });

  test('proves to whoever asks that it knows the token too, and where it was reached', async (t) => {
    const { address } = await served(t);
    const [host = '', port = ''] = address.split(':');
    const hello = 'x'.repeat(24);
    const answer = await fetch(`http://${address}/command`, {
      method: 'POST',
      headers: { authorization: helloHeader(hello) },
    });
    const { nonce, proof } = readProof(answer.headers.get('www-authenticate') ?? '') ?? { nonce: '', proof: '' };
    assert.equal(proof, proofOf('token', 'bridge', hello, nonce, endOf(host, Number(port))));
  });

  test('answers nobody but a program on this machine: no browser, no proxy, no other name', async (t) => {
    const { asks, heard } = await served(t);
    const strangers: Record<string, string>[] = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-origin' },
      { referer: 'http://127.0.0.1/' },
      { 'x-forwarded-for': '203.0.113.7' },
      { forwarded: 'for=203.0.113.7' },
      { host: 'evil.example:9010' },
      { host: '127.0.0.1.evil.example' },
    ];
    for (const headers of strangers)
      assert.equal(
        (await asks('/command', asking({ words: ['plans'] }, { ...HEADERS, ...headers }))).status,
        403,
        JSON.stringify(headers),
      );
    assert.deepEqual(heard, []);
  });

  const outward = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  test('answers this machine also where it listens on an address that others see', {
    skip: outward === undefined && 'this machine has no other address than the loopback one',
  }, async (t) => {
    const { asks } = await served(t, { host: outward ?? '' });
    assert.equal((await asks('/command', asking({ words: ['plans'] }))).status, 200);
    const renamed = asking({ words: ['plans'] }, { ...HEADERS, host: 'evil.example' });
    assert.equal((await asks('/command', renamed)).status, 403);
  });

  test('answers in time although the bridge does not, lets only so many wait, and others in their place', async (t) => {
    let isStuck = true;
    const ask: CommandSource['ask'] = () =>
      isStuck ? new Promise(() => undefined) : Promise.resolve({ ok: true, text: 'here' });
    const { asks } = await served(t, { ask });
    const answers = await Promise.all(Array.from({ length: 9 }, () => asks('/command', asking({ words: ['plans'] }))));
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]).toSorted(),
      [
        ...Array.from({ length: 8 }, () => [
          503,
          'There was no answer within 30 ms. What was asked may be done yet; the log says more.\n',
        ]),
        [503, 'Too many ask at this moment. Ask again.\n'],
      ].toSorted(),
    );
    isStuck = false;
    assert.deepEqual(await asks('/command', asking({ words: ['plans'] })), {
      status: 200,
      text: '{"ok":true,"text":"here"}',
    });
  });

  test('is named where it is', async (t) => {
    const { asks } = await served(t);
    assert.deepEqual(await asks('/nothing'), {
      status: 404,
      text: 'There is nothing here. What there is: /healthz /readyz /status /metrics /command\n',
    });
  });
});
