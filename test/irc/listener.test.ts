import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ircScene } from '../fakes/irc-scene.ts';
import type { FakeServerOptions } from '../fakes/irc-server.ts';
import { Memory, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const MODERN = 'batch message-tags server-time echo-message labeled-response account-tag extended-join draft/multiline';

/** A server that says these lines by itself to whoever joins, and then one that is live. */
const replaying =
  (...replay: readonly string[]): NonNullable<FakeServerOptions['answer']> =>
  (client, command) =>
    command === 'JOIN'
      ? [
          `:${client.prefix} JOIN #commons`,
          `:fake.test 366 ${client.nick} #commons :End`,
          ...replay,
          '@msgid=c :carol!c@h PRIVMSG #commons :live',
        ]
      : undefined;

describe('the listener', { timeout: 60_000 }, () => {
  const world = ircScene;

  test('reads what people say to the channel, and nothing else', async (t) => {
    const here = await world(t, { caps: MODERN, isupport: 'STATUSMSG=@+ PREFIX=(ov)@+ CASEMAPPING=ascii' });
    await here.world.listening();
    const bot = await here.server.client('causeway');
    bot.send(
      '@msgid=1;time=2026-08-07T12:00:00.000Z;account=carol :carol!c@h PRIVMSG #Commons :hello',
      ':carol!c@h PRIVMSG @#commons :operators only',
      ':carol!c@h PRIVMSG causeway :in private',
      ':fake.test NOTICE #commons :a server speaks',
      ':HistServ!HistServ@localhost PRIVMSG #commons :dave joined',
      ':carol!c@h PRIVMSG #commons :\x01VERSION\x01',
      ':carol!c@h PRIVMSG #commons :\x01ACTION waves',
      ':carol!c@h NOTICE #commons :noticed',
      'BATCH +9 draft/multiline #commons',
      '@batch=9 :carol!c@h PRIVMSG #commons :one',
      '@batch=9 :carol!c@h PRIVMSG #commons :two',
      'BATCH -9',
      ':carol!c@h TOPIC #commons :a new topic',
      ':carol!c@h PRIVMSG #commons :last',
    );
    await here.world.hears('carol: last');
    const events = here.world.memory.events.map((event) =>
      event.kind === 'message'
        ? [event.style, ...event.lines]
        : event.kind === 'topic'
          ? ['topic', event.topic]
          : [event.kind],
    );
    assert.deepEqual(events, [
      ['text', 'hello'],
      ['action', 'waves'],
      ['notice', 'noticed'],
      ['text', 'one', 'two'],
      ['topic', 'a new topic'],
      ['text', 'last'],
    ]);
    const [first] = here.world.messages('#Commons');
    assert.deepEqual(
      { key: first?.key, timeMs: first?.timeMs, source: first?.source, own: first?.own, replayed: first?.replayed },
      {
        key: 'm:1',
        timeMs: Date.parse('2026-08-07T12:00:00.000Z'),
        source: { nick: 'carol', user: 'c', host: 'h', account: 'carol' },
        own: false,
        replayed: false,
      },
    );
  });

  test('knows our own lines by nick, account and relayer, and by nothing that a client can write', async (t) => {
    const here = await world(t, { caps: MODERN });
    await here.world.listening();
    const voice = await here.world.network.voice(person('Alice'), '#commons');
    assert.equal(voice.ok, true);
    const bot = await here.server.client('causeway');
    bot.send(
      ':alice!u@h PRIVMSG #commons :by nick',
      '@+draft/relaymsg=causeway;+causeway.coop/id=x :carol!c@h PRIVMSG #commons :by a tag of a client',
      '@draft/relaymsg=causeway :Alice/mx!u@h PRIVMSG #commons :relayed by us',
      '@draft/relaymsg=other :Alice/mx!u@h PRIVMSG #commons :relayed by another',
      ':Alice!u@h NICK Alicia',
      ':Alicia!u@h PRIVMSG #commons :by the new nick',
      ':carol!c@h NICK Alice',
      ':Alice!c@h PRIVMSG #commons :somebody else now',
    );
    await here.world.hears('Alice: somebody else now');
    assert.deepEqual(
      here.world.messages().map(({ lines, own }) => [lines[0], own]),
      [
        ['by nick', true],
        ['by a tag of a client', false],
        ['relayed by us', true],
        ['relayed by another', false],
        ['by the new nick', true],
        ['somebody else now', false],
      ],
    );
  });

  test('answers CTCP in private, a few times, and never to a NOTICE', async (t) => {
    const here = await world(t, {});
    await here.world.listening();
    const bot = await here.server.client('causeway');
    bot.send(':carol!c@h NOTICE causeway :\x01PING 1\x01');
    for (let number = 0; number < 10; number++) bot.send(`:carol!c@h PRIVMSG causeway :\x01PING ${number}\x01`);
    bot.send('PING :done');
    await bot.got(/^PONG done/);
    assert.deepEqual(
      bot.lines.filter((line) => line.startsWith('NOTICE')),
      ['NOTICE carol :\x01PING 0\x01', 'NOTICE carol :\x01PING 1\x01', 'NOTICE carol :\x01PING 2\x01'],
    );
  });

  test('joins as nobody when its login fails', async (t) => {
    const here = await world(
      t,
      {
        caps: 'sasl=PLAIN',
        answer: (_, command, params) => {
          if (command !== 'AUTHENTICATE') return undefined;
          return params[0] === 'PLAIN' ? ['AUTHENTICATE +'] : [':fake.test 904 * :SASL authentication failed'];
        },
      },
      { config: { bot: { nick: 'causeway', sasl: { user: 'causeway', password: 'wrong' } } } },
    );
    await waitUntil(() => here.world.network.status().problem?.includes('login'));
    assert.equal(here.world.network.status().state, 'refused');
    assert.equal(
      here.server.clients.some(({ registered }) => registered),
      false,
    );
  });

  test('joins as nobody when the server offers no login, and where it has no CAP', async (t) => {
    for (const options of [{ caps: 'server-time' }, {}]) {
      const here = await world(t, options, {
        config: { bot: { nick: 'causeway', sasl: { user: 'c', password: 'p' } } },
      });
      await waitUntil(() => here.world.network.status().problem?.includes('SASL'));
      assert.equal(here.world.network.status().channels.get('#commons')?.joined, false);
    }
  });

  test('takes another nick when its own is in use, and its own back when it is free', async (t) => {
    let taken = true;
    const here = await world(t, {
      answer: (client, command, params) => {
        if (command !== 'NICK' || params[0] !== 'causeway' || !taken) return undefined;
        return [`:fake.test 433 ${client.nick || '*'} causeway :Nickname is already in use`];
      },
    });
    await here.world.listening();
    const bot = await here.server.client('causeway_2');
    taken = false;
    bot.send(':causeway!x@y QUIT :bye');
    await bot.got(/^NICK causeway$/);
    await waitUntil(() => bot.nick === 'causeway');
  });

  test('asks for capabilities one by one where the server refuses them together, and takes late ones', async (t) => {
    const here = await world(t, {
      caps: 'server-time message-tags account-tag',
      answer: (_, command, params) => {
        if (command !== 'CAP' || params[0] !== 'REQ') return undefined;
        const names = (params[1] ?? '').split(' ');
        return names.length > 1 || names[0] === 'account-tag' ? [`:fake.test CAP * NAK :${params[1]}`] : undefined;
      },
    });
    await here.world.listening();
    const bot = await here.server.client('causeway');
    bot.send(':fake.test CAP causeway NEW :batch draft/chathistory');
    await bot.got(/^CAP REQ :batch draft\/chathistory$/);
    await waitUntil(() => bot.caps.size === 4);
    assert.deepEqual([...bot.caps].sort(), ['batch', 'draft/chathistory', 'message-tags', 'server-time']);
    bot.send(':fake.test CAP causeway DEL :message-tags', ':carol!c@h PRIVMSG #commons :on');
    await here.world.hears('carol: on');
  });

  test('comes back after a kick, later each time, and says so meanwhile', async (t) => {
    const here = await world(t, {}, { timings: { rejoinFirstMs: 60, rejoinMaxMs: 200 } });
    await here.world.listening();
    const bot = await here.server.client('causeway');
    for (const times of [2, 3]) {
      bot.send(':carol!c@h KICK #commons causeway :out');
      await waitUntil(() => here.world.network.status().channels.get('#commons')?.problem?.includes('carol'));
      await waitUntil(() => bot.lines.filter((line) => line === 'JOIN #commons').length === times);
      await here.world.listening();
    }
  });

  test('does not follow a forward into a channel that nobody linked', async (t) => {
    const here = await world(t, {
      answer: (client, command, params) =>
        command === 'JOIN' && params[0] === '#commons'
          ? [`:fake.test 470 ${client.nick} #commons ##elsewhere :Forwarding`, `:${client.prefix} JOIN ##elsewhere`]
          : undefined,
    });
    const bot = await here.server.client('causeway');
    await bot.got(/^PART ##elsewhere$/);
    assert.match(here.world.network.status().channels.get('#commons')?.problem ?? '', /another channel/);
  });

  test('finds a dead link by silence, and is back', async (t) => {
    let deaf = false;
    const here = await world(
      t,
      { answer: (_, command) => (deaf && command === 'PING' ? [] : undefined) },
      { timings: { idleMs: 80, deadMs: 200 } },
    );
    await here.world.listening();
    deaf = true;
    await waitUntil(() => here.world.network.status().state !== 'up');
    deaf = false;
    await here.world.listening();
    assert.equal(here.world.network.status().reconnects, 1);
  });

  test('ends a connection on which the server said ERROR and nothing more, for the bot and for people', async (t) => {
    const here = await world(t);
    await here.world.listening();
    await here.world.network.voice(person('Alice'), '#commons');
    const puppet = await here.server.client('Alice');
    puppet.send('ERROR :Closing Link: Alice (Excess Flood)');
    await waitUntil(async () => (await here.server.client('Alice')) !== puppet);
    const bot = await here.server.client('causeway');
    bot.send('ERROR :Closing Link: causeway (Server going down)');
    await waitUntil(() => here.world.network.status().problem?.includes('Server going down') === true);
    await waitUntil(async () => (await here.server.client('causeway')) !== bot);
    await here.world.listening();
    await waitUntil(() => here.world.network.status().problem === undefined);
  });

  test('dedupes what a server replays on joining, and needs no gap then', async (t) => {
    const memory = new Memory();
    const replay = [
      'BATCH +1 chathistory #commons',
      '@batch=1;msgid=a;time=2026-08-07T12:00:00.000Z :carol!c@h PRIVMSG #commons :known',
      '@batch=1;msgid=b;time=2026-08-07T12:00:01.000Z :carol!c@h PRIVMSG #commons :missed',
      'BATCH -1',
    ];
    const here = await world(
      t,
      {
        caps: MODERN,
        answer: replaying(...replay),
      },
      { memory: knowing(memory) },
    );
    await here.world.hears('carol: live');
    assert.deepEqual(
      memory.events.map((event) => (event.kind === 'message' ? event.lines[0] : event.kind)),
      ['known', 'missed', 'live'],
    );
  });

  test('tells a gap where a server replays only what it has left, and nothing of that is known', async (t) => {
    const memory = new Memory();
    const here = await world(
      t,
      {
        caps: MODERN,
        answer: replaying(
          'BATCH +1 chathistory #commons',
          '@batch=1;msgid=y;time=2026-08-07T12:30:00.000Z :carol!c@h PRIVMSG #commons :one of the last two',
          '@batch=1;msgid=z;time=2026-08-07T12:30:01.000Z :carol!c@h PRIVMSG #commons :the last',
          'BATCH -1',
        ),
      },
      { memory: knowing(memory) },
    );
    await here.world.hears('carol: live');
    assert.deepEqual(
      memory.events.map((event) => (event.kind === 'message' ? event.lines[0] : event.kind)),
      ['known', 'gap', 'one of the last two', 'the last', 'live'],
    );
  });

  test('tells the topic that a channel has as it comes in, apart from one that somebody sets', async (t) => {
    const topic = ':fake.test 332 causeway #commons :set while we were away';
    const here = await world(t, { caps: MODERN, answer: replaying(topic) });
    await here.world.hears('carol: live');
    const bot = await here.server.client('causeway');
    bot.send(':carol!c@h TOPIC #commons :set now', ':carol!c@h PRIVMSG #commons :done');
    await here.world.hears('carol: done');
    assert.deepEqual(
      here.world.memory.events.flatMap((event) =>
        event.kind === 'topic' ? [[event.topic, event.standing, event.source.nick]] : [],
      ),
      [
        ['set while we were away', true, 'fake.test'],
        ['set now', undefined, 'carol'],
      ],
    );
  });

  test('a roster is told whole, then by its changes, without our own connections', async (t) => {
    const here = await world(t, { caps: MODERN });
    await here.world.listening();
    const bot = await here.server.client('causeway');
    bot.send(
      ':dave!d@h JOIN #commons davey :Dave',
      ':dave!d@h NICK david',
      ':david!d@h ACCOUNT *',
      ':david!d@h QUIT :hub.example leaf.example',
      ':carol!c@h PART #commons',
      ':carol!c@h PRIVMSG #commons :done',
    );
    await here.world.hears('carol: done');
    assert.deepEqual(
      here.world.rosterChanges.map(({ change }) => change),
      [
        { kind: 'list', members: [{ nick: 'carol', account: null }] },
        { kind: 'join', member: { nick: 'dave', account: 'davey' } },
        { kind: 'rename', from: { nick: 'dave', account: 'davey' }, to: { nick: 'david', account: 'davey' } },
        { kind: 'rename', from: { nick: 'david', account: 'davey' }, to: { nick: 'david', account: null } },
        { kind: 'account', member: { nick: 'david', account: null } },
        { kind: 'leave', member: { nick: 'david', account: null }, netsplit: true },
        { kind: 'leave', member: { nick: 'carol', account: null }, netsplit: false },
      ],
    );
  });
});

/** A channel of which one line is stored. */
function knowing(memory: Memory): Memory {
  memory.events.push({
    kind: 'message',
    network: 'home' as never,
    channel: '#commons',
    key: 'm:a' as never,
    timeMs: Date.parse('2026-08-07T12:00:00.123Z'),
    replayed: false,
    source: { nick: 'carol' },
    own: false,
    style: 'text',
    lines: ['known'],
  });
  memory.keys.add('m:a' as never);
  return memory;
}
