import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, describe, test } from 'node:test';
import { makeHomeserver } from '../../src/matrix/homeserver.ts';
import { clock, recordingLog } from './support.ts';

const BOT = '@_causeway_bot:localhost';
const GHOST = '@_causeway_home_a+b=2f:localhost';
const ends: (() => void)[] = [];
after(() => {
  for (const end of ends) end();
});

type Asked = { line: string; headers: IncomingMessage['headers']; body: string; port: number | undefined };
type Answer = { status?: number; body?: unknown; raw?: string; headers?: Record<string, string>; hangUp?: boolean };

/** A homeserver that answers by a script; the last answer for all that comes after. */
async function setup(...script: Answer[]) {
  const asked: Asked[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks = await request.toArray();
    const port = request.socket.remotePort;
    asked.push({
      line: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      port,
    });
    const answer = (script.length > 1 ? script.shift() : script[0]) ?? {};
    if (answer.hangUp) return void request.socket.resetAndDestroy();
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.raw ?? JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const log = recordingLog();
  const visited: string[] = [];
  let nowMs = 0;
  const homeserver = makeHomeserver({
    url: `http://127.0.0.1:${port}`,
    serverName: 'localhost',
    asToken: 'as-secret',
    botLocalpart: '_causeway_bot',
    log,
    // Waits pass at once, and are seen on the clock.
    clock: {
      ...clock,
      nowMs: () => nowMs,
      after: (delayMs, run) => {
        nowMs += delayMs;
        return clock.after(0, run);
      },
    },
    failpoint: (name) => visited.push(name),
  });
  return { homeserver, asked, log, visited, waited: () => nowMs, server };
}

const code = (result: { ok: boolean; error?: { code: string; retry: string } }) =>
  result.ok ? 'ok' : `${result.error?.code} ${result.error?.retry}`;

describe('a send', () => {
  test('is one PUT with everything escaped, as the ghost, with its time, the token in the header alone', async () => {
    const { homeserver, asked, visited } = await setup({ body: { event_id: '$1' } });
    const sent = await homeserver.send(GHOST, '!r/?#:localhost', 'm.room.message', 't/1?', { body: 'é' }, 1_234);
    assert.deepEqual(sent, { ok: true, value: '$1' });
    assert.deepEqual(
      asked.map(({ line, body }) => [line, body]),
      [
        [
          `PUT /_matrix/client/v3/rooms/!r%2F%3F%23%3Alocalhost/send/m.room.message/t%2F1%3F?ts=1234&user_id=${encodeURIComponent(GHOST)}`,
          '{"body":"é"}',
        ],
      ],
    );
    assert.equal(asked[0]?.headers.authorization, 'Bearer as-secret');
    assert.equal(asked[0]?.headers['content-length'], '13');
    assert.deepEqual(visited, ['after-matrix-answer']);
  });

  const outcomes: ReadonlyArray<readonly [string, Answer, string]> = [
    ['cut off', { hangUp: true }, 'matrix.answer-lost lookup'],
    ['answered 500', { status: 500, raw: 'oops' }, 'matrix.server-error lookup'],
    ['answered 504 by a proxy', { status: 504, raw: '<html>' }, 'matrix.server-error lookup'],
    ['answered 200 with a page', { raw: '<html>' }, 'matrix.answer-unreadable lookup'],
    ['answered 200 with null', { body: null }, 'matrix.answer-unreadable lookup'],
    ['answered 200 without an event id', { body: {} }, 'matrix.answer-unreadable lookup'],
    ['answered 500 with null', { status: 500, body: null }, 'matrix.server-error lookup'],
    ['limited', { status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 50 } }, 'matrix.limited later'],
    ['answered 404 by a proxy', { status: 404, raw: '404 page not found\n' }, 'matrix.not-matrix later'],
    ['answered 403 by a proxy', { status: 403, raw: '<html>' }, 'matrix.not-matrix later'],
    ['sent elsewhere by a proxy', { status: 302, headers: { Location: '/' }, raw: '' }, 'matrix.not-matrix later'],
    ['forbidden', { status: 403, body: { errcode: 'M_FORBIDDEN' } }, 'matrix.forbidden never'],
  ];
  for (const [what, answer, expected] of outcomes)
    test(`that is ${what} is never repeated, and ends as ${expected}`, async () => {
      const { homeserver, asked, visited } = await setup(answer);
      assert.equal(code(await homeserver.send(GHOST, '!r:localhost', 'm.room.message', 't', {})), expected);
      assert.equal(asked.length, 1);
      assert.deepEqual(visited, []);
    });

  test('to nobody never left', async () => {
    const { homeserver, server } = await setup({});
    server.close();
    assert.equal(code(await homeserver.send(GHOST, '!r:localhost', 'm', 't', {})), 'matrix.unreachable later');
    assert.equal(homeserver.health.reachable, false);
  });

  test('leaves no secret in the log, however it fails', async () => {
    for (const [, answer] of outcomes) {
      const { homeserver, log } = await setup(answer);
      await homeserver.send(GHOST, '!r:localhost', 'm.room.message', 't', {});
      assert.doesNotMatch(log.lines.join(), /as-secret/);
    }
  });
});

