import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Result } from '../../src/core/errors.ts';
import type { ChannelGuard, Door } from '../../src/ports/network.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { type Ergo, startErgo } from '../servers/ergo.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startInspircdWithServices } from './inspircd-services.ts';

const CHANNEL = '#commons';
const alice = person('Alice');
const CLOSED: Door = { membersOnly: true, accounts: [], bannedAccounts: [] };
const dir = makeTempDir('irc-guard');

function guardOf(world: NetworkWorld): ChannelGuard {
  const { guard } = world.network as { guard?: ChannelGuard };
  assert.ok(guard !== undefined);
  return guard;
}

const mayAct = (world: NetworkWorld, expected = true) =>
  waitUntil(() => guardOf(world).mayAct(CHANNEL) === expected, { what: `mayAct to be ${expected}` });

/** The numeric with which a JOIN was refused; `in` when it was not. */
async function tries(user: IrcUser, channel = CHANNEL): Promise<string> {
  const from = user.lines.length;
  user.sendLine(`JOIN ${channel}`);
  await user.flush();
  const answer = user.lines.slice(from).find(({ command }) => /^(366|4\d\d)$/.test(command));
  return answer === undefined || answer.command === '366' ? 'in' : answer.command;
}

/** Alice's nick on IRC. */
const nickOf = (world: NetworkWorld): string => world.memory.puppets.get(alice.userId)?.nick ?? '';

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

/** Counts what the channel sees of changes at its door. */
function modeLines(user: IrcUser): number {
  return user.lines.filter(({ command, params }) => command === 'MODE' && params[0] === CHANNEL).length;
}

