import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SERVER } from '../fakes/fake-homeserver.ts';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, markOf, scriptedScene } from './freeq-scene.ts';

/** What a demanding user of freeq would check. Those that speak of a client are each named by a test below. */
const BEHAVIOURS: Readonly<Record<number, string>> = {
  1: 'A login with a key of the bridge’s own works without the internet; a refused one is no login as a guest and is not tried in a loop; a nick that the server assigns is accepted.',
  2: 'It works as a plain guest, and says so in its status.',
  3: 'Somebody of another server is shown as «via» that server and never as verified; an AT Protocol identity, a self-issued one and a guest are told apart.',
  4: 'A guest who forges an account or an origin is not shown as that identity.',
  5: 'The same nick at two servers is two people, and a local and a remote one never merge; a DID stays one person over changes of nick and reconnects.',
  6: 'Messages of other servers, with a bare nick and without a time, come with the time in their id and in order.',
  7: 'What is shown at a join and what history gives are no doubles; a gap is filled page by page, with its edits, deletions and reactions.',
  8: 'Edits pass both ways, always as edits of the first version, signed where freeq asks for it.',
  9: 'Deletions and redactions pass both ways, also by an operator and of what was edited, and what was deleted stays deleted.',
  10: 'Reactions come and go both ways, also over servers, and none comes back with the history.',
  11: 'Replies pass both ways and name the first version.',
  12: 'A long message of Matrix is one message of several lines; each of freeq’s forms of several lines is one event.',
  13: 'Actions, notices and Markdown keep their kind; no formatting becomes a line of its own.',
  14: 'Files pass with their description, size and measures.',
  15: 'Typing, being away, topics and pins pass as far as they can.',
  16: 'Channels with a wall stay walled, encrypted channels get no plain text, and a refusal is told.',
  17: 'Invitations are answered as configured; only the server’s own word makes an operator.',
  18: 'A burst arrives whole and in order at the pace that the server allows; no line is too long for it.',
  19: 'Private messages are addressed by DID.',
  20: 'As a peer: the handshake holds against everything that is not signed, fresh and meant.',
  21: 'As a peer: nothing that we send weakens a channel or names somebody who is not ours.',
  22: 'When a link between servers is lost, people vanish without a word and come back without noise.',
  23: 'Nothing of ours comes back, and nothing is said twice, whatever is cut and when.',
  24: 'It works with an older server.',
  25: 'Account, origin, id and signature are kept with every event.',
};

