import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { escapeLocalpart } from '../../src/core/ids.ts';
import { MatrixUser, waitUntil } from '../servers/people.ts';
import { errorOf, GHOST, makeWorld, okOf, publicRoom, roomWithGhost, SERVER, said, text } from './matrix-world.ts';

const world = await makeWorld('matrix-homeserver');
const { homeserver, dendrite } = world;
const BOT = homeserver.botId;

describe('Dendrite, asked what it is', () => {
  test('is Dendrite, and knows room versions 11 and 12', async () => {
    const probed = okOf(await homeserver.probe());
    assert.deepEqual(
      [probed.software, probed.defaultRoomVersion, probed.roomVersions.get('11'), probed.roomVersions.get('12')],
      ['Dendrite', '11', 'stable', 'stable'],
    );
    assert.deepEqual(homeserver.health, { reachable: true });
  });

  test('refuses a token that it does not know, in words that say what to do', async () => {
    const { makeHomeserver } = await import('../../src/matrix/homeserver.ts');
    const { clock } = await import('../matrix/support.ts');
    const stranger = makeHomeserver({
      url: dendrite.url,
      serverName: SERVER,
      asToken: 'another',
      botLocalpart: '_causeway_bot',
      log: world.log,
      clock,
      failpoint: () => undefined,
    });
    const probed = await stranger.probe();
    assert.ok(!probed.ok);
    assert.equal(
      probed.error.text,
      'The homeserver does not know our as_token. It has not loaded registration.yaml (or an old copy). Add it under app_service_api.config_files and restart Dendrite.',
    );
    assert.equal(stranger.health.reachable, false);
  });
});

describe('ghosts', () => {
  test('of every odd name are registered, silenced, named, join and speak', async () => {
    const room = okOf(await homeserver.createRoom(publicRoom()));
    const names = [
      '0',
      '12345',
      'Carol',
      '[a]{b}|\\^`',
      '~tilde',
      'ünï·✓',
      '_',
      '__x__',
      'a.b-c',
      '/=+',
      ' ',
      '..',
      '%2f',
      '?#&',
    ];
    for (const name of names) {
      const localpart = `_causeway_home_${escapeLocalpart(name)}`;
      const ghost = `@${localpart}:${SERVER}`;
      okOf(await homeserver.registerGhost(localpart));
      okOf(await homeserver.silence(ghost));
      okOf(await homeserver.setDisplayName(ghost, name));
      okOf(await homeserver.join(ghost, room));
      okOf(await homeserver.send(ghost, room, 'm.room.message', `odd/${name}?#`, text(name)));
      assert.equal(okOf(await homeserver.displayName(ghost)), name, name);
    }
    await waitUntil(async () => (await said(homeserver, room)).length >= names.length);
    assert.deepEqual(await said(homeserver, room), names);
    const members = okOf(await homeserver.joinedMembers(room));
    assert.deepEqual(
      members
        .filter(({ userId }) => userId !== BOT)
        .map(({ displayName }) => displayName)
        .sort(),
      [...names].sort(),
    );
  });

  test('are registered twice without harm, and many at once', async () => {
    const localparts = Array.from({ length: 60 }, (_, i) => `_causeway_home_many${i % 50}`);
    const results = await Promise.all(localparts.map((localpart) => homeserver.registerGhost(localpart)));
    assert.deepEqual(
      results.filter((result) => !result.ok),
      [],
    );
  });

  test('that were never registered are told apart from those who may not speak', async () => {
    const room = okOf(await homeserver.createRoom(publicRoom()));
    const nobody = `@_causeway_home_nobody:${SERVER}`;
    const speak = () => homeserver.send(nobody, room, 'm.room.message', `t${Math.random()}`, text('x'));
    assert.deepEqual(errorOf(await speak()), { code: 'matrix.ghost-unknown', retry: 'later' });
    okOf(await homeserver.registerGhost('_causeway_home_nobody'));
    assert.deepEqual(errorOf(await speak()), { code: 'matrix.forbidden', retry: 'never' });
  });

  test('without a profile have no name', async () => {
    assert.equal(okOf(await homeserver.displayName(`@nobody-at-all:${SERVER}`)), null);
  });
});

