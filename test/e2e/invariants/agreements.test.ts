import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeSigningKey } from '../../authority/keys/jwks-server.ts';
import { type IrcUser, type MatrixUser, waitUntil } from '../../servers/people.ts';
import { everything, OUR_ISS, READ_AND_SPEAK, startTwoShards, type TwoShards } from './two-shards.ts';
import { withAccount } from './watched.ts';

const COMMONS = '#commons';
const GARDEN = '#garden';
const BOARD = '#board';
const channels = [
  { channel: COMMONS, federate: true },
  { channel: GARDEN, federate: true, guard: false },
  { channel: BOARD, federate: true, require: 'council' },
];
const US = 'localhost';
const THEM = '127.0.0.1';

describe('agreements with another shard, between two homeservers that federate', { timeout: 400_000 }, () => {
  let shards: TwoShards;
  let witness: IrcUser;
  let vera: MatrixUser;
  const members = { ada: { roles: ['council'], irc: 'home/ada' } };

  before(async () => {
    shards = await startTwoShards('agreements', members, { channels });
    vera = await shards.visitor('vera');
    // Among members, in a channel that others are kept out of.
    witness = await withAccount(shards.coop.shard.ircPort, 'ada', [COMMONS]);
    await shards.coop.until('willow', 'ada', 'invite');
    await shards.coop.enter('willow', 'ada');
    await shards.coop.opened('commons', 'restricted');
    await shards.coop.enter('commons', 'ada');
    for (const room of ['commons', 'garden', 'board'])
      await waitUntil(async () => `${await shards.acl(room)}` === US, {
        timeoutMs: 20_000,
        what: `servers of ${room}`,
      });
  });
  after(async () => {
    await witness?.quit();
    await shards?.stop();
  });

  const servers = (names: readonly string[]): Promise<unknown> =>
    waitUntil(async () => `${await shards.acl('commons')}|${await shards.acl('garden')}` === `${names}|${names}`, {
      timeoutMs: 15_000,
      what: `${names} to be the servers of both rooms`,
    });
  const heard = (text: string): Promise<unknown> =>
    witness.waitFor(({ params }) => params[1]?.includes(text) === true, { timeoutMs: 15_000, what: text });
  const wasHeard = (text: string): boolean => witness.lines.some(({ params }) => params[1]?.includes(text) === true);

  /** The authority's next word is in: this agreement stands so in the status. */
  const stands = (fits: (agreement: Record<string, unknown>) => boolean, id = 'willow-elm'): Promise<unknown> =>
    waitUntil(
      async () => {
        const { agreements = [] } = (await shards.coop.shard.status()).authority as { agreements?: { id: string }[] };
        return agreements.some((one) => one.id === id && fits(one));
      },
      { timeoutMs: 15_000, what: `the agreement ${id} to stand as it was written` },
    );

  test('invariant 33: an agreement that lacks a vote, is over or not in force admits nobody and no server', async () => {
    const grants = everything(COMMONS);
    const votes = { local: 'a', peer: 'b' };
    const wanting = [
      { state: 'proposed' },
      { decidedBy: { peer: votes.peer } },
      { decidedBy: { local: votes.local } },
      { decidedBy: {} },
      { state: 'suspended' },
      { state: 'revoked' },
      { notAfter: '2026-01-01' },
    ];
    for (const [version, what] of wanting.entries()) {
      await shards.agree([shards.agreement({ grants, version: version + 1, ...what })]);
      await stands((one) => one.version === version + 1);
      const { status, body } = await shards.post(await shards.assert(vera.userId, { agr_ver: version + 1 }));
      assert.deepEqual([status, body.error], [400, 'invalid_grant'], JSON.stringify(what));
    }
    assert.equal(await shards.standing('commons', vera.userId), 'none');
    assert.deepEqual([await shards.acl('commons'), await shards.acl('garden')], [[US], [US]]);
  });

  test('invariant 34: a peer vouches for nobody but its own', async () => {
    await shards.agree([shards.agreement({ version: 10, grants: everything(COMMONS) })]);
    await servers([THEM, US]);
    const own = shards.coop.shard.person('ada').userId;
    const stranger = await makeSigningKey('elm-1', 'EdDSA');
    const wrong: Record<string, unknown>[] = [
      { iss: 'https://id.oak.test' },
      { iss: OUR_ISS },
      { matrix: own },
      { matrix: '@vera:oak.test' },
      { aud: 'https://id.oak.test' },
      { agr: 'willow-oak' },
      { agr_ver: 9 },
    ];
    for (const claims of wrong) {
      const { status, body } = await shards.post(await shards.assert(vera.userId, { agr_ver: 10, ...claims }));
      assert.deepEqual([status, body.error], [400, 'invalid_grant'], JSON.stringify(claims));
    }
    const forged = await shards.post(await shards.assertBy(stranger, vera.userId, { agr_ver: 10 }));
    assert.equal(forged.status, 400);
    const used = await shards.assert(vera.userId, { agr_ver: 10, grants: [] });
    assert.equal((await shards.post(used)).status, 400);
    assert.equal(await shards.standing('commons', vera.userId), 'none');
    const denials = (await shards.coop.audit()).filter((entry) => entry.action === 'visitor.admit');
    assert.ok(denials.length >= wrong.length && denials.every((entry) => entry.phase === 'denied'));
  });

  test('invariant 30: a visitor has what agreement, assertion and our own rules all grant, and less as soon as less is agreed', async () => {
    const agreed = [...everything(COMMONS, BOARD), { resource: `channel:home/${GARDEN}`, actions: READ_AND_SPEAK }];
    await shards.agree([shards.agreement({ version: 11, grants: agreed })]);
    await stands((one) => one.version === 11);
    // Their home does not let them into the garden; ours lets no visitor into the board.
    const token = await shards.assert(vera.userId, { agr_ver: 11, grants: everything('#Commons', BOARD) });
    const first = await shards.post(token);
    assert.deepEqual([first.status, first.body.rooms], [200, [COMMONS]]);
    assert.equal((await shards.post(token)).status, 400, 'the same assertion counts once');
    await shards.until('commons', vera.userId, 'invite');
    const room = await shards.coop.room('commons');
    await shards.accept(vera, room);
    await shards.until('commons', vera.userId, 'join');
    await vera.send(room, 'hello from elm');
    await heard('hello from elm');
    const told = await shards.coop.command('ada', 'commons', `!causeway explain ${vera.userId} ${COMMONS}`);
    assert.match(told, /is a visitor, vera of https:\/\/id\.elm\.test, by the agreement willow-elm \(version 11\)/);
    assert.match(told, /#commons \(channel:home\/#commons\): belongs in it, speaks, power 0/);
    assert.deepEqual(
      [await shards.standing('garden', vera.userId), await shards.standing('board', vera.userId)],
      ['none', 'none'],
    );

    const readOnly = [{ resource: `channel:home/${COMMONS}`, actions: ['channel.join', 'channel.read'] }];
    await shards.agree([shards.agreement({ version: 11, grants: readOnly })]);
    await waitUntil(async () => (await shards.power('commons', vera.userId)) === -1, { what: 'vera to be silent' });
    // Her own homeserver may not have heard of it yet.
    await vera.send(room, 'not any more').catch(() => undefined);
    await shards.agree([shards.agreement({ version: 11, grants: everything(GARDEN) })]);
    await shards.until('commons', vera.userId, 'leave');
    assert.equal(await shards.standing('garden', vera.userId), 'none', 'what is agreed later does not widen a visit');
    assert.equal(wasHeard('not any more'), false);
  });

  test('invariant 31: a council member of a peer is a visitor here, and nobody gives them more power', async () => {
    await shards.agree([shards.agreement({ version: 12, grants: everything(COMMONS) })]);
    await stands((one) => one.version === 12);
    const claims = { agr_ver: 12, roles: ['council'], role: 'council', power: 100, groups: ['board'] };
    const room = await shards.comeIn(vera, 'commons', claims);
    assert.equal(await shards.power('commons', vera.userId), 0);
    assert.equal(await shards.standing('board', vera.userId), 'none');
    const levels = await shards.coop.shard.bot().state(room, 'm.room.power_levels');
    const users = { ...(levels.users as Record<string, number>), [vera.userId]: 50 };
    for (const who of [shards.coop.shard.person('ada'), vera])
      await assert.rejects(who.setState(room, 'm.room.power_levels', '', { ...levels, users }), /M_FORBIDDEN/);
    // Whoever has the bot's own token could; the next look takes it back.
    await shards.coop.shard.bot().setState(room, 'm.room.power_levels', '', { ...levels, users });
    assert.equal(await shards.power('commons', vera.userId), 50);
    // A look rests on the events that the homeserver has shown by then, so that one may come too early.
    const visitsAgain = async (): Promise<boolean> => {
      assert.equal((await shards.post(await shards.assert(vera.userId, claims))).status, 200);
      const isTaken = async (): Promise<boolean> => (await shards.power('commons', vera.userId)) === 0;
      return waitUntil(isTaken, { timeoutMs: 3_000 }).catch(() => false);
    };
    await waitUntil(visitsAgain, { timeoutMs: 15_000, what: 'the power to be taken back' });
  });

  test('invariant 32: an agreement that ends shuts servers out before people, many at once too; other grounds stay; nothing comes back', async () => {
    const sam = await shards.visitor('sam');
    const own = { sam: { matrix: sam.userId } };
    const grants = everything(COMMONS);
    const first = shards.agreement({ version: 20, grants });
    const second = shards.agreement({ id: 'willow-elm-2', version: 1, grants });
    await shards.agree([first, second], own);
    await stands((one) => one.version === 20);
    const crowd = await Promise.all(Array.from({ length: 7 }, (_, at) => shards.visitor(`guest${at}`)));
    for (const guest of crowd) await shards.comeIn(guest, 'commons', { agr_ver: 20 });
    const room = await shards.comeIn(vera, 'commons', { agr_ver: 20 });
    assert.equal(
      (await shards.post(await shards.assert(vera.userId, { agr: 'willow-elm-2', agr_ver: 1 }))).status,
      200,
    );
    await shards.until('willow', sam.userId, 'invite').catch(() => undefined);
    await shards.coop.shard.bot().invite(room, sam.userId);
    await shards.accept(sam, room);
    await vera.send(room, 'before the end');
    await heard('before the end');

    // Seven lose their only ground at once, and nobody is asked whether that is meant.
    await shards.agree([{ ...first, state: 'revoked', endedBy: 'willow-vote-9' }, second], own);
    for (const guest of crowd) await shards.until('commons', guest.userId, 'leave');
    assert.equal(await shards.standing('commons', vera.userId), 'join', 'a second agreement is another ground');
    assert.equal(await shards.standing('commons', sam.userId), 'join', 'so is a seat');
    assert.deepEqual(await shards.acl('commons'), [THEM, US]);
    assert.deepEqual((await shards.coop.authority()).heldPlans, []);

    const since = shards.coop.mark();
    const ended = [
      { ...first, state: 'revoked' },
      { ...second, state: 'revoked', endedBy: 'willow-vote-10' },
    ];
    await shards.agree(ended, own);
    await shards.until('commons', vera.userId, 'leave');
    const order = shards.coop.writes(since).flatMap((write) => /server_acl|kick/.exec(write) ?? []);
    assert.equal(order.lastIndexOf('server_acl') < order.indexOf('kick'), true, `${order}`);
    await servers([US]);
    assert.equal(await shards.standing('commons', sam.userId), 'join');
    await vera.send(room, 'after the end').catch(() => undefined);
    await sam.send(room, 'after the end').catch(() => undefined);
    const bot = shards.coop.shard.bot();
    const bodies = async () => (await bot.history(room)).map(({ content }) => String(content.body));
    await waitUntil(async () => (await bodies()).some((body) => body.includes('willow-vote-10')), {
      timeoutMs: 15_000,
      what: 'the notice that names the decision',
    });

    // Agreed anew: the server may come, and nobody is back by that.
    await shards.agree([{ ...first, version: 21 }, ended[1] ?? {}], own);
    await servers([THEM, US]);
    await shards.coop.lookedThrough(shards.coop.mark(), []);
    assert.equal(await shards.standing('commons', vera.userId), 'leave');
    assert.equal((await shards.post(await shards.assert(vera.userId, { agr_ver: 20 }))).status, 400);
    const said = await bodies();
    assert.ok(said.includes('before the end') && !said.includes('after the end'));
    assert.equal(wasHeard('after the end'), false);
    await shards.comeIn(vera, 'commons', { agr_ver: 21 });
  });

  test('invariants 32 and 37: after a restart with the authority down the servers are those of before, and visits end by the clock', async () => {
    const nowSec = Math.floor(Date.now() / 1000);
    const renewed = await shards.assert(vera.userId, { agr_ver: 21, iat: nowSec, exp: nowSec + 20 });
    assert.equal((await shards.post(renewed)).status, 200);
    await shards.coop.scribble('members: [');
    await shards.coop.untilProblem((problem) => problem?.includes('mistake') === true);
    await shards.coop.shard.restartBridge();
    await shards.coop.lookedThrough(shards.coop.mark(), []);
    assert.deepEqual(await shards.acl('commons'), [THEM, US]);
    assert.equal(await shards.standing('commons', vera.userId), 'join');
    assert.equal((await shards.post(await shards.assert(vera.userId, { agr_ver: 21 }))).status, 503);
    await waitUntil(async () => (await shards.standing('commons', vera.userId)) === 'leave', {
      timeoutMs: 40_000,
      what: 'the visit to end by the clock',
    });
    await shards.agree([shards.agreement({ version: 22, grants: everything(COMMONS) })]);
    await stands((one) => one.version === 22);
  });

  test('said to the bot in private, an assertion lets in whom it names, and is nowhere afterwards (invariant 30)', async () => {
    const bot = shards.coop.shard.bot();
    // As clients make a room for two: whoever is invited with it has the same power.
    const invite = [bot.userId];
    const room = await vera.createRoom({ preset: 'trusted_private_chat', is_direct: true, invite });
    const isGreeting = ({ sender, content }: { sender: string; content: Readonly<Record<string, unknown>> }): boolean =>
      sender === bot.userId && `${content.body}`.includes('nobody else reads along');
    await vera.waitFor(isGreeting, { timeoutMs: 30_000, what: 'the bot to come' });
    const answer = async (text: string): Promise<string> => {
      const from = vera.events.length;
      await vera.send(room, text);
      const said = await vera.waitFor(({ sender, type }) => sender === bot.userId && type === 'm.room.message', {
        from,
        timeoutMs: 20_000,
        what: `an answer to ${text.slice(0, 20)}`,
      });
      return String(said.content.body);
    };
    const ofOther = await shards.assert('@sam:127.0.0.1:1', { agr_ver: 22 });
    assert.match(await answer(`!causeway visit ${ofOther}`), /You are not let in/);
    const token = await shards.assert(vera.userId, { agr_ver: 22 });
    assert.match(await answer(`!causeway visit ${token}`), /Welcome.*willow-elm.*#commons/);
    await shards.until('commons', vera.userId, 'invite');
    const secret = token.split('.')[2] ?? '';
    for (const file of await readdir(shards.coop.shard.dir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.parentPath.includes('dendrite')) continue;
      // A file that is being replaced may be gone by now.
      const text = await readFile(join(file.parentPath, file.name), 'latin1').catch(() => '');
      assert.equal(text.includes(secret), false, `${file.name} holds the assertion`);
    }
    const isRedaction = ({ type, sender }: { type: string; sender: string }): boolean =>
      type === 'm.room.redaction' && sender === bot.userId;
    await vera.waitFor(isRedaction, { timeoutMs: 15_000, what: 'the message to be redacted' });
    assert.equal(JSON.stringify(await vera.history(room)).includes(secret), false);
  });

  test('invariant 35: a flood of assertions that count for nothing does not hold up the end of the agreement', async () => {
    await shards.accept(vera, await shards.coop.room('commons'));
    await shards.until('commons', vera.userId, 'join');
    const flood = new AbortController();
    const nonsense = await shards.assert(vera.userId, { agr_ver: 22, aud: 'https://id.oak.test' });
    const flooding = Array.from({ length: 8 }, async () => {
      while (!flood.signal.aborted) await shards.post(nonsense).catch(() => undefined);
    });
    const beganMs = performance.now();
    await shards.agree([shards.agreement({ version: 22, grants: everything(COMMONS), state: 'revoked' })]);
    await shards.until('commons', vera.userId, 'leave');
    const tookMs = performance.now() - beganMs;
    flood.abort();
    await Promise.all(flooding);
    assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
    assert.deepEqual(await shards.acl('commons'), [US]);
  });
});
