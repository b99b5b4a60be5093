import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const CAPS =
  'batch message-tags server-time echo-message labeled-response account-tag draft/multiline draft/message-redaction';
const alice = person('Alice');
const target = keyFromMsgid('first');
const CAROL = { nick: 'carol', user: 'c', host: 'h', account: null };

describe('what people say to one of ours alone, and do there', { timeout: 60_000 }, () => {
  async function world(t: TestContext) {
    const absent = new Set<string>();
    const server = await FakeIrcServer.start({
      caps: CAPS,
      answer: (client, command, [nick = '']) =>
        command !== 'WHOIS'
          ? undefined
          : absent.has(nick)
            ? [
                `:fake.test 401 ${client.nick} ${nick} :No such nick`,
                `:fake.test 318 ${client.nick} ${nick} :End of WHOIS`,
              ]
            : [
                `:fake.test 311 ${client.nick} ${nick} c h * :Carol`,
                ...(nick === 'carol' ? [] : [`:fake.test 330 ${client.nick} ${nick} ${nick} :is logged in as`]),
                `:fake.test 318 ${client.nick} ${nick} :End of WHOIS`,
              ],
    });
    const here = new NetworkWorld({ port: server.port, timings: { backoffFirstMs: 20, gatherMs: 1_000 } });
    t.after(async () => {
      await here.network.stop('bye');
      await server.stop();
    });
    await here.listening();
    assert.ok((await here.network.voice(alice, '#commons')).ok);
    const puppet = await server.client('Alice');
    const heard = async (count: number) => {
      await waitUntil(() => here.memory.events.length >= count, {
        what: `${count} of ${JSON.stringify(here.memory.events)}`,
      });
      return here.memory.events.map(({ timeMs: _, ...event }) => event);
    };
    const subject = { kind: 'nick', name: 'carol' } as const;
    const ask = () => here.network.privately?.voice(alice, { subject, nick: 'carol', host: 'c@h' });
    const voice = async () => {
      const answer = await ask();
      assert.ok(answer?.ok);
      return answer.value;
    };
    const refusal = async () => {
      const answer = await ask();
      return answer?.ok === false ? answer.error.code : 'may speak';
    };
    return { server, here, puppet, heard, voice, refusal, absent };
  }

  const common = { network: 'home', channel: 'carol', replayed: false, own: false, source: CAROL };
  const alone = { privatelyTo: alice.userId };
  const message = { ...common, kind: 'message', style: 'text', ...alone } as const;

  test('answers, reactions and deletions are read as in a channel; what servers and our own people do is not', async (t) => {
    const { puppet, heard } = await world(t);
    puppet.send(
      '@msgid=1;+draft/reply=first :carol!c@h PRIVMSG Alice :yes',
      '@msgid=2;+reply=first;+react=👍 :carol!c@h TAGMSG Alice',
      '@msgid=3;+draft/reply=first;+draft/unreact=👍 :carol!c@h TAGMSG Alice',
      '@msgid=4;account=carol :carol!c@h REDACT Alice first :oops',
      '@+typing=active :carol!c@h TAGMSG Alice',
      ':carol!c@h REDACT Alice',
      '@+reply=first;+react=👍 :causeway!c@h TAGMSG Alice',
      '@+reply=first;+react=👍 :fake.test TAGMSG Alice',
      '@+reply=first;+react=👍 :carol!c@h TAGMSG #commons',
      '@msgid=5 :carol!c@h PRIVMSG Alice :last',
    );
    const events = await heard(5);
    const gesture = { ...common, target };
    assert.deepEqual(events, [
      { ...message, key: 'm:1', lines: ['yes'], replyTo: target },
      { ...gesture, kind: 'reaction', key: 'm:2', emoji: '👍', removed: false, ...alone },
      { ...gesture, kind: 'reaction', key: 'm:3', emoji: '👍', removed: true, ...alone },
      { ...gesture, kind: 'deletion', key: 'm:4', reason: 'oops', source: { ...CAROL, account: 'carol' }, ...alone },
      { ...message, key: 'm:5', lines: ['last'] },
    ]);
  });

  test('a message of several lines is one, with its name and what it answers; one that is cut off is what came of it', async (t) => {
    const { puppet, heard } = await world(t);
    puppet.send(
      '@msgid=1;+draft/reply=first :carol!c@h BATCH +7 draft/multiline Alice',
      '@batch=7 :carol!c@h PRIVMSG Alice :one',
      '@msgid=2 :dave!c@h PRIVMSG Alice :between',
      '@batch=7 :carol!c@h PRIVMSG Alice :a long ',
      '@batch=7;draft/multiline-concat :carol!c@h PRIVMSG Alice :two',
      ':carol!c@h BATCH -7',
      ':carol!c@h BATCH +8 draft/multiline #commons',
      '@batch=8 :carol!c@h PRIVMSG #commons :not for us alone',
      ':carol!c@h BATCH -8',
      '@msgid=3 :carol!c@h BATCH +9 draft/multiline Alice',
      '@batch=9 :carol!c@h PRIVMSG Alice :half of',
    );
    await heard(2);
    puppet.drop();
    assert.deepEqual(await heard(3), [
      { ...message, key: 'm:2', lines: ['between'], channel: 'dave', source: { ...CAROL, nick: 'dave' } },
      { ...message, key: 'm:1', lines: ['one', 'a long two'], replyTo: target },
      { ...message, key: 'm:3', lines: ['half of'] },
    ]);
  });

  test('what is done to them goes to the nick that they have, and nothing is deleted that they said', async (t) => {
    const { puppet, voice } = await world(t);
    const { react, redact, powers, say } = await voice();
    assert.deepEqual(powers, { repliesShown: true });
    const reacted = react?.({ target, emoji: '👍', removed: false });
    assert.match(await puppet.got(/TAGMSG/), /\+draft\/reply=first;\+draft\/react=👍;label=(\w+) TAGMSG carol$/);
    puppet.send('@label=1 :fake.test ACK');
    assert.deepEqual(await reacted, { ok: true, value: undefined });
    const deleted = redact?.(target, '', true);
    assert.match(await puppet.got(/REDACT/), /REDACT carol first$/);
    puppet.send('@label=2 :fake.test FAIL REDACT REDACT_FORBIDDEN carol first :You are not logged in');
    const refused = await deleted;
    assert.equal(refused?.ok === false && refused.error.code, 'irc_fail_redact_forbidden');
    assert.deepEqual(await redact?.(keyFromMsgid('theirs'), '', false), { ok: true, value: undefined });
    say({ id: 'row', style: 'text', parts: ['yes'], replyTo: target });
    assert.match(await puppet.got(/PRIVMSG carol/), /\+draft\/reply=first.* PRIVMSG carol yes$/);
    assert.ok(!puppet.lines.some((line) => line.includes('theirs')));
  });

  test('nobody is reached who has their nick and is somebody else', async (t) => {
    const { here, puppet } = await world(t);
    const subject = { kind: 'nick', name: 'dave' } as const;
    const answer = await here.network.privately?.voice(alice, { subject, nick: 'dave', host: 'c@h' });
    assert.equal(answer?.ok === false && answer.error.code, 'irc_somebody_else');
    assert.ok(!puppet.lines.some((line) => / dave/.test(line)));
  });

  test('who is not there is waited for after the server was away, and at no other time', async (t) => {
    const { server, here, refusal, absent } = await world(t);
    absent.add('carol');
    assert.equal(await refusal(), 'irc_401');
    const bot = await server.client('causeway');
    for (const client of [...server.clients]) client.drop();
    await waitUntil(() => !server.clients.includes(bot), { what: 'the bot to be gone' });
    await here.listening();
    assert.equal(await refusal(), 'irc_gathering');
    absent.delete('carol');
    assert.equal(await refusal(), 'may speak');
    absent.add('carol');
    await waitUntil(async () => (await refusal()) === 'irc_401', { timeoutMs: 5_000, what: 'the end of the waiting' });
  });
});
