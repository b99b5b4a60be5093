import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { CHALLENGE_HEADER, PROOF_HEADER, proofOf } from '../../src/config/proof.ts';
import { type Listener, type ListenerOptions, makeListener } from '../../src/matrix/listener.ts';
import type { FailpointName } from '../../src/ports/failpoint.ts';
import { waitUntil } from '../servers/people.ts';
import { message, type RecordingLog, type RecordingSink, recordingLog, recordingSink } from './support.ts';

const TOKEN = 'hs-secret';
const opened: Listener[] = [];
after(() => Promise.all(opened.map((listener) => listener.close())));

type Setup = {
  sink: RecordingSink;
  log: RecordingLog;
  url: string;
  port: number;
  listener: Listener;
  visited: FailpointName[];
};

async function setup(more: Partial<ListenerOptions> = {}): Promise<Setup> {
  const sink = recordingSink();
  const log = recordingLog();
  const visited: FailpointName[] = [];
  const listener = makeListener({
    listen: { host: '127.0.0.1', port: 0 },
    hsToken: TOKEN,
    queryToken: false,
    sink,
    log,
    failpoint: (name) => visited.push(name),
    ...more,
  });
  opened.push(listener);
  const port = await listener.listen();
  assert.ok(port.ok);
  return { sink, log, listener, visited, port: port.value, url: `http://127.0.0.1:${port.value}` };
}

const authorized = { Authorization: `Bearer ${TOKEN}` };
const TRANSACTIONS = '/_matrix/app/v1/transactions';

async function put(
  url: string,
  body: string,
  headers: Record<string, string> = authorized,
  path = `${TRANSACTIONS}/1`,
) {
  const response = await fetch(url + path, { method: 'PUT', body, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('a challenge', () => {
  test('is answered with a proof that we know the token, which is nobody’s leave to say anything', async () => {
    const { url, sink, log } = await setup();
    const challenge = 'x'.repeat(24);
    const proof = proofOf(TOKEN, 'appservice', challenge);
    const answer = await put(url, '{"events":[]}', { [CHALLENGE_HEADER]: challenge });
    assert.deepEqual([answer.status, answer.headers.get(PROOF_HEADER)], [403, proof]);
    const shown = await put(url, '{"events":[]}', { [CHALLENGE_HEADER]: challenge, Authorization: `Bearer ${proof}` });
    const odd = await put(url, '{"events":[]}', { [CHALLENGE_HEADER]: 'short' });
    assert.deepEqual(
      [shown, odd].map(({ status, headers }) => [status, headers.get(PROOF_HEADER)]),
      [
        [403, null],
        [403, null],
      ],
    );
    const none = await put((await setup({ hsToken: '' })).url, '{}', { [CHALLENGE_HEADER]: challenge });
    assert.deepEqual([none.status, none.headers.get(PROOF_HEADER)], [403, null]);
    assert.deepEqual([sink.calls, log.lines.length], [[], 2]);
  });
});

describe('a transaction', () => {
  test('is answered 200 with {} once its events are stored', async () => {
    const { url, sink, visited } = await setup();
    const answer = await put(url, JSON.stringify({ events: [message('$1'), message('$2', { state_key: '' })] }));
    assert.deepEqual([answer.status, answer.text], [200, '{}']);
    assert.deepEqual(sink.stored, [message('$1'), message('$2', { state_key: '' })]);
    assert.deepEqual(visited, ['after-transaction-stored', 'before-transaction-answered']);
  });

  test('of Dendrite is answered without a body, which it would not read', async () => {
    const { url } = await setup();
    const answer = await put(url, '{"events":[]}', { ...authorized, 'User-Agent': 'Go-http-client/1.1' });
    assert.deepEqual([answer.status, answer.text, answer.headers.get('content-length')], [200, '', '0']);
  });

  test('comes to the unprefixed path of old homeservers, too', async () => {
    const { url, sink } = await setup();
    assert.equal(
      (await put(url, JSON.stringify({ events: [message('$1')] }), authorized, '/transactions/1')).status,
      200,
    );
    assert.equal(sink.stored.length, 1);
  });

  test('with the same id and more events gives the additional ones, too', async () => {
    const { url, sink } = await setup();
    await put(url, JSON.stringify({ events: [message('$1')] }));
    await put(url, JSON.stringify({ events: [message('$1'), message('$2')] }));
    assert.deepEqual(sink.calls, ['push: $1', 'push: $1 $2']);
  });

  test('is answered 503 with Retry-After while the store is away, and taken when it is back', async () => {
    const { url, sink } = await setup();
    sink.away = true;
    const answer = await put(url, JSON.stringify({ events: [message('$1')] }));
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '2']);
    sink.away = false;
    assert.equal((await put(url, JSON.stringify({ events: [message('$1')] }))).status, 200);
    assert.deepEqual(sink.calls, ['push: $1']);
  });

  test('keeps its sound events when others are of every wrong type, and the rooms are read back', async () => {
    const { url, sink, log } = await setup();
    const wrong = [
      null,
      3,
      'x',
      [],
      {},
      message('$x', { sender: 5 }),
      message('$y', { type: null }),
      message('$z', { state_key: 1 }),
    ];
    const odd = message('$2', { content: 'x', origin_server_ts: 'x', redacts: {}, unsigned: 7 });
    const answer = await put(url, JSON.stringify({ events: [message('$1'), ...wrong, odd, message('$3')] }));
    assert.equal(answer.status, 200);
    assert.deepEqual(sink.calls, [
      'push: $1 $2 $3',
      'interrupted push: A transaction held events that could not be read.',
    ]);
    assert.equal(log.lines.length, wrong.length);
    assert.match(log.lines.at(-1) ?? '', /"eventId":"\$z"/);
  });

  test('with an event at which our own code fails gives all the others', async () => {
    const { url, sink, log } = await setup();
    sink.poison = '$2';
    const answer = await put(url, JSON.stringify({ events: [message('$1'), message('$2'), message('$3')] }));
    assert.equal(answer.status, 200);
    assert.deepEqual(sink.calls, [
      'push: $1',
      'push: $3',
      'interrupted push: A transaction held events that could not be read.',
    ]);
    assert.match(log.lines.join('\n'), /This is a bug.*"eventId":"\$2"/);
  });

  test('that is not JSON is refused twice and then let pass, since the queue waits behind it', async () => {
    const { url, sink } = await setup();
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await put(url, '{"events":[')).status);
    assert.deepEqual(statuses, [400, 400, 200]);
    assert.deepEqual(sink.calls, ['interrupted push: A transaction held events that could not be read.']);
  });

  test('larger than any memory we want to spend is stored in pieces', async () => {
    const { url, sink } = await setup();
    const events = Array.from({ length: 20_000 }, (_, i) => message(`$${i}`, { content: { body: 'x'.repeat(500) } }));
    assert.equal((await put(url, JSON.stringify({ events }))).status, 200);
    assert.equal(sink.stored.length, events.length);
    assert.ok(sink.calls.length > 10, `${sink.calls.length}`);
  });

  test('beyond the bound is read to its end, and the rooms are read back for the rest', async () => {
    const { url, sink } = await setup({ maxBodyBytes: 100_000 });
    const events = Array.from({ length: 2_000 }, (_, i) => message(`$${i}`));
    assert.equal((await put(url, JSON.stringify({ events }))).status, 200);
    assert.ok(sink.stored.length > 0 && sink.stored.length < 2_000);
    assert.equal(sink.calls.at(-1), 'interrupted push: A transaction held events that could not be read.');
  });

  test('tells who types, under either name of the list', async () => {
    const { url, sink } = await setup();
    const typing = (userIds: unknown) => ({
      type: 'm.typing',
      room_id: '!r:localhost',
      content: { user_ids: userIds },
    });
    await put(
      url,
      JSON.stringify({ events: [], ephemeral: [typing(['@a:localhost', 3]), typing('x'), 4, { type: 'm.receipt' }] }),
    );
    await put(url, JSON.stringify({ events: [], 'de.sorunome.msc2409.ephemeral': [typing([])] }));
    assert.deepEqual(sink.calls, ['typing !r:localhost: @a:localhost', 'typing !r:localhost: ']);
  });
});

