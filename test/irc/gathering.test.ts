import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const alice = person('Alice');

/** A server without history, in whose channel these people are when somebody joins. */
async function world(people: string[], more: { readonly caps?: string; readonly gatherMs?: number } = {}) {
  const server = await FakeIrcServer.start({
    ...(more.caps !== undefined && { caps: more.caps }),
    answer: (client, command, [channel = '']) =>
      command !== 'JOIN'
        ? undefined
        : [
            `:${client.prefix} JOIN ${channel}`,
            `:fake.test 353 ${client.nick} = ${channel} :${[client.nick, ...people].join(' ')}`,
            `:fake.test 366 ${client.nick} ${channel} :End`,
          ],
  });
  const there = new NetworkWorld({
    port: server.port,
    config: { puppets: { mode: 'relay' } },
    timings: { backoffFirstMs: 20, backoffMaxMs: 50, ...(more.gatherMs !== undefined && { gatherMs: more.gatherMs }) },
  });
  await there.listening();
  /** The server drops the bot, which comes back. */
  const dropped = async (): Promise<void> => {
    const bot = await server.client('causeway');
    bot.drop();
    await waitUntil(() => !server.clients.includes(bot), { what: 'the bot to be gone' });
    await there.listening();
  };
  return { server, network: there.network, there, dropped };
}

const codeOf = async (network: NetworkWorld['network']): Promise<string> => {
  const voice = await network.voice(alice, '#commons');
  return voice.ok ? 'may speak' : voice.error.code;
};

describe('lines to a channel whose server keeps nothing for those who come back later', () => {
  test('wait until people are back after the server was away', async (t) => {
    const people = ['carol', 'dan'];
    const { server, network, there, dropped } = await world(people);
    t.after(async () => {
      await network.stop('bye');
      await server.stop();
    });
    assert.equal(await codeOf(network), 'may speak');
    people.length = 0;
    await dropped();
    assert.equal(await codeOf(network), 'irc_gathering');
    const said = there.say(alice, 'is anybody there?');
    const bot = await server.client('causeway');
    bot.send(':carol!u@h JOIN #commons');
    await waitUntil(() => there.rosterChanges.some(({ change }) => change.kind === 'join'), { what: 'carol' });
    assert.equal(await codeOf(network), 'irc_gathering');
    assert.equal(
      bot.lines.some((line) => line.startsWith('PRIVMSG')),
      false,
    );
    bot.send(':dan!u@h JOIN #commons');
    assert.equal((await said).ok, true);
    assert.equal(bot.lines.filter((line) => line.startsWith('PRIVMSG #commons')).length, 1);
  });

  test('wait for those who were seen to quit with the server, too', async (t) => {
    const people = ['carol', 'dan'];
    const { server, network, there, dropped } = await world(people);
    t.after(async () => {
      await network.stop('bye');
      await server.stop();
    });
    people.length = 0;
    const bot = await server.client('causeway');
    bot.send(':carol!u@h QUIT :Server going down', ':dan!u@h QUIT :Server going down');
    await waitUntil(() => there.rosterChanges.filter(({ change }) => change.kind === 'leave').length === 2, {
      what: 'both to be gone',
    });
    await dropped();
    assert.equal(await codeOf(network), 'irc_gathering');
  });

  test('do not wait for ever', async (t) => {
    const people = ['carol'];
    const { server, network, there, dropped } = await world(people, { gatherMs: 300 });
    t.after(async () => {
      await network.stop('bye');
      await server.stop();
    });
    people.length = 0;
    await dropped();
    assert.equal(await codeOf(network), 'irc_gathering');
    assert.equal((await there.say(alice, 'nobody came')).ok, true);
  });

  test('do not wait where only we were away, though one of many left meanwhile', async (t) => {
    const people = Array.from({ length: 20 }, (_, n) => `nick${n}`);
    const { server, network, dropped } = await world(people);
    t.after(async () => {
      await network.stop('bye');
      await server.stop();
    });
    people.pop();
    await dropped();
    await waitUntil(async () => (await codeOf(network)) === 'may speak', { timeoutMs: 3_000, what: 'a voice' });
  });

  test('do not wait where people can read up what they missed', async (t) => {
    const people = ['carol', 'dan'];
    const { server, network, dropped } = await world(people, { caps: 'batch draft/chathistory' });
    t.after(async () => {
      await network.stop('bye');
      await server.stop();
    });
    people.length = 0;
    await dropped();
    assert.equal(await codeOf(network), 'may speak');
  });
});