/** Not a client’s affair, or decided without a server. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  20: 'the bridge is no peer yet',
  21: 'the bridge is no peer yet',
};

describe('a bridge on freeq: who is who', { timeout: 280_000 }, () => {
  behaves([1], 'logs in with its own key, and the same one next time', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.send('WHOIS causeway');
    const before = await alice.gotLine(/ 330 alice causeway /);
    assert.match(before.params[2] ?? '', /^did:key:z6Mk/);
    world.kill();
    await world.run();
    await world.listening();
    alice.lines.length = 0;
    alice.send('WHOIS causeway');
    assert.deepEqual((await alice.gotLine(/ 330 alice causeway /)).params, before.params);
    alice.say(CHANNEL, 'hello from freeq');
    assert.equal((await world.message('hello from freeq')).content.msgtype, 'm.text');
    world.say('Bob', 'hello from Matrix');
    const heard = await alice.gotLine(/ PRIVMSG #commons :hello from Matrix/);
    assert.match(heard.prefix ?? '', /^Bob!bob@freeq\/key\//);
  });

  behaves([1], 'takes the nick that the server gives it, and knows itself by it', 'both', async (scene) => {
    await scene.person('causeway', { channels: ['#other'] });
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.send(`NAMES ${CHANNEL}`);
    await alice.got(/ 353 alice = #commons :.*causeway-[a-z0-9]{8}/);
    alice.say(CHANNEL, 'hello');
    await world.message('hello');
    world.say('Bob', 'hello back');
    await alice.got(/ PRIVMSG #commons :hello back/);
    alice.say(CHANNEL, 'again');
    await world.message('again');
    assert.deepEqual(world.lines(), ['hello', 'again']);
  });

  behaves([1, 5], 'has a member called what they asked for, also after reconnects', 'both', async (scene) => {
    const world = await scene.bridge({ timings: { renameMs: 0 } });
    const alice = await scene.person('alice');
    const calledAs = async (text: string, hearer = alice): Promise<string | undefined> => {
      world.say('Bob', text);
      return (await hearer.gotLine(new RegExp(` PRIVMSG #commons :${text}`), 20_000)).prefix?.split('!')[0];
    };
    const before = await calledAs('at first');
    world.say('Bob', '!causeway nick kestrel');
    await alice.got(/^:Bob!\S+ NICK :?kestrel/);
    const wished = await calledAs('as wished');
    world.kill();
    await world.run();
    await world.listening();
    const restarted = await calledAs('the bridge is back');
    await scene.stage.restart();
    const again = await scene.person('alice', { key: alice.key ?? makeKeyHolder() });
    await world.listening();
    const back = await calledAs('the server is back', again);
    assert.deepEqual([before, wished, restarted, back], ['Bob', 'kestrel', 'kestrel', 'kestrel']);
  });

  behaves(
    [1],
    'is not let in as a guest by a refused login, and does not try it in a loop',
    'scripted',
    async (scene) => {
      const { server } = scene;
      const attempts: number[] = [];
      server.onLine = (session, line) => {
        if (line.startsWith('AUTHENTICATE ey')) {
          attempts.push(Date.now());
          session.challenge = Buffer.from('something else was signed');
        }
        return 'take';
      };
      const starting = scene.bridge();
      await waitUntil(() => attempts.length > 1, { what: 'a second attempt' });
      const [first = 0, second = 0] = attempts;
      assert.ok(second - first >= 500, `again after ${second - first} ms`);
      assert.deepEqual(
        server.sessions.filter(({ registered }) => registered),
        [],
      );
      server.onLine = () => 'take';
      server.cut();
      const world = await starting;
      assert.equal(world.network?.status().state, 'up');
    },
  );

  behaves([1], 'speaks over WebSockets as well', 'both', async (scene) => {
    const server = { host: '127.0.0.1', port: scene.stage.webPort, tls: false, webSocket: '/irc' };
    const world = await scene.bridge({ network: { server } });
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'hello, ünïcödé');
    await world.message('hello, ünïcödé');
    world.say('Bob', 'hello back, ünïcödé');
    await alice.got(/ PRIVMSG #commons :hello back, ünïcödé/);
  });

  behaves([2], 'works as a guest, and says so', 'both', async (scene) => {
    const world = await scene.bridge({ network: { freeq: { login: 'guest' } } });
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'hello');
    await world.message('hello');
    world.say('Bob', 'hello back');
    const heard = await alice.gotLine(/ PRIVMSG #commons :hello back/);
    assert.match(heard.prefix ?? '', /@freeq\/guest$/);
    assert.match(world.network?.status().problem ?? '', /guest on freeq/);
  });

  behaves([3, 25], 'shows who vouches for people of another server', 'pair', async (scene) => {
    const world = await scene.bridge();
    const bob = await scene.person('bob@B');
    bob.say(CHANNEL, 'from B');
    const event = await world.message('from B');
    assert.equal(world.nameOf(event.sender), 'bob via B.test');
    const { msgid, ...mark } = markOf(event);
    assert.match(String(msgid), /^[0-9A-Z]{26}$/);
    assert.deepEqual([mark.origin, mark.account, mark.assurance], ['B.test', bob.key?.did, 'peer-vouched']);
  });

  behaves([3, 4], 'tells a guest from somebody with an account, whatever the guest writes', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const gina = await scene.person('gina', { guest: true, user: 'x@freeq/key/z6Mkfake' });
    alice.say(CHANNEL, 'the real one');
    const real = await world.message('the real one');
    gina.say(CHANNEL, 'I am alice', { account: alice.key?.did ?? '' });
    gina.say(CHANNEL, 'I am of B', { account: alice.key?.did ?? '', '+freeq.at/origin': 'B.test', msgid: 'SPOOF' });
    const [forged, remote] = [await world.message('I am alice'), await world.message('I am of B')];
    assert.deepEqual(
      [real, forged, remote].map((event) => [markOf(event).account ?? null, markOf(event).nick]),
      [
        [alice.key?.did, 'alice'],
        [null, 'gina'],
        [null, 'gina'],
      ],
    );
    assert.equal(new Set([real.sender, forged.sender, remote.sender]).size, 3);
    assert.equal(markOf(forged).assurance, 'anonymous');
    assert.notEqual(markOf(remote).origin, 'B.test');
    assert.notEqual(markOf(remote).msgid, 'SPOOF');
  });

  behaves([5], 'keeps people of one nick at several servers apart', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const [first, second] = [scene.peer('J.test'), scene.peer('K.test')];
    for (const peer of [first, second]) peer.join('zed', CHANNEL);
    first.say('zed', CHANNEL, 'zed of J');
    second.say('zed', CHANNEL, 'zed of K');
    first.say('alice', CHANNEL, 'alice of J');
    alice.say(CHANNEL, 'alice of here');
    const texts = ['zed of J', 'zed of K', 'alice of J', 'alice of here'];
    const events = await Promise.all(texts.map((text) => world.message(text)));
    assert.equal(new Set(events.map(({ sender }) => sender)).size, 4);
  });

  behaves([5], 'keeps a DID one person when the nick changes and after a reconnect', 'both', async (scene) => {
    const world = await scene.bridge();
    const key = makeKeyHolder();
    const alice = await scene.person('alice', { key });
    alice.say(CHANNEL, 'first');
    const { sender } = await world.message('first');
    alice.send('NICK renamed');
    alice.say(CHANNEL, 'second');
    assert.equal((await world.message('second')).sender, sender);
    await alice.close();
    const again = await scene.person('alice', { key });
    again.say(CHANNEL, 'third');
    assert.equal((await world.message('third')).sender, sender);
  });

  behaves([19], 'takes private words to whom the DID is, whatever their nick is now', 'both', async (scene) => {
    const world = await scene.bridge();
    const [alice, gina] = [await scene.person('alice'), await scene.person('gina', { guest: true })];
    world.say('Bob', 'here');
    await alice.got(/ PRIVMSG #commons here/);
    alice.say('Bob', 'in private');
    const bob = `@bob:${SERVER}`;
    const room = await world.directRoom(bob);
    world.homeserver.happen(room, bob, 'm.room.member', { membership: 'join' }, bob);
    const told = await waitUntil(
      () => world.homeserver.room(room).events.find(({ content }) => content.body === 'in private'),
      { what: 'the private line' },
    );
    assert.equal(markOf(told).account, alice.key?.did);
    world.homeserver.happen(room, bob, 'm.room.message', { msgtype: 'm.text', body: 'an answer' });
    await alice.got(/^@\S+ :Bob!\S+ PRIVMSG alice :an answer/);
    alice.send('NICK alicia');
    await alice.got(/ NICK :alicia/);
    world.homeserver.happen(room, bob, 'm.room.message', { msgtype: 'm.text', body: 'still you' });
    await alice.got(/ PRIVMSG alicia :still you/);
    await gina.flush();
    assert.equal(
      gina.lines.some((line) => /an answer|still you/.test(line)),
      false,
    );
    assert.equal(world.bodies().includes('in private'), false);
  });

  test('24: works with a server of spring 2026', async (t) => {
    const scene = await scriptedScene(t, 'scripted', { older: true });
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const peer = scene.peer('J.test');
    peer.join('zed', CHANNEL);
    alice.say(CHANNEL, 'hello');
    await world.message('hello');
    peer.say('zed', CHANNEL, 'from afar');
    const remote = await world.message('from afar');
    assert.equal(markOf(remote).assurance, 'anonymous');
    world.say('Bob', 'hello back');
    await alice.got(/ PRIVMSG #commons :hello back/);
    assert.deepEqual(world.lines(), ['hello', 'from afar']);
  });

  test('every behaviour that concerns a client is named by a test', () => {
    const here = globSync('freeq-client*.test.ts', { cwd: import.meta.dirname });
    const text = here.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
    const lists = [...text.matchAll(/behaves\(\s*\[([\d, ]+)\]|test\('(\d+): /g)].map(
      ([, list, one]) => list ?? one ?? '',
    );
    const named = new Set(lists.flatMap((list) => list.split(',').map(Number)));
    const without = Object.keys(BEHAVIOURS).filter(
      (number) => !named.has(Number(number)) && !(Number(number) in ELSEWHERE),
    );
    assert.deepEqual(without, []);
  });
});
