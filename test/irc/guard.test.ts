import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Result } from '../../src/core/errors.ts';
import type { Door } from '../../src/ports/network.ts';
import { listeningScene } from '../fakes/irc-scene.ts';
import type { FakeClient, FakeServerOptions } from '../fakes/irc-server.ts';
import { person, type Settings } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const CHANNEL = '#commons';
const WHOX = 'PREFIX=(ov)@+ CHANMODES=beI,k,l,imnst INVEX EXTBAN=$,a MAXLIST=beI:100 MODES=4 WHOX';
const CAPS = 'batch message-tags account-tag extended-join account-notify';
const CLOSED: Door = { membersOnly: true, accounts: [], bannedAccounts: [] };
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

describe('the guard of a channel', { timeout: 60_000 }, () => {
  async function scene(t: TestContext, options: FakeServerOptions, settings: Omit<Settings, 'port'> = {}) {
    const { server, world } = await listeningScene(t, { isupport: WHOX, ...options }, settings);
    const bot = await server.client('causeway');
    bot.send(`:fake.test MODE ${CHANNEL} +o causeway`);
    const { guard } = world.network;
    assert.ok(guard !== undefined);
    await waitUntil(() => guard.mayAct(CHANNEL));
    return { server, world, bot, guard };
  }

  /** Resolves when the bot has read everything sent to it. */
  async function settled(bot: FakeClient): Promise<void> {
    const token = `settled-${bot.lines.length}`;
    bot.send(`PING :${token}`);
    await bot.got(new RegExp(`^PONG ${token}`));
  }

  /** Answers questions for a channel's modes and lists; what is written is taken in silence. */
  const lists =
    (modes: string, entries: readonly string[] = []) =>
    (client: FakeClient, command: string, params: readonly string[]): readonly string[] | undefined => {
      if (command !== 'MODE' || params[0] !== CHANNEL) return undefined;
      if (params.length === 1) return [`:fake.test 324 ${client.nick} ${CHANNEL} ${modes}`];
      if (params[1] === '+b') return [...entries, `:fake.test 368 ${client.nick} ${CHANNEL} :End`];
      return params[1] === '+I' ? [`:fake.test 347 ${client.nick} ${CHANNEL} :End`] : [];
    };

  test('counts nobody of whom the server has not said whether they have an account', async (t) => {
    const { bot, guard, world } = await scene(t, { caps: CAPS });
    const who = await bot.got(/^WHO #commons/);
    assert.match(who, /%tcna,77$/);
    assert.deepEqual(guard.members(CHANNEL), []);
    bot.send(
      `:dave!d@h JOIN ${CHANNEL} davey :Dave`,
      `:erin!e@h JOIN ${CHANNEL} * :Erin`,
      // Left out: carol. Servers limit long answers.
      `:fake.test 315 causeway ${CHANNEL} :End`,
    );
    await settled(bot);
    const others = [
      { nick: 'dave', account: 'davey' },
      { nick: 'erin', account: null },
    ];
    assert.deepEqual(guard.members(CHANNEL), others);
    bot.send(`@account=caroline :carol!c@h PRIVMSG ${CHANNEL} :hello`);
    await settled(bot);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'carol', account: 'caroline' }, ...others]);
    bot.send(`:dave!d@h PRIVMSG ${CHANNEL} :logged out meanwhile`);
    await settled(bot);
    assert.deepEqual(
      world.rosterChanges.flatMap(({ change }) => (change.kind === 'account' ? [change.member] : [])),
      [
        { nick: 'carol', account: 'caroline' },
        { nick: 'dave', account: null },
      ],
    );
  });

  test('believes no client about an account, and no other server about the channel', async (t) => {
    const { bot, guard } = await scene(t, { caps: CAPS });
    bot.send(
      `:dave!d@h JOIN ${CHANNEL} * :Dave`,
      `@+account=boss;+draft/account=boss :dave!d@h PRIVMSG ${CHANNEL} :I am the boss`,
      `:dave!d@h MODE #elsewhere -o causeway`,
      `:dave!d@h PRIVMSG ${CHANNEL} :MODE ${CHANNEL} -o causeway`,
    );
    await settled(bot);
    assert.deepEqual(guard.members(CHANNEL), [{ nick: 'dave', account: null }]);
    assert.equal(guard.mayAct(CHANNEL), true);
  });

  test('asks for the names again where a MODE line cannot be read to its end', async (t) => {
    const { bot, guard } = await scene(t, {});
    bot.send(`:carol!c@h MODE ${CHANNEL} +Xo-o x carol causeway`);
    await bot.got(/^NAMES #commons/);
    bot.send(`:fake.test 353 causeway = ${CHANNEL} :causeway @carol`, `:fake.test 366 causeway ${CHANNEL} :End`);
    await waitUntil(() => !guard.mayAct(CHANNEL));
  });

  test('writes what differs in as few lines as the server takes, and reads what became of it', async (t) => {
    const { bot, guard } = await scene(t, {
      answer: lists('+n', [
        `:fake.test 367 causeway ${CHANNEL} $a:old causeway 1`,
        `:fake.test 367 causeway ${CHANNEL} *!*@bad.example carol!c@h 1`,
        ':fake.test 367 causeway #other $a:other causeway 1',
      ]),
    });
    const door = { membersOnly: true, accounts: ['alice', 'bob'], bannedAccounts: ['eve'] };
    const done = await guard.setDoor(CHANNEL, door);
    // This server takes nothing of it.
    assert.match(done.ok ? '' : done.error.text, /not done: .*\$a:eve \(the server did not take it\)/);
    assert.deepEqual(
      bot.lines.filter((line) => /^MODE #commons [+-]\S+ ./.test(line) || line === 'MODE #commons +i'),
      ['MODE #commons +biIII $a:eve causeway*!u@h.example $a:alice $a:bob', 'MODE #commons -b $a:old'],
    );
  });

  test('is told with a refusal, and a message on its way is not blamed for it', async (t) => {
    const { bot, guard, world } = await scene(
      t,
      {
        answer: (client, command) =>
          command === 'KICK' ? [`:fake.test 482 ${client.nick} ${CHANNEL} :You're not a channel operator`] : undefined,
      },
      { config: { puppets: { mode: 'relay' } } },
    );
    await settled(bot);
    bot.send(`:fake.test 354 causeway 77 ${CHANNEL} carol :0`);
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    const [said, kicked] = await Promise.all([
      world.say(person('Alice'), 'hello'),
      guard.kick(CHANNEL, 'carol', 'out\r\nQUIT :x'),
    ]);
    assert.deepEqual([codeOf(said), codeOf(kicked)], ['ok', 'irc_482']);
    assert.equal(await bot.got(/^KICK/), 'KICK #commons carol :out QUIT :x');
    assert.equal(
      bot.lines.some((line) => line.startsWith('QUIT')),
      false,
    );
  });

  test('says in words why somebody of the network itself stays', async (t) => {
    const { bot, guard } = await scene(t, {
      answer: (client, command) =>
        command === 'KICK' ? [`:fake.test 485 ${client.nick} carol ${CHANNEL} :is a network service`] : undefined,
    });
    bot.send(`:fake.test 354 causeway 77 ${CHANNEL} carol :0`);
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    const kicked = await guard.kick(CHANNEL, 'carol', 'out');
    assert.equal(
      kicked.ok ? '' : kicked.error.text,
      'carol belongs to the network and cannot be kicked. (IRC: is a network service)',
    );
  });

  test('gives up on a server that does not answer, and on a connection that ends', async (t) => {
    let silent = true;
    const { bot, guard } = await scene(
      t,
      {
        answer: (_, command, params) =>
          command === 'PING' && params[0]?.startsWith('errand-') && silent ? [] : undefined,
      },
      { timings: { answerMs: 200 } },
    );
    assert.equal(codeOf(await guard.setDoor(CHANNEL, CLOSED)), 'irc_unanswered');
    const pending = guard.invite(CHANNEL, 'dave');
    await bot.got(/^INVITE dave #commons/);
    bot.drop();
    assert.equal(codeOf(await pending), 'irc_lost');
    silent = false;
    assert.equal(codeOf(await guard.invite(CHANNEL, 'dave')), 'irc_away');
  });

  test('keeps to the pace of the connection', async (t) => {
    const { bot, guard } = await scene(t, {}, { config: { pace: { burst: 2, perSecond: 50 } } });
    const startedMs = Date.now();
    const invited = Array.from({ length: 12 }, (_, index) => guard.invite(CHANNEL, `n${index}`));
    assert.deepEqual(
      (await Promise.all(invited)).map(codeOf),
      Array.from({ length: 12 }, () => 'ok'),
    );
    assert.ok(Date.now() - startedMs >= 180, `${Date.now() - startedMs} ms for ten lines at 50 a second`);
    assert.deepEqual(
      bot.lines.filter((line) => line.startsWith('INVITE')),
      Array.from({ length: 12 }, (_, index) => `INVITE n${index} #commons`),
    );
  });

  test('keeps nobody waiting behind a long list of accounts, however slow the pace', async (t) => {
    const { bot, guard } = await scene(t, { answer: lists('+n') }, { config: { pace: { burst: 3, perSecond: 20 } } });
    bot.send(`:fake.test 354 causeway 77 ${CHANNEL} carol :0`);
    await waitUntil(() => guard.members(CHANNEL).length === 1);
    const accounts = Array.from({ length: 90 }, (_, index) => `member${index}`);
    const door = guard.setDoor(CHANNEL, { ...CLOSED, accounts });
    await bot.got(/^MODE #commons \+i/);
    assert.equal(codeOf(await guard.kick(CHANNEL, 'carol', 'out')), 'ok');
    const before = bot.lines.findIndex((line) => line.startsWith('KICK'));
    assert.ok(bot.lines.filter((line, index) => line.startsWith('MODE') && index < before).length < 18);
    assert.equal(codeOf(await door), 'irc_door_incomplete');
  });

  test('lets our own people in where it may, once, and else they hear why not', async (t) => {
    let invitations = 0;
    const here = await scene(t, {
      answer: (client, command, params) => {
        if (command === 'INVITE') invitations++;
        if (command !== 'JOIN' || client.nick === 'causeway' || invitations >= 2) return undefined;
        return [`:fake.test 473 ${client.nick} ${params[0]} :Cannot join channel (+i)`];
      },
    });
    const refused = await here.world.network.voice(person('Alice'), CHANNEL);
    assert.deepEqual([codeOf(refused), invitations], ['irc_473', 1]);
    const entered = await here.world.network.voice(person('Alice'), CHANNEL);
    assert.deepEqual([codeOf(entered), invitations], ['ok', 2]);

    here.bot.send(`:fake.test MODE ${CHANNEL} -o causeway`);
    await waitUntil(() => !here.guard.mayAct(CHANNEL));
    invitations = 0;
    const outside = await here.world.network.voice(person('Bob'), CHANNEL);
    assert.deepEqual([codeOf(outside), invitations], ['irc_473', 0]);
  });

  test('is not filled up by a server that lists without end', async (t) => {
    const { guard } = await scene(t, {
      answer: lists(
        '+n',
        Array.from({ length: 50_000 }, (_, index) => `:fake.test 367 causeway ${CHANNEL} *!*@${index}.example x 1`),
      ),
    });
    assert.equal(codeOf(await guard.setDoor(CHANNEL, { ...CLOSED, membersOnly: false })), 'ok');
  });
});

describe('somebody who must go', { timeout: 60_000 }, () => {
  const scene = (t: TestContext, options: FakeServerOptions = {}, config = {}) =>
    listeningScene(t, options, { config });

  test('leaves with a reason of one line, even from a server that does not react', async (t) => {
    const { server, world } = await scene(t);
    await world.network.voice(person('Alice'), CHANNEL);
    const alice = await server.client('Alice');
    const startedMs = Date.now();
    await world.network.evict('@alice:willow.example', `suspended\r\nJOIN #x ${'y'.repeat(2000)}`);
    assert.ok(Date.now() - startedMs < 1000);
    assert.match(await alice.got(/^QUIT/), /^QUIT :suspended JOIN #x y{1,300}$/);
    await waitUntil(() => !server.clients.includes(alice));
  });

  test('is not spoken for by the bot with what still waits for the pace', async (t) => {
    const { server, world } = await scene(t, {}, { puppets: { mode: 'relay' }, pace: { burst: 1, perSecond: 20 } });
    const [alice, bob] = [person('Alice'), person('Bob')];
    const bot = await server.client('causeway');
    const voices = await Promise.all([alice, bob].map((one) => world.network.voice(one, CHANNEL)));
    const sendings = voices.flatMap((voice, who) =>
      [0, 1, 2].map((number) => {
        assert.ok(voice.ok);
        return voice.value.say({ id: `${who}-${number}`, style: 'text', parts: [`line ${number} of ${who}`] })
          .confirmed;
      }),
    );
    await bot.got(/line 0 of 0/);
    await world.network.evict(alice.userId, 'suspended');
    const results = await Promise.all(sendings);
    assert.deepEqual(results.map(codeOf), ['ok', 'irc_not_sent', 'irc_not_sent', 'ok', 'ok', 'ok']);
    const said = bot.lines.flatMap((line) => /line \d of \d/.exec(line)?.[0] ?? []);
    assert.deepEqual(said, ['line 0 of 0', 'line 0 of 1', 'line 1 of 1', 'line 2 of 1']);
  });

  test('is not let in while connecting, and nobody waits for who is not there', async (t) => {
    const { server, world } = await scene(t, {
      answer: (client, command) => (command === 'USER' && client.nick === 'Alice' ? [] : undefined),
    });
    const voice = world.network.voice(person('Alice'), CHANNEL);
    await waitUntil(() => server.clients.some(({ nick }) => nick === 'Alice'));
    await world.network.evict('@alice:willow.example', 'suspended');
    await world.network.evict('@nobody:willow.example', 'suspended');
    assert.equal(codeOf(await voice), 'irc_away');
    await waitUntil(() => server.clients.length === 1);
    assert.deepEqual(world.network.status().puppets, { connected: 0, wanted: 0 });
  });
});
