import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matrixToNetwork } from '../../../src/core/convert/matrix-to-network.ts';
import { networkToMatrix } from '../../../src/core/convert/network-to-matrix.ts';
import type { MatrixEvent, NetworkInvite, NetworkQuiet, NetworkWalls } from '../../../src/core/events.ts';
import { asNetworkId, keyFromLine } from '../../../src/core/ids.ts';

const NETWORK = asNetworkId('home');
const GHOST = '@_causeway_home_ann:s';
const base = { network: NETWORK, channel: '#c', key: keyFromLine('e', 1), timeMs: 0, replayed: false };
const view = {
  room: '!r',
  fold: (name: string) => name.toLowerCase(),
  voucher: { trust: 'network', isMember: () => false },
} as unknown as Parameters<typeof networkToMatrix>[1];

const inRoom = (type: string, content: object, more: Partial<MatrixEvent> = {}) =>
  matrixToNetwork(
    {
      event_id: '$e',
      room_id: '!r',
      sender: '@alice:s',
      type,
      content: content as MatrixEvent['content'],
      origin_server_ts: 0,
      state_key: '',
      ...more,
    },
    {
      network: NETWORK,
      channel: '#c',
      isOurs: (userId) => userId.startsWith('@_causeway_'),
      ghostOf: (userId) =>
        userId === GHOST ? { network: NETWORK, subject: { kind: 'account', name: 'ann' } } : undefined,
    },
  ).map(({ effect }) => effect);

const MODES = {
  moderated: true,
  topicLocked: true,
  users: ['@bob:s'],
  others: [{ nick: 'Ann', account: 'ann' }, { nick: 'Ben' }],
};

describe('modes of a channel', () => {
  const walls = (event: Partial<NetworkWalls>, more: object = {}) =>
    networkToMatrix({ ...base, kind: 'walls', walls: [], ...event }, { ...view, ...more }).map(({ effect }) => effect);

  test('are what the room is brought to, people by their ghosts; that it is moderated is said once', () => {
    const door = {
      op: 'matrix.door',
      room: '!r',
      open: true,
      rules: {
        moderated: true,
        topicLocked: true,
        users: ['@bob:s'],
        subjects: [
          { kind: 'account', name: 'ann' },
          { kind: 'nick', name: 'ben' },
        ],
      },
    };
    const body = '#c is moderated now: only those whom its operators gave a voice there can speak.';
    const notice = { op: 'matrix.notice', room: '!r', body, cause: body };
    assert.deepEqual(walls({ rules: MODES }), [door, notice]);
    assert.deepEqual(walls({ rules: MODES }, { wasModerated: true }), [door]);
  });

  test('that hold no longer are said to be so', () => {
    const rules = { ...MODES, moderated: false, users: [], others: [] };
    assert.deepEqual(walls({ rules }, { wasModerated: true }).at(-1), {
      op: 'matrix.notice',
      room: '!r',
      body: 'Everybody may speak in #c again.',
      cause: 'Everybody may speak in #c again.',
    });
  });

  test('say nothing of a door that somebody else keeps', () =>
    assert.deepEqual(walls({ walls: ['invited'] }, { doorIsKept: true }), [
      { op: 'matrix.door', room: '!r', open: false },
    ]));
});

describe('what somebody makes of a room', () => {
  const change = {
    op: 'network.rules',
    network: NETWORK,
    channel: '#c',
    room: '!r',
    userId: '@alice:s',
    eventId: '$e',
  };

  test('is how it stands then', () => {
    assert.deepEqual(inRoom('m.room.power_levels', { events_default: 50, events: { 'm.room.topic': 0 } }), [
      { ...change, stance: { moderated: true, topicLocked: false } },
    ]);
    assert.deepEqual(inRoom('m.room.join_rules', { join_rule: 'invite' }), [{ ...change, stance: { closed: true } }]);
    assert.deepEqual(inRoom('m.room.join_rules', { join_rule: 'restricted' }), [
      { ...change, stance: { closed: false } },
    ]);
  });

  test('is nothing where it is no state of the room, or our own', () => {
    assert.deepEqual(inRoom('m.room.power_levels', {}, { state_key: 'x' }), []);
    assert.deepEqual(inRoom('m.room.power_levels', {}, { sender: '@_causeway_bot:s' }), []);
  });
});

describe('invitations', () => {
  const member = { membership: 'invite' };

  test('of a ghost are invitations of whom it stands for', () => {
    assert.deepEqual(inRoom('m.room.member', member, { state_key: GHOST }), [
      {
        op: 'network.invite',
        network: NETWORK,
        channel: '#c',
        room: '!r',
        userId: '@alice:s',
        subject: { kind: 'account', name: 'ann' },
        ghost: GHOST,
        eventId: '$e',
      },
    ]);
  });

  test('of people, of strangers among ghosts, and by ourselves are none', () => {
    assert.deepEqual(inRoom('m.room.member', member, { state_key: '@bob:s' }), []);
    assert.deepEqual(inRoom('m.room.member', member, { state_key: '@_causeway_far_ann:s' }), []);
    assert.deepEqual(inRoom('m.room.member', member, { state_key: GHOST, sender: '@_causeway_bot:s' }), []);
  });

  test('on the network call into the room, by whoever gave them', () => {
    const event: NetworkInvite = {
      ...base,
      kind: 'invite',
      source: { nick: 'olga', account: 'olga' },
      own: false,
      userId: '@bob:s',
      byPower: true,
    };
    const [keyed, ...others] = networkToMatrix(event, view);
    assert.deepEqual(others, []);
    assert.ok(keyed?.effect.op === 'matrix.invite');
    const { provenance, ...effect } = keyed.effect;
    assert.deepEqual(effect, { op: 'matrix.invite', room: '!r', userId: '@bob:s', letsIn: true });
    assert.equal(provenance.account, 'olga');
    assert.deepEqual(networkToMatrix({ ...event, own: true }, view), []);
  });
});

describe('somebody silenced in a channel', () => {
  const quiet = (silenced: boolean, nick = 'olga') => {
    const event: NetworkQuiet = { ...base, kind: 'quiet', source: { nick }, userId: '@bob:s', silenced };
    return networkToMatrix(event, view).map(({ effect }) => effect);
  };

  test('is told so, and when it ends', () => {
    assert.deepEqual(quiet(true), [
      {
        op: 'matrix.notice',
        room: '!r',
        to: '@bob:s',
        cause: 'silenced|@bob:s',
        body: 'olga silenced @bob:s in #c: what they write here is not said there. Operators of #c can lift that.',
      },
    ]);
    assert.deepEqual(quiet(false, ''), [
      {
        op: 'matrix.notice',
        room: '!r',
        to: '@bob:s',
        cause: 'heard|@bob:s',
        body: 'An operator lets @bob:s speak in #c again.',
      },
    ]);
  });
});
