import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commandWorld } from './command-world.ts';

const MEMBERS = [
  { nick: 'zoe', account: null },
  { nick: 'Al', account: 'alice' },
];

describe('somebody at the command line', () => {
  test('asks about a channel by its name, with and without its sign and its network, or by its room', async () => {
    const { world, asksAtTerminal } = await commandWorld(MEMBERS);
    const answer = {
      ok: true,
      text: '2 people of the network are in #commons on home: Al, zoe.',
      facts: { network: 'home', channel: '#commons', people: MEMBERS },
    };
    for (const named of ['#commons', 'commons', 'COMMONS', 'home/#commons', 'home/commons', world.room])
      assert.deepEqual(await asksAtTerminal('names', named), answer, named);
    assert.deepEqual(await asksAtTerminal('names', 'common'), {
      ok: false,
      text: 'There is no link of common. `causeway status --all` lists those that there are.',
    });
  });

  test('hears of one link what its room is told, and the facts', async () => {
    const { asks, asksAtTerminal } = await commandWorld(MEMBERS);
    const { ok, text, facts } = await asksAtTerminal('status', 'commons');
    assert.deepEqual([ok, text], [true, await asks('@anna:willow.example', '!causeway status')]);
    const { network, channel, refused } = facts as Record<string, unknown>;
    assert.deepEqual([network, channel, refused], ['home', '#commons', 0]);
  });

  test('learns who somebody is, whatever channel they are in and whichever name the room shows', async () => {
    const { asksAtTerminal } = await commandWorld(MEMBERS);
    assert.match((await asksAtTerminal('whois', 'zoe')).text, /^zoe is somebody on home\. /);
    assert.match((await asksAtTerminal('whois', '@anna:willow.example')).text, /is an account on willow\.example/);
    assert.match((await asksAtTerminal('whois', 'nobody', 'at', 'all')).text, /^Nobody called nobody at all is here/);
  });

  test('is told what is wrong, as a refusal', async () => {
    const { asksAtTerminal } = await commandWorld();
    assert.deepEqual(
      [
        await asksAtTerminal('names'),
        await asksAtTerminal('optout'),
        await asksAtTerminal('check'),
        await asksAtTerminal('naems', 'commons'),
        await asksAtTerminal('plans'),
      ],
      [
        {
          ok: false,
          text: 'Say `causeway names CHANNEL`: CHANNEL is a channel, NETWORK/CHANNEL, or its room; a shell wants a `#` in quotes.',
        },
        {
          ok: false,
          text: 'Say this in a room of the bridge on Matrix, or in a private message to the bot on a network.',
        },
        { ok: false, text: 'This is no question to the bridge: its command line does it by itself.' },
        {
          ok: false,
          text: 'There is no command naems here. Did you mean `causeway names`? `causeway help` lists what there is.',
        },
        { ok: false, text: 'This bridge asks no authority (authority.source: none): it lets everybody in.' },
      ],
    );
  });
});
