import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { unreadyReasons } from '../../src/http/health.ts';
import { listen } from '../../src/http/http-server.ts';
import { makeOperationsApp, type OperationsParts } from '../../src/http/operations-app.ts';
import type { Log } from '../../src/ports/log.ts';
import { healthyAuthority, healthyReport } from './report.ts';

const silent: Log = { error() {}, warn() {}, info() {}, debug() {}, with: () => silent };

type Answer = { readonly status: number; readonly text: string };
type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

/** A served app whose sources note what they are asked. */
async function served(t: TestContext, parts: Partial<OperationsParts> = {}) {
  const heard: unknown[] = [];
  const app = makeOperationsApp({
    status: { report: async () => healthyReport },
    metrics: { contentType: 'text/plain', text: async () => '' },
    log: silent,
    lateMs: () => 0,
    stopping: () => false,
    explain: {
      explain: async (...asked) => {
        heard.push(asked);
        return ['@ann:w is a member.', 'Asked 3 s ago.'];
      },
    },
    confirm: {
      confirm: async (...asked) => {
        heard.push(asked);
        return asked[0] === 'aaaa' ? { ok: true, text: 'It goes on.' } : { ok: false, text: 'There is no such plan.' };
      },
    },
    ...parts,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  assert.ok(server.ok);
  t.after(() => server.value.close());
  const { port } = server.value;
  // Not `fetch`, which does not let a test choose the Host header.
  const ask = (path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asking.on('error', reject).end(body);
    });
  return { ask, heard };
}

const JSON_TYPE = { 'content-type': 'application/json', 'x-causeway': 'confirm' };
const confirming = (body: unknown, headers: Record<string, string> = JSON_TYPE): Asked => ({
  method: 'POST',
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('The pages of the authority', () => {
  test('say who a person is, in one room or all', async (t) => {
    const { ask, heard } = await served(t);
    const lines = '{"lines":["@ann:w is a member.","Asked 3 s ago."]}';
    assert.deepEqual(await ask('/authority/explain?person=%40ann%3Aw'), { status: 200, text: lines });
    assert.deepEqual(await ask('/authority/explain?person=ann+b&room=%23garden'), { status: 200, text: lines });
    assert.deepEqual(heard, [
      ['@ann:w', undefined],
      ['ann b', '#garden'],
    ]);
  });

  test('take a confirmation once it says what it confirms, and pass on what became of it', async (t) => {
    const { ask, heard } = await served(t);
    assert.deepEqual(await ask('/authority/confirm', confirming({ hash: 'aaaa', by: 'root' })), {
      status: 200,
      text: '{"ok":true,"text":"It goes on."}',
    });
    assert.deepEqual(await ask('/authority/confirm', confirming({ hash: 'bbbb', by: 'r oot\n' })), {
      status: 409,
      text: '{"ok":false,"text":"There is no such plan."}',
    });
    assert.deepEqual(heard, [
      ['aaaa', 'command line (root)'],
      ['bbbb', 'command line'],
    ]);
  });

  test('refuse what no person typed, without asking anybody', async (t) => {
    const { ask, heard } = await served(t);
    const long = 'x'.repeat(513);
    for (const query of [
      '',
      '?person=',
      '?room=x',
      `?person=${long}`,
      `?person=a&room=${long}`,
      '?person=a%0Ab',
      '?person=a&room=',
    ])
      assert.equal((await ask(`/authority/explain${query}`)).status, 400, query);
    for (const body of ['', 'x', '[]', 'null', '{}', { hash: 7 }, { hash: '../x' }, { hash: 'x'.repeat(129) }])
      assert.equal((await ask('/authority/confirm', confirming(body))).status, 400, JSON.stringify(body));
    assert.equal((await ask('/authority/confirm', confirming({ hash: 'aaaa', x: 'x'.repeat(3000) }))).status, 400);
    assert.equal((await ask('/authority/confirm')).status, 405);
    assert.equal((await ask('/authority/explain', { method: 'POST' })).status, 405);
    assert.deepEqual(heard, []);
  });

  test('answer nobody but a program on this machine: no browser, no proxy, no other name', async (t) => {
    const { ask, heard } = await served(t);
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
    for (const headers of strangers) {
      const explained = await ask('/authority/explain?person=ann', { headers });
      const confirmed = await ask('/authority/confirm', confirming({ hash: 'aaaa' }, { ...JSON_TYPE, ...headers }));
      assert.deepEqual([explained.status, confirmed.status], [403, 403], JSON.stringify(headers));
    }
    const simple = { 'content-type': 'text/plain', 'x-causeway': 'confirm' };
    assert.equal((await ask('/authority/confirm', confirming({ hash: 'aaaa' }, simple))).status, 415);
    const plain = { 'content-type': 'application/json' };
    assert.equal((await ask('/authority/confirm', confirming({ hash: 'aaaa' }, plain))).status, 403);
    assert.deepEqual(heard, []);
  });

  test('answer in time although nobody else does', async (t) => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const { ask } = await served(t, { explain: { explain: never }, confirm: { confirm: never }, reportTimeoutMs: 30 });
    const answers = [
      await ask('/authority/explain?person=ann'),
      await ask('/authority/confirm', confirming({ hash: 'aaaa' })),
    ];
    assert.deepEqual(answers, [
      { status: 503, text: 'The authority could not be asked within 30 ms. The log says more.\n' },
      { status: 503, text: 'The plan may have begun; `causeway status` shows whether it still waits.\n' },
    ]);
  });

  test('are named where they are', async (t) => {
    const { ask } = await served(t);
    assert.deepEqual(await ask('/nothing'), {
      status: 404,
      text: 'There is nothing here. What there is: /healthz /readyz /status /metrics /authority/explain /authority/confirm\n',
    });
  });
});

test('The bridge is ready once the authority has spoken, and stays so while it is away', () => {
  const reasons = (different: object): readonly string[] =>
    unreadyReasons({ ...healthyReport, authority: { ...healthyAuthority, ...different } }, false);
  assert.deepEqual(
    [
      reasons({}),
      reasons({ state: 'stale', problem: 'It does not answer.' }),
      reasons({ state: 'unknown', asOfMs: null }),
      reasons({ state: 'unknown', asOfMs: null, problem: 'members.yaml is not there.' }),
    ],
    [[], [], ['The authority (file ./members.yaml) has not said yet who is a member.'], ['members.yaml is not there.']],
  );
});
