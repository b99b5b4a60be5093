import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { FakeIrcServer, type FakeServerOptions } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';

const CAPS =
  'batch message-tags server-time echo-message labeled-response account-tag draft/message-redaction draft/relaymsg=/';
const alice = person('Alice');
const target = keyFromMsgid('first');

/** Forms of drafts that servers write differently, or that only some of them have; the usual ones are in gestures.test.ts. */
describe('what drafts of IRCv3 look like on the wire', { timeout: 60_000 }, () => {
  async function world(
    t: TestContext,
    options: FakeServerOptions = {},
    config: Readonly<Record<string, unknown>> = {},
  ) {
    const server = await FakeIrcServer.start({ caps: CAPS, ...options });
    const here = new NetworkWorld({ port: server.port, config });
    t.after(async () => {
      await here.network.stop('bye');
      await server.stop();
    });
    await here.listening();
    const voice = async () => {
      const answer = await here.network.voice(alice, '#commons');
      assert.ok(answer.ok);
      return answer.value;
    };
    return { server, here, voice };
  }
  const relaying = { puppets: { mode: 'relay' } };
  const labelIn = (line: string): string => /label=(\w+)/.exec(line)?.[1] ?? '';

  test('a reaction in the spelling that the server lets through, given and taken back', async (t) => {
    const { server, voice } = await world(t, { isupport: 'CLIENTTAGDENY=*,-reply,-react,-unreact' });
    const { react } = await voice();
    const puppet = await server.client('Alice');
    void react?.({ target, emoji: '👍', removed: false });
    assert.match(await puppet.got(/react=/), /^@\+reply=first;\+react=👍;label=\w+ TAGMSG #commons$/);
    puppet.send('@label=1 :fake.test ACK');
    void react?.({ target, emoji: '👍', removed: true });
    assert.match(await puppet.got(/unreact=/), /^@\+reply=first;\+unreact=👍;label=\w+ TAGMSG #commons$/);
  });

  test('a reaction taken back in either spelling, and typing in either', async (t) => {
    const { server, here } = await world(t);
    const bot = await server.client('causeway');
    bot.send(
      '@msgid=1;+reply=first;+unreact=👍 :carol!c@h TAGMSG #commons',
      '@msgid=2;+draft/reply=first;+draft/unreact=👍 :carol!c@h TAGMSG #commons',
      '@+draft/typing=active :carol!c@h TAGMSG #commons',
      '@+typing=paused :carol!c@h TAGMSG #commons',
      '@+typing=active :dave!c@h TAGMSG #commons',
      ':carol!c@h PRIVMSG #commons :last',
    );
    await here.hears('carol: last');
    const taken = here.memory.events.filter(({ kind }) => kind === 'reaction');
    assert.deepEqual(
      taken.map((event) => 'removed' in event && [event.key, event.emoji, event.removed]),
      [
        ['m:1', '👍', true],
        ['m:2', '👍', true],
      ],
    );
    assert.deepEqual(here.typings, ['carol active', 'carol done', 'dave active']);
  });

  test('a line that is relayed under a person’s own nick, with what it answers, confirmed by its label', async (t) => {
    const { server, voice } = await world(t, {}, relaying);
    const bot = await server.client('causeway');
    const { say } = await voice();
    const { confirmed } = say({ id: 'row', style: 'text', parts: ['hello'], replyTo: target });
    const line = await bot.got(/RELAYMSG/);
    assert.match(line, /^@[^ ]*\+reply=first;\+draft\/reply=first[^ ]* RELAYMSG #commons Alice\/mx hello$/);
    bot.send(`@draft/relaymsg=causeway;label=${labelIn(line)};msgid=m1 :Alice/mx!u@h PRIVMSG #commons :hello`);
    assert.deepEqual(await confirmed, { ok: true, value: { keys: [keyFromMsgid('m1')] } });
  });

  for (const refusal of [
    ':fake.test FAIL RELAYMSG PRIVS_NEEDED #commons :Insufficient privileges',
    ':fake.test FAIL RELAYMSG NOT_ENABLED #commons :RELAYMSG has been disabled',
    ':fake.test 573 causeway #commons :Invalid relayed nickname',
  ])
    test(`a relayed line that is refused (${refusal.split(' ').slice(1, 4).join(' ')}) is said with the name in front`, async (t) => {
      const { server, voice } = await world(t, {}, relaying);
      const bot = await server.client('causeway');
      const { say } = await voice();
      const { confirmed } = say({ id: 'row', style: 'text', parts: ['hello'] });
      bot.send(`@label=${labelIn(await bot.got(/RELAYMSG/))} ${refusal}`);
      const line = await bot.got(/PRIVMSG/);
      assert.match(line, / PRIVMSG #commons :<Alice> hello$/);
      bot.send(`@label=${labelIn(line)};msgid=m1 :${bot.prefix} PRIVMSG #commons :<Alice> hello`);
      assert.equal((await confirmed).ok, true);
    });

  test('somebody whom a channel mutes behind the relay is told so', async (t) => {
    const { server, voice } = await world(t, {}, relaying);
    const bot = await server.client('causeway');
    const { say } = await voice();
    const { confirmed } = say({ id: 'row', style: 'text', parts: ['hello'] });
    const label = labelIn(await bot.got(/RELAYMSG/));
    bot.send(`@label=${label} :fake.test FAIL RELAYMSG BANNED #commons Alice/mx :You are banned`);
    const refused = await confirmed;
    assert.deepEqual(refused.ok === false && [refused.error.code, refused.error.retry], ['irc_fail_banned', 'never']);
  });

  for (const [code, retry] of [
    ['REDACT_WINDOW_EXPIRED', 'never'],
    ['INVALID_TARGET', 'never'],
  ] as const)
    test(`a deletion that is refused with ${code} is told, and not tried for ever`, async (t) => {
      const { server, voice } = await world(t);
      const { redact } = await voice();
      const puppet = await server.client('Alice');
      const done = redact?.(target, '', true);
      const label = labelIn(await puppet.got(/REDACT/));
      puppet.send(`@label=${label} :fake.test FAIL REDACT ${code} #commons first :No`);
      const refused = await done;
      assert.equal(refused?.ok === false && refused.error.retry, retry);
      assert.match(refused?.ok === false ? refused.error.text : '', /^[A-Z#].*\.( \(.*\))?$/);
    });
});
