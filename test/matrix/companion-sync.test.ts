import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, describe, test } from 'node:test';
import { backOffMs, type CompanionSync, makeCompanionSync } from '../../src/matrix/companion-sync.ts';
import { waitUntil } from '../servers/people.ts';
import { clock, message, recordingLog, recordingSink } from './support.ts';

const BOT = '@bot:localhost';
const ends: (() => Promise<unknown>)[] = [];
after(() => Promise.all(ends.map((end) => end())));

type Answer = (response: ServerResponse, url: URL) => void;

/** A homeserver that answers the polls by a script, and holds those after it. */
async function setup(script: Answer[], since?: string, lastPushMs?: () => number) {
  const asked: URL[] = [];
  const authorizations = new Set<string | undefined>();
  const left = [...script];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(url);
    authorizations.add(request.headers.authorization);
    left.shift()?.(response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink = recordingSink();
  sink.cursor = since;
  const log = recordingLog();
  const waitsMs: number[] = [];
  const { port } = server.address() as { port: number };
  const sync: CompanionSync = makeCompanionSync({
    url: `http://127.0.0.1:${port}`,
    token: 'as-secret',
    botId: BOT,
    sink,
    log,
    // Long waits pass at once: what is tested is the order of things.
    clock: {
      ...clock,
      after: (delayMs, run) => {
        waitsMs.push(delayMs);
        return clock.after(Math.min(delayMs, 20), run);
      },
    },
    ...(lastPushMs === undefined ? {} : { lastPushMs }),
    getCursor: async () => sink.cursor,
    hold: { forMs: 300, marginMs: 300 },
  });
  ends.push(async () => {
    await sync.close();
    server.closeAllConnections();
    server.close();
  });
  sync.start();
  const done = () =>
    waitUntil(() => asked.length > script.length, { what: () => [asked.length, sink.calls, log.lines] });
  return { sink, log, asked, authorizations, waitsMs, sync, done };
}

const say =
  (nextBatch: string, events?: unknown[], timeline: object = {}): Answer =>
  (response) => {
    const rooms =
      events === undefined ? {} : { rooms: { join: { '!r:localhost': { timeline: { events, ...timeline } } } } };
    response.end(JSON.stringify({ next_batch: nextBatch, ...rooms }));
  };
const status =
  (code: number, body: object = {}): Answer =>
  (response) => {
    response.statusCode = code;
    response.end(JSON.stringify(body));
  };
const hangUp: Answer = (response) => response.socket?.resetAndDestroy();

describe("the bot's own /sync", () => {
  test('begins, the first time, with where we are and mirrors nothing that was said before', async () => {
    const { sink, asked, done } = await setup([say('s1', [message('$old')]), say('s2', [message('$1')])]);
    await done();
    assert.deepEqual(sink.calls, ['sync:  @s1', 'sync: $1 @s2']);
    assert.deepEqual(
      asked.map((url) => url.searchParams.get('since')),
      [null, 's1', 's2'],
    );
  });

  test('asks as the bot, with the token in the header only', async () => {
    const { asked, authorizations, done } = await setup([say('s1')]);
    await done();
    assert.deepEqual([...authorizations], ['Bearer as-secret']);
    for (const url of asked) {
      assert.equal(url.searchParams.get('user_id'), BOT);
      assert.doesNotMatch(url.href, /as-secret/);
    }
  });

  test('goes on where an earlier process stopped, and has the rooms read back', async () => {
    const { sink, asked, done } = await setup([say('s8', [message('$1')])], 's7');
    await done();
    assert.deepEqual(sink.calls, ['interrupted sync: Causeway was away', 'sync: $1 @s8']);
    assert.equal(asked[0]?.searchParams.get('since'), 's7');
    assert.equal(asked[0]?.searchParams.get('timeout'), '0');
    assert.equal(asked[1]?.searchParams.get('timeout'), '300');
  });

  test('stores before it asks on, and again until the store is there', async () => {
    let letGo = (): void => undefined;
    const { sink, asked, log } = await setup([
      say('s1'),
      (response, url) => {
        letGo = () => say('s2', [message('$1')])(response, url);
      },
    ]);
    await waitUntil(() => asked.length === 2);
    sink.away = true;
    letGo();
    await waitUntil(() => log.lines.some((line) => line.includes('database is away')));
    assert.equal(asked.length, 2);
    sink.away = false;
    await waitUntil(() => asked.length === 3);
    assert.deepEqual(sink.calls, ['sync:  @s1', 'sync: $1 @s2']);
  });

  for (const [when, pushedAgoMs, waits] of [
    ['polls on at once where nothing is pushed', 60_000, []],
    ['lets talk gather between two polls while it is pushed, too', 5, [200, 200]],
  ] as const)
    test(when, async () => {
      const { sink, waitsMs, done } = await setup(
        [say('s1'), say('s2', [message('$1')]), say('s3', [message('$2')])],
        undefined,
        () => Date.now() - pushedAgoMs,
      );
      await done();
      assert.deepEqual([sink.calls, waitsMs], [['sync:  @s1', 'sync: $1 @s2', 'sync: $2 @s3'], waits]);
    });

  test('calls a failed poll an interruption, at once and when the homeserver answers again', async () => {
    const { sink, asked, done } = await setup([say('s1'), hangUp, status(502), say('s2', [message('$1')])]);
    await done();
    assert.deepEqual(sink.calls, [
      'sync:  @s1',
      'interrupted sync: ECONNRESET',
      'interrupted sync: The homeserver answers again after: ECONNRESET',
      'sync: $1 @s2',
    ]);
    assert.deepEqual(
      asked.map((url) => url.searchParams.get('since')),
      [null, 's1', 's1', 's1', 's2'],
    );
  });

  test('notices a homeserver that holds a poll longer than it was asked to', async () => {
    const hold: Answer = () => undefined;
    const { sink } = await setup([say('s1'), hold]);
    await waitUntil(() => sink.calls.length > 1, { timeoutMs: 15_000, what: () => sink.calls });
    assert.deepEqual(sink.calls, ['sync:  @s1', 'interrupted sync: no answer in time']);
  });

  test('calls a connection that was closed between two polls an interruption', async () => {
    let letGo = (): void => undefined;
    let isClosed = false;
    const { sink, asked, log } = await setup([
      say('s1'),
      (response, url) => {
        letGo = () => say('s2')(response, url);
        const { socket } = response;
        socket?.once('close', () => {
          isClosed = true;
        });
        response.once('finish', () => setImmediate(() => socket?.destroy()));
      },
      say('s3'),
    ]);
    await waitUntil(() => asked.length === 2);
    sink.away = true;
    letGo();
    await waitUntil(() => isClosed && log.lines.some((line) => line.includes('database is away')));
    sink.away = false;
    await waitUntil(() => sink.cursor === 's3', { what: () => sink.calls });
    assert.deepEqual(sink.calls, [
      'sync:  @s1',
      'sync:  @s2',
      'interrupted sync: The homeserver closed the connection',
      'sync:  @s3',
    ]);
  });

  test('does not mind a server that closes each connection and says so', async () => {
    const closing =
      (nextBatch: string): Answer =>
      (response, url) => {
        response.setHeader('Connection', 'close');
        say(nextBatch)(response, url);
      };
    const { sink, done } = await setup([closing('s1'), closing('s2'), closing('s3')]);
    await done();
    assert.deepEqual(sink.calls, ['sync:  @s1', 'sync:  @s2', 'sync:  @s3']);
  });

  test('waits when asked to slow down, which is no interruption', async () => {
    const { sink, done } = await setup([say('s1'), status(429, { retry_after_ms: 100 }), say('s2')]);
    await done();
    assert.deepEqual(sink.calls, ['sync:  @s1', 'sync:  @s2']);
  });

  test('has the rooms read back when a timeline was cut', async () => {
    const { sink, done } = await setup([say('s1'), say('s2', [message('$9')], { limited: true })]);
    await done();
    assert.deepEqual(sink.calls, ['sync:  @s1', 'interrupted sync: /sync left out part of 1 rooms', 'sync: $9 @s2']);
  });

  test('takes a new position when the homeserver does not know ours', async () => {
    const { sink, asked, done } = await setup([status(400), say('s1'), say('s2')], 'gone');
    await done();
    assert.deepEqual(
      asked.map((url) => url.searchParams.get('since')),
      ['gone', null, 's1', 's2'],
    );
    assert.deepEqual(sink.calls, [
      'interrupted sync: Causeway was away',
      'interrupted sync: The homeserver answers again after: The homeserver does not know the position any more',
      'sync:  @s1',
      'sync:  @s2',
    ]);
  });

  test('tells invitations and typing', async () => {
    const { sink, done } = await setup([
      say('s1'),
      (response) => {
        const invitation = { type: 'm.room.member', state_key: BOT, sender: '@a:localhost' };
        const typing = { type: 'm.typing', content: { user_ids: ['@a:localhost'] } };
        const rooms = {
          invite: { '!i:localhost': { invite_state: { events: [invitation] } } },
          join: { '!r:localhost': { ephemeral: { events: [typing] } } },
        };
        response.end(JSON.stringify({ next_batch: 's2', rooms }));
      },
    ]);
    await done();
    assert.deepEqual(sink.calls, [
      'sync:  @s1',
      'sync:  @s2',
      'invited @bot:localhost to !i:localhost by @a:localhost',
      'typing !r:localhost: @a:localhost',
    ]);
  });

  for (const [what, answer] of [
    ['not JSON', (response: ServerResponse) => void response.end('<html>')],
    ['of another kind', (response: ServerResponse) => void response.end('[]')],
    ['a refusal of our token', status(401, { errcode: 'M_UNKNOWN_TOKEN' })],
  ] as const)
    test(`goes on after an answer that is ${what}`, async () => {
      const { sink, done } = await setup([say('s1'), answer, say('s2')]);
      await done();
      assert.equal(sink.cursor, 's2');
    });

  test('ends at once when it is closed, even in the middle of a poll', async () => {
    const { sync, asked, done, sink } = await setup([say('s1')]);
    await done();
    await sync.close();
    assert.equal(asked.length, 2);
    assert.deepEqual(sink.calls, ['sync:  @s1']);
  });

  test('never writes its token into the log', async () => {
    const { log, done } = await setup([say('s1'), hangUp, status(401), say('s2')]);
    await done();
    assert.ok(log.lines.length > 0);
    assert.doesNotMatch(log.lines.join(), /as-secret/);
  });
});

test('the wait between failed polls grows from a fraction of a second to five seconds', () => {
  assert.deepEqual(
    [1, 2, 3, 6, 20].map((failures) => [backOffMs(failures, 0), backOffMs(failures, 1)].map(Math.round)),
    [
      [150, 200],
      [225, 300],
      [338, 450],
      [1139, 1519],
      [3750, 5000],
    ],
  );
});
