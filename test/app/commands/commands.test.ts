import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commandWorld } from './command-world.ts';

const ANNA = '@anna:willow.example';

describe('a command in the room of a channel', () => {
  test('is answered in reply, calls nobody but whoever asked, and goes to no channel', async () => {
    const { world, asks, answers } = await commandWorld();
    assert.match(await asks(ANNA, '!causeway help'), /^!causeway help \[COMMAND\]: what can be asked here\n/);
    const question = world.events.find(({ content }) => content.body === '!causeway help');
    const { msgtype, 'm.mentions': mentions, 'm.relates_to': relates } = answers().at(-1) ?? {};
    assert.deepEqual(
      [msgtype, mentions, relates, world.network.said],
      ['m.notice', { user_ids: [ANNA] }, { 'm.in_reply_to': { event_id: question?.event_id } }, []],
    );
  });

  test('that does not exist is answered with the nearest', async () => {
    const { asks } = await commandWorld();
    assert.match(await asks(ANNA, '!causeway mentoins off'), /Did you mean `!causeway mentions`\?/);
    assert.match(await asks(ANNA, '!causeway constructor'), /^There is no command constructor here\./);
  });
});

describe('names', () => {
  test('says who of the network is in the channel, by nick, with how many', async () => {
    const { asks } = await commandWorld([
      { nick: 'zoe', account: null },
      { nick: 'Al', account: 'alice' },
      { nick: 'al', account: 'did:plc:abcdefgh', origin: 'oak.example' },
    ]);
    assert.equal(
      await asks(ANNA, '!causeway names'),
      '3 people of the network are in #commons on home: Al, al via oak.example, zoe.',
    );
  });

  test('lists no more than a message holds, and counts the others', async () => {
    const { asks } = await commandWorld(Array.from({ length: 500 }, (_, n) => ({ nick: `n${n}`, account: null })));
    const answer = await asks(ANNA, '!causeway names');
    assert.match(answer, /^500 people of the network are in #commons on home: n0, n1, .*, and 440 more\.$/);
    assert.ok(answer.length < 1_000);
  });

  test('claims nothing while the network is away', async () => {
    const { world, asks } = await commandWorld([{ nick: 'zoe', account: null }]);
    world.network.goDown(600_000);
    assert.equal(
      await asks(ANNA, '!causeway names'),
      'The bridge does not see who is in #commons on home now. It goes on trying.',
    );
  });
});

describe('status', () => {
  test('says how the link of the room stands', async () => {
    const { world, asks } = await commandWorld();
    world.onMatrix(ANNA, 'hello');
    await world.clock.until('it is said', () => world.network.said.length === 1);
    await world.clock.until('all is done', () => world.isQuiet());
    assert.match(
      await asks(ANNA, '!causeway status'),
      /^#commons on home .*\. The newest line took \d+ ms to the channel\. Nothing waits\. Since the bridge started 0 were refused by the network and 0 of the channel were not let in\.$/,
    );
  });

  test('says what waits, and for how long, while the network is away', async () => {
    const { world, asks } = await commandWorld();
    world.network.goDown(600_000);
    for (const text of ['one', 'two']) world.onMatrix(ANNA, text);
    await world.clock.pass(30_000);
    assert.match(
      await asks(ANNA, '!causeway status'),
      / home cannot be reached now; lines are kept and sent in order\. No line has passed since the bridge started\. Waiting: 0 to Matrix, 2 to the channel, the oldest for 30 s\. /,
    );
  });
});

describe('nick', () => {
  test('alone says what somebody is called, and with a name has them called so, also after a restart', async () => {
    const { world, asks, restart } = await commandWorld();
    world.network.nicks.set('anna', ANNA);
    assert.equal(await asks(ANNA, '!causeway nick'), 'You are anna on home.');
    assert.equal(await asks(ANNA, '!causeway nick kestrel'), 'You are kestrel on home.');
    assert.deepEqual([...world.network.nicks], [['kestrel', ANNA]]);
    await restart();
    world.network.nicks.clear();
    assert.equal(
      await asks(ANNA, '!causeway nick'),
      'You have no connection of your own on home now. When you speak there you are kestrel, or like it where that is taken.',
    );
    await asks(ANNA, '!causeway nick -');
    assert.match(await asks(ANNA, '!causeway nick'), /When you speak there you are anna, /);
  });

  test('that the network refuses is told with its words, and is not asked for again', async () => {
    const { world, asks } = await commandWorld();
    world.network.nicks.set('anna', ANNA).set('kestrel', null);
    assert.equal(await asks(ANNA, '!causeway nick kestrel'), 'irc.433 You are still anna on home.');
    world.network.nicks.delete('anna');
    assert.match(await asks(ANNA, '!causeway nick'), /When you speak there you are anna, /);
  });

  test('is one word without anything that a line or a list could be broken with', async () => {
    const { world, asks } = await commandWorld();
    world.network.nicks.set('anna', ANNA);
    for (const bad of ['#commons', 'a,b', '@op', 'a!b@c', '9lives', ':x', `x${'y'.repeat(40)}`, 'a\u202eb'])
      assert.match(await asks(ANNA, `!causeway nick ${bad}`), /^A nick is one word/);
    assert.deepEqual([...world.network.nicks], [['anna', ANNA]]);
  });
});