describe('the guard of a channel on Ergo', { timeout: 120_000 }, () => {
  let scenes = 0;

  async function scene(
    t: TestContext,
  ): Promise<{ readonly ergo: Ergo; readonly world: NetworkWorld; readonly guard: ChannelGuard }> {
    const ergo = await startErgo({ dir: join(dir, `ergo-${++scenes}`) });
    const world = new NetworkWorld({
      port: ergo.ports.irc,
      config: {
        bot: { nick: 'causeway', sasl: { mechanism: 'jwt', user: 'causeway' } },
        puppets: { sasl: { kind: 'jwt', key: ergo.jwtKey } },
      },
    });
    t.after(async () => {
      await world.network.stop('bye');
      await ergo.stop();
    });
    await world.listening();
    await mayAct(world);
    return { ergo, world, guard: guardOf(world) };
  }

  /** Somebody with an account of the name of their nick. */
  async function registered(port: number, account: string, nick = account): Promise<IrcUser> {
    const first = await IrcUser.connect({ port, nick: account });
    first.sendLine(`REGISTER * * pw-${account}`);
    await first.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS');
    await first.quit();
    return await IrcUser.connect({ port, nick, sasl: { account, password: `pw-${account}` } });
  }

  test('lets members in by account, under whatever nick, and nobody else', async (t) => {
    const { ergo, guard } = await scene(t);
    const port = ergo.ports.irc;
    const bob = await registered(port, 'bob', 'bobby');
    const stranger = await IrcUser.connect({ port, nick: 'stranger' });
    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['bob'] })), 'ok');
    assert.deepEqual([await tries(bob), await tries(stranger)], ['in', '473']);
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'bobby', account: 'bob' }]);

    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'ok');
    assert.equal(codeOf(await guard.kick(CHANNEL, 'bobby', 'no member any more')), 'ok');
    const kick = await bob.waitFor(({ command }) => command === 'KICK');
    assert.deepEqual(kick.params, [CHANNEL, 'bobby', 'no member any more']);
    assert.equal(await tries(bob), '473');
    assert.deepEqual(guard.members(CHANNEL), []);

    assert.equal(codeOf(await guard.invite(CHANNEL, 'stranger')), 'ok');
    assert.equal(await tries(stranger), 'in');
    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...CLOSED, membersOnly: false })), 'ok');
    assert.equal(await tries(bob), 'in');
  });

  test('a nick equal to a member’s is nobody (invariant 21)', async (t) => {
    const { ergo, guard } = await scene(t);
    const port = ergo.ports.irc;
    await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['bob'] });
    // Nobody has registered the account, so the server lets anybody have the nick; the door does not know it.
    const impostor = await IrcUser.connect({ port, nick: 'bob' });
    assert.equal(await tries(impostor), '473');
    await guard.setDoor(CHANNEL, { ...CLOSED, membersOnly: false });
    assert.equal(await tries(impostor), 'in');
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'bob', account: null }]);
  });

  test('an account that is not there is named, and all else is done', async (t) => {
    const { ergo, guard, world } = await scene(t);
    const bob = await registered(ergo.ports.irc, 'bob');
    const done = await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['ghostly', 'bob', 'not one'] });
    assert.deepEqual(
      done.ok ? [] : [done.error.code, /ghostly/.test(done.error.text), /not one \(no name/.test(done.error.text)],
      ['irc_door_incomplete', true, true],
    );
    assert.equal(await tries(bob), 'in');
    assert.equal(world.logged.filter((line) => line.startsWith('error')).length, 0);
  });

  test('an expelled account is banned and has no pass (invariant 19)', async (t) => {
    const { ergo, guard } = await scene(t);
    const eve = await registered(ergo.ports.irc, 'eve');
    await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['eve'] });
    assert.equal(await tries(eve), 'in');
    const door = { membersOnly: false, accounts: [], bannedAccounts: ['eve'] };
    assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    assert.equal(codeOf(await guard.kick(CHANNEL, 'eve', 'expelled')), 'ok');
    assert.equal(await tries(eve), '474');
    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...door, bannedAccounts: [] })), 'ok');
    assert.equal(await tries(eve), 'in');
  });

  test('a door that stands is not written again, and what people changed is put right (invariants 6, 9)', async (t) => {
    const { ergo, guard, world } = await scene(t);
    const port = ergo.ports.irc;
    const [bob, carol] = [await registered(port, 'bob'), await registered(port, 'carol')];
    const door: Door = { membersOnly: true, accounts: ['bob', 'carol'], bannedAccounts: ['eve'] };
    assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    assert.deepEqual([await tries(bob), await tries(carol)], ['in', 'in']);
    const before = modeLines(bob);
    for (let times = 0; times < 3; times++) assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    await bob.flush();
    assert.equal(modeLines(bob), before);

    await guard.setStatus(CHANNEL, 'carol', 'o');
    carol.sendLine(`MODE ${CHANNEL} -i+b mallory!*@*`);
    carol.sendLine(`MODE ${CHANNEL} -b eve!*@*`);
    await carol.flush();
    assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    carol.sendLine(`MODE ${CHANNEL}`);
    carol.sendLine(`MODE ${CHANNEL} +b`);
    await carol.flush();
    assert.match(carol.lines.findLast(({ command }) => command === '324')?.params[2] ?? '', /i/);
    assert.deepEqual(
      carol.lines
        .filter(({ command }) => command === '367')
        .map(({ params }) => params[2])
        .sort(),
      ['eve!*@*', 'mallory!*@*'],
    );
    assert.equal(world.logged.filter((line) => line.startsWith('warn')).length, 0);
  });

  test('gives and takes status, writing only what differs', async (t) => {
    const { ergo, guard } = await scene(t);
    const bob = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bob', channels: [CHANNEL] });
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    for (const status of ['v', 'v', 'o', 'o', 'v', '', ''] as const)
      assert.equal(codeOf(await guard.setStatus(CHANNEL, 'bob', status)), 'ok');
    await bob.flush();
    const seen = bob.lines.filter(({ command, nick }) => command === 'MODE' && nick === 'causeway');
    assert.deepEqual(
      seen.map(({ params }) => params.slice(1)),
      [
        ['+v', 'bob'],
        ['-v+o', 'bob', 'bob'],
        ['-o+v', 'bob', 'bob'],
        ['-v', 'bob'],
      ],
    );
    assert.equal(codeOf(await guard.setStatus(CHANNEL, 'nobody', 'o')), 'irc_401');
    assert.equal(codeOf(await guard.kick(CHANNEL, 'nobody', '')), 'ok');
    assert.equal(codeOf(await guard.kick(CHANNEL, 'causeway', '')), 'irc_own_connection');
  });

  test('gives no status without leave, which is asked for where something is given; takes it all the same', async (t) => {
    const { ergo, guard } = await scene(t);
    const bob = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bob', channels: [CHANNEL] });
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    const asked: string[] = [];
    for (const [status, leave] of [
      ['v', true],
      ['v', true],
      ['o', false],
      ['o', true],
      ['', false],
    ] as const) {
      const mayGive = async () => {
        asked.push(status);
        return leave;
      };
      assert.equal(codeOf(await guard.setStatus(CHANNEL, 'bob', status, mayGive)), 'ok');
    }
    await bob.flush();
    const seen = bob.lines.filter(({ command, nick }) => command === 'MODE' && nick === 'causeway');
    assert.deepEqual(
      [asked, seen.map(({ params }) => params.slice(1))],
      [
        ['v', 'o', 'o'],
        [
          ['+v', 'bob'],
          ['-v', 'bob'],
          ['+o', 'bob'],
          ['-o', 'bob'],
        ],
      ],
    );
  });

  test('gives and takes voice beside whatever else somebody holds', async (t) => {
    const { ergo, guard } = await scene(t);
    const bob = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bob', channels: [CHANNEL] });
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.equal(codeOf(await guard.setStatus(CHANNEL, 'bob', 'o')), 'ok');
    for (const has of [true, true, false, false]) assert.equal(codeOf(await guard.setVoice(CHANNEL, 'bob', has)), 'ok');
    await bob.flush();
    const seen = bob.lines.filter(({ command, nick }) => command === 'MODE' && nick === 'causeway');
    assert.deepEqual(
      seen.map(({ params }) => params.slice(1)),
      [
        ['+o', 'bob'],
        ['+v', 'bob'],
        ['-v', 'bob'],
      ],
    );
  });

  test('our own people come in through the closed door, are never listed and never kicked', async (t) => {
    const { guard, world } = await scene(t);
    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'ok');
    assert.equal((await world.say(alice, 'through the door')).ok, true);
    assert.deepEqual(guard.members(CHANNEL), []);
    assert.equal(codeOf(await guard.kick(CHANNEL, nickOf(world), 'out')), 'irc_own_connection');
    assert.equal((await world.say(alice, 'still here')).ok, true);
  });

  test('evicts somebody within a second, and brings them back only to speak', async (t) => {
    const { ergo, world } = await scene(t);
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: [CHANNEL] });
    assert.equal((await world.say(alice, 'hello')).ok, true);
    const startedMs = Date.now();
    await world.network.evict(alice.userId, 'suspended');
    assert.ok(Date.now() - startedMs < 1000);
    await carol.waitFor(({ command, nick }) => command === 'QUIT' && nick === nickOf(world));
    world.network.expect(alice, CHANNEL);
    await carol.flush();
    assert.deepEqual(world.network.status().puppets, { connected: 0, wanted: 0 });
    assert.equal((await world.say(alice, 'back')).ok, true);
    await carol.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === 'back');
  });

  test('a bot that lost op says so, is refused, and does nothing (invariant 41)', async (t) => {
    const { ergo, guard, world } = await scene(t);
    const oper = await IrcUser.connect({ port: ergo.ports.irc, nick: 'oper', channels: [CHANNEL] });
    oper.sendLine(`OPER ${ergo.oper.name} ${ergo.oper.password}`);
    await oper.waitFor(({ command }) => command === '381');
    const changes = world.changes;
    oper.sendLine(`SAMODE ${CHANNEL} -o causeway`);
    await mayAct(world, false);
    assert.ok(world.changes > changes);
    assert.deepEqual(
      [
        codeOf(await guard.setDoor(CHANNEL, CLOSED)),
        codeOf(await guard.kick(CHANNEL, 'oper', 'x')),
        codeOf(await guard.invite(CHANNEL, 'x')),
      ],
      ['irc_not_operator', 'irc_not_operator', 'irc_not_operator'],
    );
    oper.sendLine(`SAMODE ${CHANNEL} +o causeway`);
    await mayAct(world);
    oper.sendLine(`KICK ${CHANNEL} causeway :out`);
    oper.sendLine(`SAMODE ${CHANNEL} +o oper`);
    oper.sendLine(`KICK ${CHANNEL} causeway :out`);
    await mayAct(world, false);
  });

  test('the server restarts: the door still stands, and the bot finds its way in', async (t) => {
    const { ergo, guard, world } = await scene(t);
    const port = ergo.ports.irc;
    await registered(port, 'bob');
    await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['bob'] });
    await ergo.restart();
    const stranger = await IrcUser.connect({ port, nick: 'stranger' });
    assert.equal(await tries(stranger), '473');
    await world.listening();
    await mayAct(world);
    const bob = await IrcUser.connect({ port, nick: 'bob', sasl: { account: 'bob', password: 'pw-bob' } });
    assert.equal(await tries(bob), 'in');
    assert.equal((await world.say(alice, 'after')).ok, true);
    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['bob'] })), 'ok');
  });

  test('a channel of somebody else is guarded by exceptions of nicks, which belong to accounts', async (t) => {
    const { ergo, world } = await scene(t);
    const port = ergo.ports.irc;
    const founder = await registered(port, 'founder');
    await founder.join('#garden');
    founder.sendLine('CS REGISTER #garden');
    await founder.waitFor(({ nick, command }) => nick === 'ChanServ' && command === 'NOTICE');
    world.network.setChannels([{ channel: CHANNEL }, { channel: '#garden' }]);
    await world.listening('#garden');
    founder.sendLine('MODE #garden +o causeway');
    await waitUntil(() => guardOf(world).mayAct('#garden'));
    const bob = await registered(port, 'bob');
    assert.equal(codeOf(await guardOf(world).setDoor('#garden', { ...CLOSED, accounts: ['bob'] })), 'ok');
    const stranger = await IrcUser.connect({ port, nick: 'stranger' });
    assert.deepEqual([await tries(bob, '#garden'), await tries(stranger, '#garden')], ['in', '473']);
  });

  test('a thousand accounts get their pass, and a kick does not wait for them', async (t) => {
    const { ergo, guard } = await scene(t);
    const port = ergo.ports.irc;
    const stranger = await IrcUser.connect({ port, nick: 'stranger', channels: [CHANNEL] });
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    const oper = await IrcUser.connect({ port, nick: 'oper' });
    oper.sendLine(`OPER ${ergo.oper.name} ${ergo.oper.password}`);
    const accounts = Array.from({ length: 1000 }, (_, index) => `member${index}`);
    for (const account of accounts) oper.sendLine(`NS SAREGISTER ${account} pw`);
    await oper.flush(60_000);
    const door = guard.setDoor(CHANNEL, { ...CLOSED, accounts });
    const startedMs = Date.now();
    assert.equal(codeOf(await guard.kick(CHANNEL, 'stranger', 'out')), 'ok');
    const kickedMs = Date.now() - startedMs;
    assert.equal(codeOf(await door), 'ok');
    const doorMs = Date.now() - startedMs;
    assert.ok(kickedMs < 1000, `kicked after ${kickedMs} ms, the door took ${doorMs} ms`);
    t.diagnostic(`kick ${kickedMs} ms while the door took ${doorMs} ms`);
    assert.equal(await tries(stranger), '473');
  });
});

