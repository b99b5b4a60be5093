import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type ActualRoom, readRoom } from '../../src/core/room/actual-room.ts';
import { portalPowerLevels } from '../../src/core/room/portal-room.ts';
import { planPowers, READ_ONLY_MARK } from '../../src/core/room/power-plan.ts';
import type { CreateRoom } from '../../src/ports/matrix.ts';
import { MatrixRefusal, MatrixUser } from '../../src/sandbox/people/matrix-user.ts';
import { errorOf, makeWorld, okOf, SERVER } from './matrix-world.ts';

const world = await makeWorld('matrix-spaces');
const { homeserver, dendrite } = world;
const BOT = homeserver.botId;
const VERSIONS = ['10', '11', '12'];

let names = 0;
/** Somebody new, with an account of their own. */
async function person(): Promise<MatrixUser> {
  const name = `person${++names}`;
  await dendrite.register(name, `${name}-has-a-password`);
  return MatrixUser.login(dendrite.url, name, `${name}-has-a-password`);
}

const wish = (roomVersion: string, more: Partial<CreateRoom> = {}): CreateRoom => ({
  name: 'Garden',
  preset: 'private_chat',
  roomVersion,
  initialState: [],
  powerLevels: portalPowerLevels(BOT, roomVersion),
  ...more,
});
const restrictedTo = (space: string) => ({
  type: 'm.room.join_rules',
  state_key: '',
  content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
});
const make = async (roomVersion: string, more: Partial<CreateRoom> = {}) =>
  okOf(await homeserver.createRoom(wish(roomVersion, more)));
const read = async (room: string): Promise<ActualRoom> => readRoom(room, okOf(await homeserver.state(room)));
const membership = async (room: string, userId: string) => (await read(room)).members.get(userId)?.membership;
async function refused(doing: Promise<unknown>): Promise<number> {
  try {
    await doing;
  } catch (error) {
    if (error instanceof MatrixRefusal) return error.status;
    throw error;
  }
  return 200;
}

/** Writes what the plan says. @returns whether there was anything to write */
async function applyPowers(room: string, wanted: Record<string, number>, readOnly = false): Promise<boolean> {
  const plan = planPowers({
    room: await read(room),
    botId: BOT,
    wanted: new Map(Object.entries(wanted)),
    isManaged: (userId) => userId in wanted,
    readOnly,
  });
  if (plan === undefined) return false;
  okOf(await homeserver.sendState(BOT, room, 'm.room.power_levels', '', plan));
  return true;
}

