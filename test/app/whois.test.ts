import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MARKER } from '../../src/core/convert/marker.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { BOT } from '../fakes/fake-homeserver.ts';
import { CHANNEL, FakeWorld } from '../fakes/fake-world.ts';

const ANNA = '@anna:willow.example';

/** A running bridge with people in its channel. */
async function peopled(source = 'none'): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.config = { ...world.config, authority: { ...world.config.authority, source } } as typeof world.config;
  await world.start();
  await world.clock.until('the bridge runs', () => world.network.sink !== undefined && world.bridge !== undefined);
  await world.clock.pass(5_000);
  world.network.sink?.roster(CHANNEL, {
    kind: 'list',
    members: [
      { nick: 'Al', account: 'alice' },
      { nick: 'bob', account: null },
      { nick: 'al', account: 'did:plc:abcdefgh', origin: 'oak.example' },
    ],
  });
  return world;
}

const replies = (world: FakeWorld): unknown[] =>
  world.events
    .filter(({ sender, type }) => sender === BOT && type === 'm.room.message')
    .map(({ content }) => content.body);

async function asks(world: FakeWorld, text: string, more: object = {}): Promise<unknown> {
  const before = replies(world).length;
  world.homeserver.happen(world.room, ANNA, 'm.room.message', { msgtype: 'm.text', body: text, ...more });
  await world.clock.until('an answer', () => replies(world).length > before);
  return replies(world).at(-1);
}

describe('whois in a room', () => {
  test('says who vouches for each person of a name, however many servers there are', async () => {
    const world = await peopled();
    assert.equal(
      await asks(world, '!causeway whois AL'),
      [
        'Al is somebody on home. Logged in as alice on home, this cooperative’s own server, which vouches for the account. It is not linked to a member.',
        'al is somebody on home. Relayed from oak.example, which says that they are did:plc:abcdefgh. Nobody here checked that: neither home nor this cooperative; oak.example alone vouches for it. The account is an AT Protocol identity.',
      ].join('\n'),
    );
    assert.equal(
      await asks(world, '!causeway whois bob (IRC)'),
      'bob is somebody on home. Not logged in on home: only a name, which anybody may have taken. Nobody vouches for who it is.',
    );
  });

  test('says whose account a Matrix id is, and what a ghost stands for', async () => {
    const world = await peopled();
    assert.equal(
      await asks(world, '!causeway whois @eve:elm.example'),
      '@eve:elm.example is an account on elm.example, another homeserver, which alone vouches for it. This cooperative did not check it.',
    );
    assert.equal(
      await asks(world, `!causeway whois ${ANNA}`),
      '@anna:willow.example is an account on willow.example, this cooperative’s own homeserver, which vouches for it.',
    );
    assert.match(
      String(await asks(world, '!causeway whois @_causeway_home_o+elm.example+eve:willow.example')),
      /^eve is somebody on home\. Relayed from elm\.example, where this is only a name\. .* They are not there now\.$/,
    );
  });

  test('as a reply says what was known when it was said, and the event says the same', async () => {
    const world = await peopled();
    const source = { nick: 'al', account: 'did:key:z6Mk', origin: 'oak.example' };
    const line = { ...world.message('al', 'hi'), source, signature: 'unchecked', key: keyFromMsgid('01A') } as const;
    world.network.history.push({ ...line, link: 'https://oak.example/verify/01A' });
    world.network.happened.raise();
    await world.clock.until('the line', () => world.events.some(({ content }) => content.body === 'hi'));
    const said = world.events.find(({ content }) => content.body === 'hi');
    assert.deepEqual(said?.content, {
      msgtype: 'm.text',
      body: 'hi',
      'm.mentions': {},
      external_url: 'https://oak.example/verify/01A',
      [MARKER]: {
        keys: ['home|m:01A'],
        network: 'home',
        channel: CHANNEL,
        nick: 'al',
        account: 'did:key:z6Mk',
        origin: 'oak.example',
        assurance: 'peer-vouched',
        msgid: '01A',
        signature: 'unchecked',
      },
    });
    await world.clock.pass(1_000);
    const relates = { 'm.relates_to': { 'm.in_reply_to': { event_id: said?.event_id } } };
    assert.equal(
      await asks(world, '!causeway whois', relates),
      'When this was said: al is somebody on home. Relayed from oak.example, which says that they are did:key:z6Mk. Nobody here checked that: neither home nor this cooperative; oak.example alone vouches for it. The account is self-issued: whoever made it holds its key, and nothing more is known. Assurance: peer-vouched. It came with a signature that the bridge did not check.',
    );
    assert.equal(
      await asks(world, '!causeway whois nobody at all'),
      'Nobody called nobody at all is here now. Say `!causeway whois` in reply to what they said, on Matrix, to learn who vouched for it.',
    );
  });
});

describe('whois on a network', () => {
  test('names the Matrix user behind a puppet, and knows the people of the channels', async () => {
    const world = await peopled();
    world.network.nicks.set('anna-mx', ANNA);
    const asked = (text: string) => world.network.sink?.asked({ nick: 'bob', account: null }, text);
    await world.clock.pass(100);
    assert.equal(
      await asked('whois Anna-mx'),
      '@anna:willow.example is an account on willow.example, this cooperative’s own homeserver, which vouches for it.',
    );
    assert.match(String(await asked('whois bob')), /^bob is somebody on home\. Not logged in/);
  });

  test('somebody of another server cannot link an account: nobody here checked it', async () => {
    const world = await peopled('file');
    const asked = await world.network.sink?.asked({ nick: 'al', account: 'alice', origin: 'oak.example' }, 'link');
    assert.match(String(asked), /^Only another server says who you are here/);
  });
});