for (const version of ['10', '11', '12'])
  describe(`a room of version ${version}`, () => {
    test('is made with the power levels asked for, the bot included', async () => {
      const powerLevels = { users: { [BOT]: 100, [`@alice:${SERVER}`]: 50 }, invite: 50, events_default: 0 };
      const room = okOf(await homeserver.createRoom(publicRoom(version, { topic: 'Bread', powerLevels })));
      const levels = okOf(await homeserver.stateContent(room, 'm.room.power_levels', ''));
      assert.equal(levels?.invite, 50);
      assert.deepEqual(
        levels?.users,
        version === '12' ? { [`@alice:${SERVER}`]: 50 } : { [BOT]: 100, [`@alice:${SERVER}`]: 50 },
      );
      assert.deepEqual(okOf(await homeserver.stateContent(room, 'm.room.topic', ''))?.topic, 'Bread');
      assert.equal(okOf(await homeserver.stateContent(room, 'm.room.topic', 'no')), undefined);
      const types = okOf(await homeserver.state(room)).map((event) => event.type);
      assert.ok(types.includes('m.room.create') && types.includes('m.room.topic'));
    });

    test('takes messages with their own time, topics, redactions, kicks and joins again', async () => {
      const ghost = `@_causeway_home_v${version}:${SERVER}`;
      const room = await roomWithGhost(homeserver, ghost, version);
      const first = okOf(await homeserver.send(ghost, room, 'm.room.message', 'a', text('one'), 1_700_000_000_000));
      okOf(await homeserver.send(ghost, room, 'm.room.message', 'b', text('two')));
      const topic = okOf(await homeserver.sendState(BOT, room, 'm.room.topic', '', { topic: 'T' }));
      assert.equal(okOf(await homeserver.sendState(BOT, room, 'm.room.topic', '', { topic: 'T' })), topic);
      const redaction = okOf(await homeserver.redact(BOT, room, first, 'c', 'why'));
      // An answered send shows in /messages a moment later only.
      const found = async (eventId: string) =>
        okOf(await homeserver.messages(BOT, room, undefined, 50)).events.find((event) => event.event_id === eventId);
      await waitUntil(async () => (await found(redaction)) !== undefined);
      assert.equal((await found(redaction))?.redacts, first);
      const redacted = await found(first);
      assert.deepEqual([redacted?.content, redacted?.origin_server_ts], [{}, 1_700_000_000_000]);
      okOf(await homeserver.kick(BOT, room, ghost, 'out'));
      assert.deepEqual(errorOf(await homeserver.send(ghost, room, 'm.room.message', 'd', text('no'))), {
        code: 'matrix.forbidden',
        retry: 'never',
      });
      okOf(await homeserver.join(ghost, room));
      assert.deepEqual(okOf(await homeserver.joinedRooms(ghost)), [room]);
      okOf(await homeserver.leave(ghost, room, 'bye'));
      okOf(await homeserver.leave(ghost, room, 'bye'));
      okOf(await homeserver.leave(ghost, room));
      assert.deepEqual(okOf(await homeserver.joinedRooms(ghost)), []);
    });
  });

describe('an alias', () => {
  test('is made once, found, and not taken from another room', async () => {
    const alias = `#commons:${SERVER}`;
    const room = okOf(await homeserver.createRoom(publicRoom()));
    const other = okOf(await homeserver.createRoom(publicRoom('12')));
    assert.equal(okOf(await homeserver.resolveAlias(alias)), undefined);
    okOf(await homeserver.createAlias(alias, room));
    okOf(await homeserver.createAlias(alias, room));
    assert.equal(okOf(await homeserver.resolveAlias(alias)), room);
    assert.deepEqual(errorOf(await homeserver.createAlias(alias, other)), {
      code: 'matrix.alias-taken',
      retry: 'never',
    });
  });
});

