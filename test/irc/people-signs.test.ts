import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakeIrcServer, type FakeServerOptions } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const CAPS = 'batch message-tags server-time echo-message labeled-response account-tag account-notify away-notify';
const alice = person('Alice');
const { userId } = alice;

async function world(t: TestContext, options: FakeServerOptions = {}, config: Readonly<Record<string, unknown>> = {}) {
  const server = await FakeIrcServer.start({ caps: CAPS, ...options });
  const network = new NetworkWorld({ port: server.port, config, timings: { signMs: 300 } });
  t.after(async () => {
    await network.network.stop('bye');
    await server.stop();
  });
  await network.listening();
  const voice = async () => {
    const answer = await network.network.voice(alice, '#commons');
    assert.ok(answer.ok);
    return answer.value;
  };
  return { server, world: network, signs: network.network.signs, voice };
}

describe('who of a channel is away', { timeout: 60_000 }, () => {
  const changes = ({ rosterChanges }: NetworkWorld): readonly unknown[] =>
    rosterChanges
      .filter(({ change }) => change.kind === 'away')
      .map(({ change }) => 'member' in change && change.member);

  test('is told as it changes, and to nobody in the channel', async (t) => {
    const here = await world(t);
    const bot = await here.server.client('causeway');
    bot.send(
      ':carol!c@h AWAY :lunch \x02now\x02',
      ':carol!c@h AWAY :lunch \x02now\x02',
      ':carol!c@h AWAY',
      ':carol!c@h AWAY *',
      ':carol!c@h AWAY :',
      ':nobody!n@h AWAY :not here',
      ':causeway!c@h AWAY :the bot itself',
      ':h.example AWAY :a server',
      'AWAY :nobody at all',
      `:carol!c@h AWAY :${'x'.repeat(5_000)}`,
    );
    await waitUntil(() => changes(here.world).length >= 5, { what: 'the changes' });
    const carol = { nick: 'carol', account: null };
    assert.deepEqual(changes(here.world), [
      { ...carol, away: 'lunch \x02now\x02' },
      carol,
      { ...carol, away: '' },
      carol,
      { ...carol, away: 'x'.repeat(400) },
    ]);
    assert.deepEqual(here.world.memory.events, []);
  });

  test('and who was before is asked of a server that tells it with the accounts', async (t) => {
    const here = await world(t, { isupport: 'WHOX' }, { presence: { toMatrix: true } });
    const bot = await here.server.client('causeway');
    assert.match(await bot.got(/^WHO /), /%tcnfa,77$/);
    bot.send(
      ':fake.test 354 causeway 77 #commons carol G@ carol',
      ':fake.test 354 causeway 77 #commons causeway H 0',
      ':fake.test 315 causeway #commons :End',
    );
    const lists = () => here.world.rosterChanges.filter(({ change }) => change.kind === 'list');
    await waitUntil(() => lists().length > 0, { what: 'the list' });
    const members = [{ nick: 'carol', account: 'carol', away: '' }];
    assert.deepEqual(lists().at(-1), { channel: '#commons', change: { kind: 'list', members } });
  });

  test('or of one that tells it alone; what somebody said to it stays', async (t) => {
    const here = await world(t, {}, { presence: { toMatrix: true } });
    const bot = await here.server.client('causeway');
    assert.match(await bot.got(/^WHO /), /^WHO #commons$/);
    bot.send(
      ':carol!c@h AWAY :lunch',
      ':fake.test 352 causeway #commons c h fake.test carol G@ :0 Carol',
      ':fake.test 352 causeway #commons c h fake.test carol nonsense :0 Carol',
      ':fake.test 352 causeway',
      ':fake.test 315 causeway #commons :End',
      ':carol!c@h AWAY',
    );
    await waitUntil(() => changes(here.world).length >= 2, { what: 'the changes' });
    assert.deepEqual(changes(here.world), [
      { nick: 'carol', account: null, away: 'lunch' },
      { nick: 'carol', account: null },
    ]);
  });

  test('is not asked of a server that tells of no changes, nor where nobody wants it', async (t) => {
    for (const [options, config] of [
      [{ caps: 'server-time' }, { presence: { toMatrix: true } }],
      [{}, {}],
    ] as const) {
      const here = await world(t, options, config);
      const bot = await here.server.client('causeway');
      bot.send('PING :after');
      await bot.got(/^PONG/);
      assert.deepEqual(
        bot.lines.filter((line) => line.startsWith('WHO')),
        [],
      );
    }
  });
});

describe('a person of Matrix who is away', { timeout: 60_000 }, () => {
  test('is so over their own connection, once it is there, with a label and cut to what the server takes', async (t) => {
    const here = await world(t, { isupport: 'AWAYLEN=20' });
    here.signs?.away(userId, 'In the gärden\r\nQUIT :with a long text');
    await here.voice();
    const puppet = await here.server.client('Alice');
    assert.equal(await puppet.got(/AWAY/), '@label=1 AWAY :In the gärden QUIT ');
    here.signs?.away(userId, undefined);
    assert.equal(await puppet.got(/AWAY$/), '@label=2 AWAY');
  });

  test('and changes their mind often, is told of now and then, the last of it', async (t) => {
    const here = await world(t);
    await here.voice();
    const puppet = await here.server.client('Alice');
    for (let i = 0; i < 200; i++) here.signs?.away(userId, i % 2 === 0 ? undefined : `away ${i}`);
    await puppet.got(/AWAY :away 199/);
    const told = puppet.lines.filter((line) => line.includes('AWAY'));
    assert.equal(told.length, 1);
  });

  test('is told again over a new connection, and nothing is told of those who are there', async (t) => {
    const here = await world(t);
    await here.voice();
    here.signs?.away(userId, undefined);
    const first = await here.server.client('Alice');
    here.signs?.away(userId, 'lunch');
    await first.got(/AWAY :?lunch/);
    first.drop();
    const second = await waitUntil(
      async () => {
        const client = here.server.clients.find(({ nick, registered }) => nick === 'Alice' && registered);
        return client === first ? undefined : client;
      },
      { what: 'the new connection' },
    );
    await second.got(/AWAY :?lunch/);
    assert.equal(first.lines.filter((line) => line.includes('AWAY')).length, 1);
  });

  test('waits for the lines that they say, and never holds one up', async (t) => {
    const here = await world(t, { answer: (_, command) => (command === 'PRIVMSG' ? [] : undefined) });
    const bob = person('Bob');
    const voice = await here.voice();
    await here.world.network.voice(bob, '#commons');
    const [hers, his] = [await here.server.client('Alice'), await here.server.client('Bob')];
    voice.say({ id: 'row', style: 'text', parts: ['hello'] });
    const line = await hers.got(/PRIVMSG/);
    here.signs?.away(userId, 'lunch');
    here.signs?.away(bob.userId, 'lunch');
    await his.got(/AWAY/);
    assert.equal(hers.lines.at(-1), line);
    const label = /label=(\w+)/.exec(line)?.[1];
    hers.send(`@label=${label};msgid=one :${hers.prefix} PRIVMSG #commons hello`);
    await hers.got(/AWAY :?lunch/);
  });
});

describe('what a person of Matrix has read', { timeout: 60_000 }, () => {
  const READ = { caps: `${CAPS} draft/read-marker` };
  const now = Date.now();
  const at = (ms: number): string => `timestamp=${new Date(ms).toISOString()}`;
  /** Logged in, as far as the server says. */
  const loggedIn: FakeServerOptions['answer'] = (client, command, params) => {
    if (command === 'JOIN' && client.nick === 'Alice')
      return [
        `:fake.test 900 Alice ${client.prefix} alice :You are logged in`,
        `:${client.prefix} JOIN ${params[0]}`,
        `:fake.test MARKREAD ${params[0]} *`,
      ];
    return undefined;
  };

  test('is told forward only, of channels that their connection is in', async (t) => {
    const here = await world(t, { ...READ, answer: loggedIn }, { readMarkers: true });
    await here.voice();
    const puppet = await here.server.client('Alice');
    const { signs } = here;
    signs?.read(userId, '#elsewhere', now);
    signs?.read(userId, '#commons', now - 5_000);
    signs?.read(userId, '#commons', now - 9_000);
    assert.match(await puppet.got(/MARKREAD/), new RegExp(`^@label=\\w+ MARKREAD #commons ${at(now - 5_000)}$`));
    signs?.read(userId, '#commons', now - 7_000);
    signs?.read(userId, '#commons', now - 1_000);
    await puppet.got(new RegExp(at(now - 1_000)));
    // A clock that is ahead marks nothing as read that is still to come.
    signs?.read(userId, '#commons', now + 3_600_000);
    await waitUntil(() => puppet.lines.filter((line) => line.includes('MARKREAD')).length === 3, { what: 'the third' });
    const last = /timestamp=(.*)$/.exec(puppet.lines.findLast((line) => line.includes('MARKREAD')) ?? '')?.[1] ?? '';
    assert.ok(Date.parse(last) < now + 60_000);
    // What was written to them alone has a marker under the nick.
    signs?.read(userId, 'carol', now);
    await puppet.got(new RegExp(`MARKREAD carol ${at(now)}$`));
  });

  test('is not told where nobody asks for it, nor of a nick without an account', async (t) => {
    for (const [options, config] of [
      [{ ...READ, answer: loggedIn }, {}],
      [READ, { readMarkers: true }],
    ] as const) {
      const here = await world(t, options, config);
      await here.voice();
      const puppet = await here.server.client('Alice');
      here.signs?.read(userId, '#commons', now);
      here.signs?.away(userId, 'behind it');
      await puppet.got(/AWAY/);
      assert.deepEqual(
        puppet.lines.filter((line) => line.includes('MARKREAD')),
        [],
      );
    }
  });
});