describe('what may be done twice', () => {
  test('is only tried again after a lost answer, never looked up', async () => {
    const { homeserver } = await setup({ hangUp: true });
    assert.equal(code(await homeserver.sendState(BOT, '!r:l', 'm.room.topic', '', {})), 'matrix.answer-lost later');
    assert.equal(code(await homeserver.join(GHOST, '!r:l')), 'matrix.answer-lost later');
    assert.equal(code(await homeserver.messages(BOT, '!r:l', undefined, 5)), 'matrix.answer-lost later');
    assert.equal(code(await homeserver.redact(BOT, '!r:l', '$e', 't')), 'matrix.answer-lost lookup');
  });
});

describe('a proxy that answers for a homeserver that is away', () => {
  const proxied = { status: 404, raw: '404 page not found\n' };

  test('says nothing of what there is on the homeserver', async () => {
    const { homeserver } = await setup(proxied);
    const asked = [
      homeserver.resolveAlias('#a:l'),
      homeserver.stateContent('!r:l', 'm.room.topic', ''),
      homeserver.event('!r:l', '$e'),
      homeserver.displayName('@a:l'),
      homeserver.messages(BOT, '!r:l', undefined, 5),
      homeserver.unban(BOT, '!r:l', '@a:l', ''),
    ];
    assert.deepEqual(new Set((await Promise.all(asked)).map(code)), new Set(['matrix.not-matrix later']));
  });

  test('is told of as the homeserver being away, and so is one that answers everything with a page', async () => {
    const { homeserver } = await setup(proxied, { raw: '<html>' }, { body: { joined_rooms: [] } });
    const reachable: boolean[] = [];
    for (let i = 0; i < 3; i++) {
      await homeserver.joinedRooms(BOT);
      reachable.push(homeserver.health.reachable);
    }
    assert.deepEqual(reachable, [false, false, true]);
  });
});

describe('registering a ghost', () => {
  test('asks for no device, on a connection of its own, and takes an existing one for success', async () => {
    const { homeserver, asked } = await setup({ status: 400, body: { errcode: 'M_USER_IN_USE' } });
    for (let i = 0; i < 3; i++) assert.equal(code(await homeserver.registerGhost('_causeway_home_x')), 'ok');
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
      type: 'm.login.application_service',
      username: '_causeway_home_x',
      inhibit_login: true,
    });
    assert.equal(new Set(asked.map(({ port }) => port)).size, 3);
  });

  test('waits as long as it is told when it is limited', async () => {
    const limited = { status: 429, body: { retry_after_ms: 700 } };
    const { homeserver, asked, waited } = await setup(limited, { ...limited, headers: { 'Retry-After': '2' } }, {});
    assert.equal(code(await homeserver.registerGhost('_causeway_home_x')), 'ok');
    assert.deepEqual([asked.length, waited()], [3, 2_700]);
  });

  test('leaves a long wait to who asked', async () => {
    const { homeserver, asked } = await setup({ status: 429, headers: { 'Retry-After': '60' } });
    const result = await homeserver.registerGhost('_causeway_home_x');
    assert.deepEqual(result.ok || [result.error.code, result.error.waitMs], ['matrix.limited', 60_000]);
    assert.equal(asked.length, 1);
  });
});

describe('the name of a ghost', () => {
  const about = { network: 'home', account: 'b', origin: null };

  test('goes with whom it stands for, where the homeserver has fields for that', async () => {
    const fields = { capabilities: { 'm.profile_fields': { enabled: true } } };
    const { homeserver, asked } = await setup({}, { body: fields }, {});
    for (const name of ['b (IRC)', 'bea (IRC)']) await homeserver.setDisplayName(GHOST, name, about);
    const ghost = encodeURIComponent(GHOST);
    assert.deepEqual(
      asked.map(({ line, body }) => [line.replace(/\?.*/, ''), body]),
      [
        [`PUT /_matrix/client/v3/profile/${ghost}/displayname`, '{"displayname":"b (IRC)"}'],
        ['GET /_matrix/client/v3/capabilities', ''],
        [
          `PUT /_matrix/client/v3/profile/${ghost}/coop.causeway.identity`,
          JSON.stringify({ 'coop.causeway.identity': about }),
        ],
        [`PUT /_matrix/client/v3/profile/${ghost}/displayname`, '{"displayname":"bea (IRC)"}'],
        [
          `PUT /_matrix/client/v3/profile/${ghost}/coop.causeway.identity`,
          JSON.stringify({ 'coop.causeway.identity': about }),
        ],
      ],
    );
  });

  for (const [what, capabilities] of [
    ['has none', {}],
    ['has them switched off', { 'm.profile_fields': { enabled: false } }],
    ['allows others only', { 'm.profile_fields': { enabled: true, allowed: ['m.tz'] } }],
    ['forbids this one', { 'm.profile_fields': { enabled: true, disallowed: ['coop.causeway.identity'] } }],
  ] as const)
    test(`goes alone where the homeserver ${what}, which is asked once`, async () => {
      const { homeserver, asked } = await setup({}, { body: { capabilities } }, {});
      for (const name of ['b', 'bea']) assert.equal((await homeserver.setDisplayName(GHOST, name, about)).ok, true);
      assert.equal(asked.length, 3);
    });
});