describe('the guard of a channel on InspIRCd with services', { timeout: 120_000 }, () => {
  test('members come in by account, strangers do not, an expelled account is banned, who logs out is nobody (invariants 19, 21)', async (t) => {
    const { server, services: linkServices } = await startInspircdWithServices(join(dir, 'inspircd'));
    const services = await linkServices();
    const port = server.ports.irc;
    const world = new NetworkWorld({ port });
    t.after(async () => {
      await world.network.stop('bye');
      services.unlink();
      await server.stop();
    });
    await world.listening();
    const guard = guardOf(world);
    assert.equal(guard.mayAct(CHANNEL), false);
    await services.op(CHANNEL, 'causeway');
    await mayAct(world);
    const [bob, eve, stranger] = await Promise.all(
      ['bobby', 'eve', 'bob'].map((nick) => IrcUser.connect({ port, nick, caps: ['account-notify', 'message-tags'] })),
    );
    assert.ok(bob !== undefined && eve !== undefined && stranger !== undefined);
    await services.logIn('bobby', 'bob');
    await services.logIn('eve', 'eve');
    await waitUntil(() => eve.lines.some(({ command }) => command === 'ACCOUNT' || command === '900'));
    const door: Door = { membersOnly: true, accounts: ['bob'], bannedAccounts: ['eve'] };
    assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    assert.deepEqual([await tries(bob), await tries(eve), await tries(stranger)], ['in', '473', '473']);
    const before = modeLines(bob);
    assert.equal(codeOf(await guard.setDoor(CHANNEL, door)), 'ok');
    await bob.flush();
    assert.equal(modeLines(bob), before);

    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'bobby', account: 'bob' }]);
    await services.logIn('bobby', undefined);
    await waitUntil(() => world.rosterChanges.some(({ change }) => change.kind === 'account'));
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'bobby', account: null }]);
    assert.equal(codeOf(await guard.kick(CHANNEL, 'bobby', 'logged out')), 'ok');
    assert.equal(await tries(bob), '473');
    assert.equal((await world.say(alice, 'through the door')).ok, true);

    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...door, membersOnly: false })), 'ok');
    assert.deepEqual([await tries(eve), await tries(stranger)], ['474', 'in']);

    await services.op(CHANNEL, 'causeway', '-o');
    await mayAct(world, false);
    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'irc_not_operator');
  });

  test('a list that is full leaves out the rest, and says whom', async (t) => {
    const { server, services: linkServices } = await startInspircdWithServices(join(dir, 'inspircd-full'));
    const services = await linkServices();
    const world = new NetworkWorld({ port: server.ports.irc });
    t.after(async () => {
      await world.network.stop('bye');
      services.unlink();
      await server.stop();
    });
    await world.listening();
    await services.op(CHANNEL, 'causeway');
    await mayAct(world);
    const accounts = Array.from({ length: 120 }, (_, index) => `member${index}`);
    const done = await guardOf(world).setDoor(CHANNEL, { ...CLOSED, accounts });
    assert.match(done.ok ? '' : done.error.text, /member99 \(the list of the channel is full\).* and 16 more/);
  });
});

