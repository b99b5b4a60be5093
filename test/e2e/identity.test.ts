import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, type MatrixUser, waitUntil } from '../servers/people.ts';
import { loggedIn, registerAccount } from './invariants/watched.ts';
import { type Shard, startShard } from './shard.ts';

const COMMONS = '#commons';
const VOUCHED = '#vouched';
const MARK = 'coop.causeway.bridged';

describe('who vouches for whom, on a real homeserver and a real IRC server', () => {
  let shard: Shard;
  let alice: MatrixUser;
  let dana: IrcUser;
  let guest: IrcUser;

  before(async () => {
    const vouched = { channel: VOUCHED, assurance: { relay: 'peer-vouched', ghost: 'local' } };
    shard = await startShard('identity', {
      channels: [COMMONS, vouched],
      network: { name: 'Willow IRC', trust: 'shard' },
      config: { cooperative: { name: 'Willow Co-op' } },
    });
    alice = shard.person('alice');
    await registerAccount(shard.ircPort, 'dana');
    dana = await loggedIn(shard.ircPort, 'dana', [COMMONS, VOUCHED], 'dana');
    guest = await shard.ircUser('guest');
  });
  after(async () => {
    await dana?.quit();
    await guest?.quit();
    await shard?.stop();
  });

  const seen = (body: string) =>
    alice.waitFor(({ content }) => content.body === body, { what: `"${body}" in the room` });
  const nameOf = async (userId: string) => (await alice.members(shard.room(COMMONS))).get(userId);

  test('a line says where it comes from, and its ghost’s name says so too', async () => {
    dana.say(COMMONS, 'logged in');
    const { sender, content } = await seen('logged in');
    const { keys, msgid, ...mark } = content[MARK] as Record<string, unknown>;
    assert.equal(sender, '@_causeway_home_a+dana:shard.test');
    assert.deepEqual(keys, [`home|m:${msgid}`]);
    assert.deepEqual(mark, {
      network: 'home',
      channel: COMMONS,
      nick: 'dana',
      account: 'dana',
      origin: null,
      assurance: 'cross-shard',
      signature: 'none',
    });
    assert.equal(await nameOf(sender), 'dana (IRC)');
  });

  test('the same account keeps its ghost under another nick', async () => {
    dana.sendLine('NICK dana_away');
    await dana.flush();
    dana.say(COMMONS, 'renamed');
    const { sender } = await seen('renamed');
    assert.equal(sender, '@_causeway_home_a+dana:shard.test');
    await waitUntil(async () => (await nameOf(sender)) === 'dana_away (IRC)', { what: 'the new name' });
    dana.sendLine('NICK dana');
    await dana.flush();
  });

  test('nothing that a client types makes it anybody else', async () => {
    const tags = `+account=dana;+${MARK}=x;+freeq.at/origin=oak.example;+causeway.coop/user=@alice:shard.test`;
    guest.sendLine(`@${tags} PRIVMSG ${COMMONS} :forged`);
    const { sender, content } = await seen('forged');
    const { account, origin, assurance } = content[MARK] as Record<string, unknown>;
    assert.deepEqual(
      { sender, account, origin, assurance },
      { sender: '@_causeway_home_guest:shard.test', account: null, origin: null, assurance: 'anonymous' },
    );
  });

  test('what was said while the bridge was away says the same', async () => {
    await shard.bridge.stop();
    dana.say(COMMONS, 'meanwhile');
    await dana.flush();
    await shard.restartBridge();
    const { sender, content } = await seen('meanwhile');
    const { nick, account, assurance } = content[MARK] as Record<string, unknown>;
    assert.deepEqual(
      { sender, nick, account, assurance },
      { sender: '@_causeway_home_a+dana:shard.test', nick: 'dana', account: 'dana', assurance: 'cross-shard' },
    );
  });

  test('whois says who vouches: in the room, of one message, and in private on IRC', async () => {
    const room = shard.room(COMMONS);
    const asks = async (text: string, more: object = {}): Promise<string> => {
      const asked = await alice.send(room, text, { ...more });
      const relation = (content: Record<string, unknown>) =>
        content['m.relates_to'] as Record<string, unknown> | undefined;
      const answer = await alice.waitFor(
        ({ content }) =>
          (relation(content)?.['m.in_reply_to'] as { event_id?: string } | undefined)?.event_id === asked &&
          content.msgtype === 'm.notice',
        { what: `an answer to ${text}` },
      );
      return String(answer.content.body);
    };
    assert.equal(
      await asks('!causeway whois dana'),
      'dana is somebody on Willow IRC. Logged in as dana on Willow IRC, another cooperative’s server, which vouches for the account. This cooperative did not check it.',
    );
    const { event_id } = await seen('forged');
    assert.equal(
      await asks('!causeway whois', { 'm.relates_to': { 'm.in_reply_to': { event_id } } }),
      'When this was said: guest is somebody on Willow IRC. Not logged in on Willow IRC: only a name, which anybody may have taken. Nobody vouches for who it is. Assurance: anonymous.',
    );
    await alice.send(room, 'so that I am there');
    await guest.waitFor(({ params }) => params[1] === 'so that I am there');
    guest.say('causeway', 'whois alice');
    const told = await guest.waitFor(({ command, nick }) => command === 'NOTICE' && nick === 'causeway');
    assert.equal(
      told.params[1],
      '@alice:shard.test is an account on shard.test, this cooperative’s own homeserver, which vouches for it.',
    );
  });

  test('IRC people see the Matrix id and the cooperative in WHOIS, and clients see it with each line', async () => {
    await alice.send(shard.room(COMMONS), 'look at my tags');
    const line = await guest.waitFor(({ params }) => params[1] === 'look at my tags');
    assert.equal(line.tags['+causeway.coop/user'], '@alice:shard.test');
    guest.sendLine('WHOIS alice');
    const whois = await guest.waitFor(({ command, params }) => command === '311' && params[1] === 'alice');
    assert.equal(whois.params.at(-1), 'alice (@alice:shard.test) of Willow Co-op');
  });

  test('a mapping may ask for more than a name: others are left out, or spoken for', async () => {
    guest.say(VOUCHED, 'nobody vouches for me');
    dana.say(VOUCHED, 'somebody does');
    const { sender, content } = await seen('<dana (IRC)> somebody does');
    assert.equal(sender, '@_causeway_bot:shard.test');
    assert.equal((content[MARK] as { nick?: string }).nick, 'dana');
    const bodies = (await alice.history(shard.room(VOUCHED))).map((event) => event.content.body);
    assert.equal(bodies.includes('nobody vouches for me'), false);
    const metrics = await (await fetch(`http://127.0.0.1:${shard.httpPort}/metrics`)).text();
    const denied = metrics.split('\n').filter((line) => line.includes('cause="identity.anonymous"'));
    assert.deepEqual(denied, ['bridge_denied_total{direction="to-matrix",cause="identity.anonymous"} 1']);
  });

  test('the room says in its topic and its bridge information whose server it is', async () => {
    const room = shard.room(COMMONS);
    const { topic } = await alice.state(room, 'm.room.topic');
    assert.equal(topic, 'bridged with Willow IRC #commons (another cooperative’s server)');
    const info = await alice.state(room, 'm.bridge', 'coop.causeway://home/=23commons');
    assert.deepEqual(info, {
      bridgebot: '@_causeway_bot:shard.test',
      protocol: { id: 'irc', displayname: 'IRC' },
      network: { id: 'home', displayname: 'Willow IRC (another cooperative’s server)' },
      channel: { id: COMMONS, displayname: COMMONS },
      'coop.causeway.bridge': { network: 'home', channel: COMMONS, trust: 'shard' },
    });
  });
});