describe('a join', () => {
  const slow = { status: 202, body: { errcode: 'M_UNKNOWN', error: 'The room join will continue in the background.' } };

  test('that goes on in the background is waited for', async () => {
    const { homeserver, asked } = await setup(
      slow,
      { body: { joined_rooms: [] } },
      { body: { joined_rooms: ['!r:l'] } },
    );
    assert.equal(code(await homeserver.join(GHOST, '!r:l', ['a.example', 'b.example'])), 'ok');
    assert.match(
      asked[0]?.line ?? '',
      /join\/!r%3Al\?via=a\.example&via=b\.example&server_name=a\.example&server_name=b\.example&user_id=/,
    );
    assert.equal(asked.length, 3);
  });

  test('that goes on for ever is left to another try', async () => {
    const { homeserver, waited } = await setup(slow, { body: { joined_rooms: [] } });
    assert.equal(code(await homeserver.join(GHOST, '!r:l')), 'matrix.join-pending later');
    assert.equal(waited(), 120_000);
  });

  test('refused by a restricted room is told apart from a fault of Dendrite', async () => {
    const restricted = await setup({ status: 500, body: { Err: '' } });
    assert.equal(code(await restricted.homeserver.join(GHOST, '!r:l')), 'matrix.forbidden never');
    const broken = await setup({ status: 500, body: { errcode: 'M_UNKNOWN', error: 'Internal Server Error' } });
    assert.equal(code(await broken.homeserver.join(GHOST, '!r:l')), 'matrix.server-error later');
  });
});

describe('a room of version 12', () => {
  test('is made without its creator among the users, older ones with', async () => {
    const { homeserver, asked } = await setup({ body: { room_id: '!r' } });
    const wish = {
      name: 'R',
      preset: 'public_chat',
      initialState: [],
      powerLevels: { users: { [BOT]: 100, '@a:l': 50 }, ban: 50 },
    } as const;
    for (const roomVersion of ['11', '12']) await homeserver.createRoom({ ...wish, roomVersion });
    assert.deepEqual(
      asked.map(({ body }) => JSON.parse(body).power_level_content_override),
      [
        { users: { [BOT]: 100, '@a:l': 50 }, ban: 50 },
        { users: { '@a:l': 50 }, ban: 50 },
      ],
    );
  });

  test('has a first event like no other, since that is what its id is made of', async () => {
    const { homeserver, asked } = await setup({ body: { room_id: '!r' } });
    const wish = { name: 'R', preset: 'public_chat', roomVersion: '12', initialState: [], powerLevels: {} } as const;
    for (let i = 0; i < 3; i++) await homeserver.createRoom(wish);
    assert.equal(new Set(asked.map(({ body }) => JSON.stringify(JSON.parse(body).creation_content))).size, 3);
  });
});

describe('what a homeserver answers', () => {
  test('is taken as far as it is right', async () => {
    const odd = await setup({ body: { chunk: [3, { event_id: '$1', sender: '@a:l', type: 't' }], end: '' } });
    assert.deepEqual(await odd.homeserver.messages(BOT, '!r:l', undefined, 9), {
      ok: true,
      value: {
        events: [{ event_id: '$1', room_id: '!r:l', sender: '@a:l', type: 't', content: {}, origin_server_ts: 0 }],
      },
    });
    const members = await setup({
      body: { joined: { '@a:l': { display_name: 'A' }, '@b:l': 4, '@c:l': { display_name: '' } } },
    });
    assert.deepEqual(await members.homeserver.joinedMembers('!r:l'), {
      ok: true,
      value: [
        { userId: '@a:l', displayName: 'A' },
        { userId: '@b:l', displayName: null },
        { userId: '@c:l', displayName: null },
      ],
    });
  });
});