describe('the guard of a channel on ngIRCd', { timeout: 120_000 }, () => {
  test('shuts it, invites, kicks, gives status; the bot finds its way back in', async (t) => {
    const server = await startNgircd({ dir: join(dir, 'ngircd') });
    const port = server.ports.irc;
    const world = new NetworkWorld({ port });
    t.after(async () => {
      await world.network.stop('bye');
      await server.stop();
    });
    await world.listening();
    await mayAct(world);
    const guard = guardOf(world);
    const stranger = await IrcUser.connect({ port, nick: 'stranger' });
    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'ok');
    assert.equal(await tries(stranger), '473');
    const named = await guard.setDoor(CHANNEL, { ...CLOSED, accounts: ['bob'] });
    assert.match(named.ok ? '' : named.error.text, /bob \(this server cannot name accounts/);
    assert.equal(codeOf(await guard.invite(CHANNEL, 'stranger')), 'ok');
    assert.equal(await tries(stranger), 'in');
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'stranger', account: null }]);
    assert.equal(codeOf(await guard.setStatus(CHANNEL, 'stranger', 'o')), 'ok');
    assert.equal((await world.say(alice, 'through the door')).ok, true);
    // Somebody stays behind, so the channel and its door outlive the bot's connection.
    const oper = await IrcUser.connect({ port, nick: 'oper' });
    oper.sendLine('OPER oper oper-in-a-test');
    oper.sendLine('KILL causeway :a test');
    await waitUntil(() => world.network.status().reconnects === 1);
    await world.listening();
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    assert.equal(guard.mayAct(CHANNEL), false);
    stranger.sendLine(`MODE ${CHANNEL} +o causeway`);
    await mayAct(world);
    assert.equal(codeOf(await guard.setStatus(CHANNEL, 'stranger', '')), 'ok');
    assert.equal(codeOf(await guard.kick(CHANNEL, 'stranger', 'out')), 'ok');
    assert.equal(await tries(stranger), '473');
    assert.deepEqual(guard.members(CHANNEL), []);
    await server.restart();
    await world.listening();
    await mayAct(world);
    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'ok');
  });
});