describe('whoever has no token', () => {
  const everything = [
    ['PUT', `${TRANSACTIONS}/1`],
    ['GET', '/_matrix/app/v1/users/@x:localhost'],
    ['POST', '/_matrix/app/v1/ping'],
    ['GET', '/'],
    ['DELETE', '/%zz'],
  ] as const;
  const tokens = [
    {},
    { Authorization: 'Bearer wrong' },
    { Authorization: TOKEN },
    { Authorization: `Basic ${TOKEN}` },
    { Authorization: `Bearer ${TOKEN}x` },
  ];
  test('gets the same 403 for everything', async () => {
    const { url, sink } = await setup();
    const answers = new Set<string>();
    for (const [method, path] of everything)
      for (const headers of tokens) {
        const response = await fetch(url + path, { method, headers: headers as Record<string, string> });
        answers.add(`${response.status} ${await response.text()}`);
      }
    assert.deepEqual([...answers], ['403 {"errcode":"M_FORBIDDEN","error":"Wrong or missing hs_token."}']);
    assert.deepEqual(sink.calls, []);
  });

  test('is answered before a byte of the body has come, and cut off', async () => {
    const { port } = await setup();
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (data) => (said += data));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`PUT ${TRANSACTIONS}/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
    await closed;
    assert.match(said, /^HTTP\/1\.1 403 /);
    assert.match(said, /connection: close/i);
  });

  test('may not put it into the query', async () => {
    const { url } = await setup();
    assert.equal((await put(url, '{}', {}, `${TRANSACTIONS}/1?access_token=${TOKEN}`)).status, 403);
  });

  test('may put it into the query where the configuration asks for it', async () => {
    const { url } = await setup({ queryToken: true });
    assert.equal((await put(url, '{}', {}, `${TRANSACTIONS}/1?access_token=${TOKEN}`)).status, 200);
    assert.equal((await put(url, '{}', {}, `${TRANSACTIONS}/1?access_token=wrong`)).status, 403);
    assert.equal(
      (await put(url, '{}', { Authorization: 'Bearer wrong' }, `${TRANSACTIONS}/1?access_token=${TOKEN}`)).status,
      403,
    );
  });

  test('never finds a token in the log', async () => {
    const { url, log } = await setup();
    await put(url, '{}', { Authorization: `Bearer ${TOKEN}x` }, `${TRANSACTIONS}/1?access_token=${TOKEN}`);
    assert.equal(log.lines.length, 1);
    assert.doesNotMatch(log.lines.join(), new RegExp(TOKEN));
  });
});

describe('a question of the homeserver', () => {
  const questions: ReadonlyArray<readonly [string, string, number, string]> = [
    ['GET', `/_matrix/app/v1/users/${encodeURIComponent('@_causeway_known:localhost')}`, 200, '{}'],
    ['GET', `/users/${encodeURIComponent('@_causeway_known:localhost')}`, 200, '{}'],
    [
      'GET',
      '/_matrix/app/v1/users/@other:localhost',
      404,
      '{"errcode":"M_NOT_FOUND","error":"Not known to Causeway."}',
    ],
    ['GET', `/_matrix/app/v1/rooms/${encodeURIComponent('#known:localhost')}`, 200, '{}'],
    [
      'GET',
      `/rooms/${encodeURIComponent('#other:localhost')}`,
      404,
      '{"errcode":"M_NOT_FOUND","error":"Not known to Causeway."}',
    ],
    ['POST', '/_matrix/app/v1/ping', 200, '{}'],
    ['GET', '/_matrix/app/v1/thirdparty/protocol/irc', 200, '{}'],
    ['GET', '/_matrix/app/v1/thirdparty/user?x=1', 200, '[]'],
    ['GET', '/_matrix/app/unstable/thirdparty/location/irc', 200, '[]'],
    ['GET', '/nothing', 404, '{"errcode":"M_UNRECOGNIZED","error":"Unknown path."}'],
    ['POST', `${TRANSACTIONS}/1`, 405, '{"errcode":"M_UNRECOGNIZED","error":"Wrong method."}'],
    ['GET', '/_matrix/app/v1/users/%zz', 400, '{"errcode":"M_INVALID_PARAM","error":"The path is not UTF-8."}'],
  ];
  for (const [method, path, status, body] of questions)
    test(`${method} ${path} is answered ${status}`, async () => {
      const { url } = await setup();
      const response = await fetch(url + path, { method, headers: authorized });
      assert.deepEqual([response.status, await response.text()], [status, body]);
    });
});

describe('the listener', () => {
  test('says in a sentence that its port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await waitUntil(() => taken.listening);
    const { port } = taken.address() as { port: number };
    const listener = makeListener({
      listen: { host: '127.0.0.1', port },
      hsToken: TOKEN,
      queryToken: false,
      sink: recordingSink(),
      log: recordingLog(),
      failpoint: () => undefined,
    });
    const result = await listener.listen();
    taken.close();
    assert.deepEqual(result, {
      ok: false,
      error: {
        code: 'matrix.listen',
        text: `Cannot listen on 127.0.0.1:${port} (appservice.listen): another program uses this port. Stop it (is Causeway running already?), or choose another port.`,
        retry: 'never',
        notify: 'log',
      },
    });
  });

  test('lets the transaction under way finish before it closes', async () => {
    const { url, sink, listener } = await setup();
    const store = sink.events;
    let goOn = (): void => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    let began = false;
    sink.events = async (...args) => {
      began = true;
      await gate;
      await store(...args);
    };
    const answer = put(url, JSON.stringify({ events: [message('$1')] }), { ...authorized, Connection: 'close' });
    await waitUntil(() => began);
    const closed = listener.close();
    goOn();
    assert.equal((await answer).status, 200);
    await closed;
    assert.deepEqual(sink.calls, ['push: $1']);
  });

  test('takes nothing of a small transaction that breaks off; the homeserver repeats it', async () => {
    const { port, sink, log } = await setup();
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method: 'PUT',
      path: `${TRANSACTIONS}/1`,
      headers: { ...authorized, 'Content-Length': 10_000 },
    });
    outgoing.on('error', () => undefined);
    outgoing.write(`{"events":[${JSON.stringify(message('$1'))},`, () => outgoing.destroy());
    await waitUntil(() => log.lines.some((line) => line.includes('broke off')), { what: () => log.lines });
    assert.deepEqual(sink.calls, []);
  });
});