describe('what Dendrite refuses', () => {
  test('in a room that it does not know, will never work', async () => {
    okOf(await homeserver.registerGhost('_causeway_home_carol'));
    const sent = await homeserver.send(GHOST, `!gone:${SERVER}`, 'm.room.message', 'x', text('x'));
    assert.deepEqual(errorOf(sent), { code: 'matrix.room-unknown', retry: 'never' });
  });

  test('because it is too large, is told to the sender', async () => {
    const room = await roomWithGhost(homeserver);
    const sent = await homeserver.send(GHOST, room, 'm.room.message', 'x', text('x'.repeat(70_000)));
    assert.ok(!sent.ok);
    assert.deepEqual([sent.error.code, sent.error.retry, sent.error.notify], ['matrix.too-large', 'never', 'sender']);
  });

  test('because the room is restricted to a Space, is a refusal and not a fault of the server', async () => {
    const space = okOf(await homeserver.createRoom(publicRoom()));
    const joinRules = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] };
    const room = okOf(
      await homeserver.createRoom(
        publicRoom('11', { initialState: [{ type: 'm.room.join_rules', state_key: '', content: joinRules }] }),
      ),
    );
    const ghost = `@_causeway_home_outsider:${SERVER}`;
    okOf(await homeserver.registerGhost('_causeway_home_outsider'));
    assert.deepEqual(errorOf(await homeserver.join(ghost, room)), { code: 'matrix.forbidden', retry: 'never' });
    okOf(await homeserver.join(ghost, space));
    okOf(await homeserver.join(ghost, room));
  });

  test('because nobody invited the ghost, passes once it is invited', async () => {
    const room = okOf(await homeserver.createRoom(publicRoom('11', { preset: 'private_chat' })));
    okOf(await homeserver.registerGhost('_causeway_home_carol'));
    assert.deepEqual(errorOf(await homeserver.join(GHOST, room)), { code: 'matrix.forbidden', retry: 'never' });
    okOf(await homeserver.invite(BOT, room, GHOST));
    okOf(await homeserver.join(GHOST, room));
  });
});

describe('the pushes', () => {
  test('bring what a person says, and the answer to a wrong token is 403', async () => {
    await dendrite.register('alice', 'alice-has-a-password');
    const alice = await MatrixUser.login(dendrite.url, 'alice', 'alice-has-a-password');
    const room = await roomWithGhost(homeserver);
    await alice.join(room);
    const eventId = await alice.send(room, 'hello');
    await waitUntil(() => world.sink.stored.some((event) => event.event_id === eventId));
    const response = await fetch(`${world.listenUrl}/_matrix/app/v1/transactions/1`, { method: 'PUT', body: '{}' });
    assert.equal(response.status, 403);
  });

  test('that could not be stored come again, with what was said meanwhile, and nothing is missing', async () => {
    const room = await roomWithGhost(homeserver);
    world.sink.away = true;
    const ids: string[] = [];
    const speak = async (body: string) => {
      ids.push(okOf(await homeserver.send(GHOST, room, 'm.room.message', `grown-${body}`, text(body))));
    };
    await speak('one');
    await waitUntil(() => world.log.lines.some((line) => line.includes('database is away')));
    await speak('two');
    world.sink.away = false;
    const arrived = () => world.sink.stored.map((event) => event.event_id).filter((id) => ids.includes(id));
    await waitUntil(() => arrived().length >= 2, { timeoutMs: 15_000 });
    assert.deepEqual(arrived(), ids);
  });

  test('of every wrong content do not stop those behind them', async () => {
    const room = await roomWithGhost(homeserver);
    const contents: object[] = [
      {},
      { msgtype: 7, body: {} },
      { body: ['x'] },
      { body: '\ud800' },
      { body: 'a\u0000b' },
    ];
    const ids: string[] = [];
    for (const content of contents) {
      const sent = await homeserver.send(GHOST, room, 'm.room.message', `odd${ids.length}`, content);
      if (sent.ok) ids.push(sent.value);
    }
    assert.ok(ids.length > 0);
    ids.push(okOf(await homeserver.send(GHOST, room, 'm.room.message', 'after', text('after'))));
    await waitUntil(() => ids.every((id) => world.sink.stored.some((event) => event.event_id === id)));
  });
});