for (const version of VERSIONS)
  describe(`in version ${version}`, () => {
    let alice: MatrixUser;
    let space: string;
    before(async () => {
      alice = await person();
      space = await make(version, { creationContent: { type: 'm.space' } });
    });

    test('the bot makes a Space, and what is read of it is what was asked for', async () => {
      const room = await read(space);
      assert.deepEqual(
        [room.isSpace, room.version, room.federate, room.joinRule.rule, [...room.creators], room.isJoined(BOT)],
        [true, Number(version), true, 'invite', [BOT], true],
      );
      assert.equal(room.powerOf(BOT), version === '12' ? Number.POSITIVE_INFINITY : 100);
      assert.equal(okOf(await homeserver.isPublished(space)), false);
    });

    test('who is in the Space enters its room, and nobody else does', async () => {
      const room = await make(version, { initialState: [restrictedTo(space)] });
      const outsider = await person();
      assert.equal(await refused(outsider.join(room)), 500);
      assert.notEqual(await refused(alice.join(room)), 200);
      okOf(await homeserver.invite(BOT, space, alice.userId));
      await alice.join(space);
      await alice.join(room);
      assert.equal(await membership(room, alice.userId), 'join');
      assert.equal(await refused(outsider.join(room)), 500);
    });

    test('who is put out of the Space stays in its room, until put out there, and does not come in again (invariant 15)', async () => {
      const bob = await person();
      const room = await make(version, { initialState: [restrictedTo(space)] });
      okOf(await homeserver.invite(BOT, space, bob.userId));
      await bob.join(space);
      await bob.join(room);
      okOf(await homeserver.kick(BOT, space, bob.userId, 'suspended'));
      assert.equal(await membership(room, bob.userId), 'join');
      okOf(await homeserver.kick(BOT, room, bob.userId, 'suspended'));
      okOf(await homeserver.kick(BOT, room, bob.userId, 'suspended'));
      assert.equal(await refused(bob.join(room)), 500);
      assert.equal(await membership(room, bob.userId), 'leave');
    });

    test('a ban keeps out, is repeated without harm, and is lifted without letting anybody in', async () => {
      const carl = await person();
      const room = await make(version);
      okOf(await homeserver.invite(BOT, room, carl.userId));
      okOf(await homeserver.ban(BOT, room, carl.userId, 'expelled'));
      okOf(await homeserver.ban(BOT, room, carl.userId, 'expelled'));
      assert.equal(await membership(room, carl.userId), 'ban');
      assert.deepEqual(errorOf(await homeserver.invite(BOT, room, carl.userId)), {
        code: 'matrix.forbidden',
        retry: 'never',
      });
      assert.notEqual(await refused(carl.join(room)), 200);
      okOf(await homeserver.unban(BOT, room, carl.userId, 'readmitted'));
      assert.equal(await membership(room, carl.userId), 'leave');
      assert.notEqual(await refused(carl.join(room)), 200);
      okOf(await homeserver.invite(BOT, room, carl.userId));
      okOf(await homeserver.unban(BOT, room, carl.userId, 'readmitted'));
      assert.equal(await membership(room, carl.userId), 'invite');
      await carl.join(room);
      okOf(await homeserver.unban(BOT, room, carl.userId, 'readmitted'));
      assert.equal(await membership(room, carl.userId), 'join');
      // Somebody who never was there can be banned, and nothing is lifted from somebody unknown.
      const stranger = `@stranger-${version}:${SERVER}`;
      okOf(await homeserver.unban(BOT, room, stranger, 'nothing'));
      okOf(await homeserver.ban(BOT, room, stranger, 'expelled'));
      assert.equal(await membership(room, stranger), 'ban');
      okOf(await homeserver.unban(BOT, room, stranger, 'readmitted'));
      assert.equal(await membership(room, stranger), 'leave');
    });

    test('an invitation is withdrawn by a kick', async () => {
      const dora = await person();
      const room = await make(version);
      okOf(await homeserver.invite(BOT, room, dora.userId));
      assert.deepEqual((await read(room)).members.get(dora.userId), {
        membership: 'invite',
        displayName: null,
        sender: BOT,
      });
      okOf(await homeserver.kick(BOT, room, dora.userId, 'withdrawn'));
      assert.equal(await membership(room, dora.userId), 'leave');
      assert.notEqual(await refused(dora.join(room)), 200);
      const nobody = `@nobody-${version}:${SERVER}`;
      okOf(await homeserver.kick(BOT, room, nobody, 'never was there'));
      okOf(await homeserver.invite(BOT, room, nobody));
      okOf(await homeserver.kick(BOT, room, nobody, 'has no account'));
      assert.equal(await membership(room, nobody), 'leave');
    });

    test('−1 reads and cannot speak, and everything comes back with one write (invariant 19)', async () => {
      const emma = await person();
      const room = await make(version, { preset: 'public_chat' });
      await emma.join(room);
      await emma.send(room, 'before');
      assert.equal(await applyPowers(room, { [emma.userId]: -1 }), true);
      assert.equal(await applyPowers(room, { [emma.userId]: -1 }), false);
      assert.equal(await refused(emma.send(room, 'meanwhile')), 403);
      assert.equal(await refused(emma.request('GET', `/v3/rooms/${encodeURIComponent(room)}/messages?dir=b`)), 200);
      assert.equal(await applyPowers(room, { [emma.userId]: 0 }), true);
      await emma.send(room, 'after');
    });

    test('somebody with power is demoted, and without power cannot do what they could (invariants 17, 18)', async () => {
      const fred = await person();
      const room = await make(version, { preset: 'public_chat' });
      await fred.join(room);
      await applyPowers(room, { [fred.userId]: 100 });
      assert.equal((await read(room)).powerOf(fred.userId), 75);
      await fred.setState(room, 'm.room.topic', '', { topic: 'mine' });
      assert.equal(
        await refused(fred.setState(room, 'm.room.power_levels', '', { users: { [fred.userId]: 100 } })),
        403,
      );
      assert.equal(await refused(fred.setState(room, 'm.room.server_acl', '', { allow: ['*'] })), 403);
      await applyPowers(room, { [fred.userId]: 0 });
      assert.equal(await refused(fred.setState(room, 'm.room.topic', '', { topic: 'mine again' })), 403);
      assert.equal(await applyPowers(room, { [fred.userId]: 0 }), false);
    });

    test('as many powers are written as an event holds', async () => {
      const room = await make(version);
      const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`@member${i}:${SERVER}`, -1]));
      assert.equal(await applyPowers(room, many), true);
      assert.equal(await applyPowers(room, many), false);
      assert.ok(Object.keys((await read(room)).powerLevels?.users ?? {}).length > 1_500);
    });

    test('in a read-only room nobody speaks but the bot, and what was before comes back', async () => {
      const gina = await person();
      const room = await make(version, { preset: 'public_chat' });
      await gina.join(room);
      await applyPowers(room, { [gina.userId]: 75 });
      const earlier = (await read(room)).powerLevels;
      assert.equal(await applyPowers(room, { [gina.userId]: 75 }, true), true);
      assert.equal(await applyPowers(room, { [gina.userId]: 75 }, true), false);
      assert.deepEqual((await read(room)).powerLevels?.[READ_ONLY_MARK], { events_default: 0, events: {} });
      assert.equal(await refused(gina.send(room, 'hello?')), 403);
      okOf(await homeserver.send(BOT, room, 'm.room.message', `r${version}`, { msgtype: 'm.notice', body: 'asleep' }));
      assert.equal(await applyPowers(room, { [gina.userId]: 75 }), true);
      await gina.send(room, 'hello');
      assert.deepEqual((await read(room)).powerLevels, earlier);
    });

    test('a room for our own homeserver alone says so for ever (invariant 37)', async () => {
      const room = await make(version, { creationContent: { 'm.federate': false } });
      assert.equal((await read(room)).federate, false);
      const create = (await read(room)).content('m.room.create') ?? {};
      okOf(await homeserver.sendState(BOT, room, 'm.room.topic', '', { topic: 'ours' }));
      assert.equal(create['m.federate'], false);
    });

    test('an access list is accepted with our mark in it, and does not lock us out (invariant 37)', async () => {
      const room = await make(version);
      const acl = { allow: [SERVER, 'elm.example'], deny: [], allow_ip_literals: false, 'coop.causeway.managed': true };
      okOf(await homeserver.sendState(BOT, room, 'm.room.server_acl', '', acl));
      assert.deepEqual((await read(room)).content('m.room.server_acl'), acl);
      okOf(
        await homeserver.send(BOT, room, 'm.room.message', `acl${version}`, { msgtype: 'm.text', body: 'still here' }),
      );
    });

    test('somebody who knocks is told no, and one who was let in meanwhile stays', async () => {
      const hugo = await person();
      const room = await make(version, {
        initialState: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
      });
      await hugo.setState(room, 'm.room.member', hugo.userId, { membership: 'knock' });
      assert.equal(await membership(room, hugo.userId), 'knock');
      okOf(await homeserver.rejectKnock(BOT, room, hugo.userId, 'no'));
      assert.equal(await membership(room, hugo.userId), 'leave');
      okOf(await homeserver.invite(BOT, room, hugo.userId));
      await hugo.join(room);
      okOf(await homeserver.rejectKnock(BOT, room, hugo.userId, 'no'));
      assert.equal(await membership(room, hugo.userId), 'join');
    });
  });

describe('the list of rooms', () => {
  test('shows a room only while it is published (invariant 36)', async () => {
    const room = await make('11', { preset: 'public_chat', visibility: 'public' });
    const listed = async (): Promise<boolean> => {
      const { chunk } = await (await person()).request('GET', '/v3/publicRooms');
      return (chunk as { room_id: string }[]).some(({ room_id }) => room_id === room);
    };
    assert.deepEqual([okOf(await homeserver.isPublished(room)), await listed()], [true, true]);
    okOf(await homeserver.publish(room, false));
    assert.deepEqual([okOf(await homeserver.isPublished(room)), await listed()], [false, false]);
    okOf(await homeserver.publish(room, true));
    assert.equal(okOf(await homeserver.isPublished(room)), true);
  });
});
