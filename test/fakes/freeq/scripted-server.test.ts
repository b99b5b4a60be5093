import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { waitUntil } from '../../servers/people.ts';
import { ManualClock } from '../manual-clock.ts';
import { makeKeyHolder } from './did-key.ts';
import { link } from './federation.ts';
import { FreeqPerson, type PersonOptions } from './person.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { type FreeqOptions, FreeqServer } from './server.ts';

/** Only what concerns the scripted server itself; what it shares with real ones is in test/contract/freeq-client.test.ts. */
describe('the scripted freeq server', () => {
  async function scene(t: TestContext, options: FreeqOptions = {}) {
    const server = await FreeqServer.start(options);
    t.after(() => server.stop());
    const connect = async (person: PersonOptions): Promise<FreeqPerson> => {
      const connected = await FreeqPerson.connect(server.ports.irc, person);
      t.after(() => connected.vanish());
      return connected;
    };
    return { server, connect };
  }

  test('lets two people talk, with echo and history', async (t) => {
    const { connect } = await scene(t);
    const alice = await connect({ nick: 'alice', key: makeKeyHolder(), channels: ['#c'] });
    const gina = await connect({ nick: 'gina', channels: ['#c'] });
    alice.say('#c', 'hello you');
    const seen = await gina.gotLine(/ PRIVMSG #c :hello you/);
    const echo = await alice.gotLine(/ PRIVMSG #c :hello you/);
    assert.equal(seen.tags.get('account'), alice.key?.did);
    assert.equal(echo.tags.get('msgid'), seen.tags.get('msgid'));
    const late = await connect({ nick: 'late', channels: ['#c'] });
    const told = await late.gotLine(/ PRIVMSG #c :hello you/);
    assert.equal(told.tags.get('msgid'), seen.tags.get('msgid'));
  });

  test('keeps its log and nicks over a kill, and forgets who was where', async (t) => {
    const { server, connect } = await scene(t);
    const key = makeKeyHolder();
    const alice = await connect({ nick: 'alice', key, channels: ['#c'] });
    alice.say('#c', 'before the kill');
    await alice.flush();
    await server.restart();
    const gina = await connect({ nick: 'alice', channels: ['#c'] });
    assert.match(gina.nick, /^Guest\d+$/);
    await gina.got(/ PRIVMSG #c :before the kill/);
    assert.deepEqual(server.channel('#c')?.members.size, 1);
  });

  test('hides the end of somebody with an account for thirty seconds, by the clock that it was given', async (t) => {
    const clock = new ManualClock();
    const { server, connect } = await scene(t, { clock });
    const gina = await connect({ nick: 'gina', channels: ['#c'] });
    const alice = await connect({ nick: 'alice', key: makeKeyHolder(), channels: ['#c'] });
    alice.vanish();
    await waitUntil(() => server.ghosts.size === 1);
    clock.advance(29_999);
    await gina.flush();
    assert.equal(
      gina.lines.some((line) => line.includes(' QUIT ')),
      false,
    );
    clock.advance(1);
    await gina.got(/^:alice!alice@freeq\/key\/\S+ QUIT :Connection closed/);
  });

  test('does with a line what a test decides', async (t) => {
    const { server, connect } = await scene(t);
    const alice = await connect({ nick: 'alice', channels: ['#c'] });
    server.onLine = (_session, line) => (line.includes('lost') ? 'lose' : line.includes('bye') ? 'takeAndCut' : 'take');
    alice.say('#c', 'lost');
    alice.say('#c', 'bye');
    await waitUntil(() => alice.isClosed);
    assert.deepEqual(
      server.store.rows.map(({ text }) => text),
      ['bye'],
    );
  });

  test('speaks over WebSockets, a line in each frame', async (t) => {
    const { server } = await scene(t);
    const socket = new WebSocket(server.url('ws'));
    const lines: string[] = [];
    socket.addEventListener('message', ({ data }) => lines.push(...String(data).split('\r\n').filter(Boolean)));
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    socket.send('NICK wanda');
    socket.send('USER wanda 0 * :Wanda');
    await new Promise<void>((resolve) =>
      socket.addEventListener('message', () => {
        if (lines.some((line) => line.includes(' 422 '))) resolve();
      }),
    );
    assert.equal(lines[0], ':A.test 001 wanda :Welcome to A.test, wanda (guest)');
    socket.close();
  });

  test('links with another, and people of the other vanish without a word when the link ends', async (t) => {
    const a = await scene(t);
    const b = await scene(t, { name: 'B.test' });
    const alice = await a.connect({ nick: 'alice', key: makeKeyHolder(), channels: ['#c'] });
    const bob = await b.connect({ nick: 'bob', channels: ['#c'] });
    link(a.server, b.server);
    alice.say('#c', 'across');
    const seen = await bob.gotLine(/ PRIVMSG #c /);
    assert.deepEqual(
      [seen.prefix, seen.tags.get('account'), seen.tags.get('+freeq.at/origin'), seen.tags.has('time')],
      ['alice', alice.key?.did, 'A.test', false],
    );
    a.server.unlink(b.server.id);
    await bob.flush();
    assert.equal(
      bob.lines.some((line) => line.includes(' QUIT ')),
      false,
    );
    assert.equal(b.server.channel('#c')?.remote.size, 0);
  });

  test('believes a peer that speaks as somebody of ours', async (t) => {
    const { server, connect } = await scene(t);
    const alice = await connect({ nick: 'alice', key: makeKeyHolder(), channels: ['#c'] });
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.say('alice', '#c', 'I am alice');
    const seen = await alice.gotLine(/ PRIVMSG #c :I am alice/);
    assert.deepEqual([seen.prefix, seen.tags.get('+freeq.at/origin')], ['alice', 'J.test']);
  });
});