describe('what is done about somebody’s membership', () => {
  const R = '!r:l';
  const A = '@a:l';
  const is = (membership: string) => ({ body: { membership } });
  const no = { status: 403, body: { errcode: 'M_FORBIDDEN' } };
  type Do = (homeserver: Awaited<ReturnType<typeof setup>>['homeserver']) => Promise<{ ok: boolean }>;
  const kick: Do = (homeserver) => homeserver.kick(BOT, R, A, 'why');
  const ban: Do = (homeserver) => homeserver.ban(BOT, R, A, 'why');
  const unban: Do = (homeserver) => homeserver.unban(BOT, R, A, 'why');
  const reject: Do = (homeserver) => homeserver.rejectKnock(BOT, R, A, 'why');
  const KICK = 'POST kick {"user_id":"@a:l","reason":"why"}';
  const LOOK = 'GET state/m.room.member/%40a%3Al ';
  const WRITE = 'PUT state/m.room.member/%40a%3Al ';
  const LEAVE = `${WRITE}{"membership":"leave","reason":"why"}`;
  const UNBAN = KICK.replace('kick', 'unban');
  const FAULT = { status: 500, raw: '' };

  const CASES: ReadonlyArray<readonly [what: string, run: Do, script: Answer[], asked: string[], ends: string]> = [
    ['a kick is one request', kick, [{}], [KICK], 'ok'],
    ['a kick of somebody who left is done', kick, [no, is('leave')], [KICK, LOOK], 'ok'],
    [
      'a kick of somebody unheard of is done',
      kick,
      [no, { status: 404, body: { errcode: 'M_NOT_FOUND' } }],
      [KICK, LOOK],
      'ok',
    ],
    ['a kick that we may not do is refused', kick, [no, is('join')], [KICK, LOOK], 'matrix.forbidden never'],
    ['a kick that failed is not taken for done', kick, [FAULT, is('join')], [KICK, LOOK], 'matrix.server-error later'],
    ['a kick that never arrived is not looked after', kick, [{ hangUp: true }], [KICK], 'matrix.answer-lost later'],
    [
      'an invitation that /kick fails at is withdrawn by a state',
      kick,
      [FAULT, is('invite'), {}],
      [KICK, LOOK, LEAVE],
      'ok',
    ],
    ['a ban that /unban fails at is lifted by a state', unban, [is('ban'), FAULT, {}], [LOOK, UNBAN, LEAVE], 'ok'],
    ['a ban is a state', ban, [{}], [`${WRITE}{"membership":"ban","reason":"why"}`], 'ok'],
    ['a ban is lifted by its own call', unban, [is('ban'), {}], [LOOK, UNBAN], 'ok'],
    ['a ban that is none is not lifted', unban, [is('join')], [LOOK], 'ok'],
    ['a ban that cannot be looked at is not lifted', unban, [{ status: 502 }], [LOOK], 'matrix.server-error later'],
    ['a knock is refused by a state', reject, [is('knock'), {}], [LOOK, LEAVE], 'ok'],
    ['nobody who was let in meanwhile is thrown out by that', reject, [is('join')], [LOOK], 'ok'],
  ];
  for (const [what, run, script, requests, ends] of CASES)
    test(what, async () => {
      const { homeserver, asked } = await setup(...script);
      assert.equal(code(await run(homeserver)), ends);
      const short = asked.map(({ line, body }) => {
        const [method, path = ''] = line.split(' ');
        return `${method} ${path.replace('/_matrix/client/v3/rooms/!r%3Al/', '').replace(/\?.*/, '')} ${body}`;
      });
      assert.deepEqual(short, requests);
    });
});

describe('a room', () => {
  test('is made as a Space, closed to others and on no list, where that is asked for', async () => {
    const { homeserver, asked } = await setup({ body: { room_id: '!r' } });
    const wish = { name: 'R', preset: 'private_chat', roomVersion: '11', initialState: [], powerLevels: {} } as const;
    await homeserver.createRoom({
      ...wish,
      creationContent: { type: 'm.space', 'm.federate': false },
      visibility: 'private',
    });
    const { creation_content, visibility } = JSON.parse(asked[0]?.body ?? '');
    const { 'coop.causeway.nonce': nonce, ...rest } = creation_content;
    assert.deepEqual([rest, typeof nonce, visibility], [{ type: 'm.space', 'm.federate': false }, 'string', 'private']);
  });

  test('is put on the list of rooms and taken from it', async () => {
    const { homeserver, asked } = await setup({ body: { visibility: 'public' } }, {});
    assert.deepEqual(await homeserver.isPublished('!r:l'), { ok: true, value: true });
    assert.equal(code(await homeserver.publish('!r:l', false)), 'ok');
    const path = `/_matrix/client/v3/directory/list/room/!r%3Al?user_id=${encodeURIComponent(BOT)}`;
    assert.deepEqual(
      asked.map(({ line, body }) => [line, body]),
      [
        [`GET ${path}`, ''],
        [`PUT ${path}`, '{"visibility":"private"}'],
      ],
    );
  });
});
