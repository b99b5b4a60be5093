import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { listeningScene } from '../fakes/irc-scene.ts';
import { FakeIrcServer, type FakeServerOptions } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const CAPS = 'batch message-tags server-time echo-message labeled-response account-tag draft/message-redaction';
const alice = person('Alice');
const target = keyFromMsgid('first');

describe('what people do with what was said, on the wire', { timeout: 60_000 }, () => {
  async function world(t: TestContext, options: FakeServerOptions = {}) {
    const { server, world: network } = await listeningScene(t, { caps: CAPS, ...options });
    const voice = async () => {
      const answer = await network.network.voice(alice, '#commons');
      assert.ok(answer.ok);
      return answer.value;
    };
    return { server, world: network, voice };
  }
  const without = (tag: string, line: string | undefined): string | undefined => line?.replace(`${tag};`, '');

  test('an answer says what it answers, in both spellings, with its first part alone', async (t) => {
    const here = await world(t);
    const voice = await here.voice();
    const puppet = await here.server.client('Alice');
    voice.say({ id: 'row', style: 'text', parts: ['one', 'two'], replyTo: target });
    const [one, two] = [await puppet.got(/ one$/), await puppet.got(/ two$/)];
    assert.match(one, /^@[^ ]*\+reply=first;\+draft\/reply=first/);
    assert.doesNotMatch(two, /reply/);
  });

  test('nothing is asked of a server that drops the tags, or has none', async (t) => {
    for (const options of [{ isupport: 'CLIENTTAGDENY=*' }, { caps: 'server-time' }]) {
      const here = await world(t, options);
      const voice = await here.voice();
      const puppet = await here.server.client('Alice');
      assert.deepEqual(await voice.react?.({ target, emoji: '👍', removed: false }), { ok: true, value: undefined });
      voice.say({ id: 'row', style: 'text', parts: ['yes'], replyTo: target });
      assert.doesNotMatch(await puppet.got(/PRIVMSG/), /reply|react/);
      const { replies, reactions } = here.world.network.powers?.('#commons') ?? {};
      assert.deepEqual([replies, reactions], [false, false]);
    }
  });

  test('whoever is shut out already, or let in already, is as good as done', async (t) => {
    const said: string[] = [];
    const here = await world(t, {
      answer: (client, command, params, line) => {
        if (command !== 'MODE' && command !== 'KICK') return undefined;
        if (client.nick !== 'Alice' || params.length < 3) return undefined;
        said.push([command, ...params].join(' '));
        const label = line.split(' ', 1)[0];
        const code = command === 'KICK' ? 'ACK' : params[1] === '+b' ? '697' : '698';
        return [
          command === 'KICK'
            ? `${label} :fake.test ACK`
            : `${label} :fake.test ${code} Alice #commons b carol!*@* :so already`,
        ];
      },
    });
    const voice = await here.voice();
    for (const how of ['ban', 'unban'] as const) {
      const done = await voice.remove?.({ nick: 'carol', account: null, how, reason: 'enough' });
      assert.deepEqual(done, { ok: true, value: undefined });
    }
    assert.deepEqual(said, ['MODE #commons +b carol!*@*', 'KICK #commons carol enough', 'MODE #commons -b carol!*@*']);
  });

  test('a server that lets answers through and no reactions says so', async (t) => {
    const here = await world(t, { isupport: 'CLIENTTAGDENY=*,-draft/reply,-typing' });
    assert.deepEqual(here.world.network.powers?.('#commons'), { replies: true, reactions: false, deletions: true });
  });

  test('what a network carries nobody can say before it is there, and after it is gone', async (t) => {
    const server = await FakeIrcServer.start({ caps: CAPS });
    const network = new NetworkWorld({ port: server.port });
    t.after(() => network.network.stop('bye'));
    const powers = () => network.network.powers?.('#commons');
    assert.equal(powers(), undefined);
    await network.listening();
    assert.deepEqual(powers(), { replies: true, reactions: true, deletions: true });
    await server.stop();
    await waitUntil(() => network.network.status().state !== 'up', { what: 'the loss of the network' });
    assert.equal(powers(), undefined);
  });

  test('a reaction is done when the server has answered, and refused when it refuses', async (t) => {
    const here = await world(t);
    const voice = await here.voice();
    const puppet = await here.server.client('Alice');
    const done = voice.react?.({ target, emoji: 'a;b c', removed: false });
    assert.equal(
      await puppet.got(/TAGMSG/),
      '@+reply=first;+draft/reply=first;+draft/react=a\\:b\\sc;label=1 TAGMSG #commons',
    );
    puppet.send(`@label=1;msgid=r :${puppet.prefix} TAGMSG #commons`);
    assert.deepEqual(await done, { ok: true, value: undefined });
    const again = voice.react?.({ target, emoji: '👍', removed: true });
    assert.match(await puppet.got(/unreact/), /\+draft\/unreact=👍;label=2 TAGMSG #commons$/);
    puppet.send('@label=2 :fake.test 404 Alice #commons :Cannot send to channel (+m)');
    const refused = await again;
    assert.equal(refused?.ok === false && refused.error.code, 'irc_404');
  });

  test('a deletion goes out with its reason; one that the server does not know any more is done', async (t) => {
    const here = await world(t);
    const voice = await here.voice();
    const puppet = await here.server.client('Alice');
    const done = voice.redact?.(target, 'wrong\nroom', true);
    assert.equal(without('x', await puppet.got(/REDACT/)), '@label=1 REDACT #commons first :wrong room');
    puppet.send(`:${puppet.prefix} REDACT #commons first :wrong room`, '@label=1 :fake.test ACK');
    assert.deepEqual(await done, { ok: true, value: undefined });
    const unknown = voice.redact?.(keyFromMsgid('old'), '', true);
    await puppet.got(/REDACT #commons old$/);
    puppet.send('@label=2 :fake.test FAIL REDACT UNKNOWN_MSGID #commons old :This message does not exist');
    assert.deepEqual(await unknown, { ok: true, value: undefined });
  });

  test('what we said is deleted by the bot where its author may not and the bot is an operator', async (t) => {
    const here = await world(t);
    const voice = await here.voice();
    const [bot, puppet] = [await here.server.client('causeway'), await here.server.client('Alice')];
    const refuse = async (label: number) => {
      await puppet.got(new RegExp(`label=${label} REDACT`));
      puppet.send(`@label=${label} :fake.test FAIL REDACT REDACT_FORBIDDEN #commons first :You are not authorized`);
    };
    const alone = voice.redact?.(target, '', true);
    await refuse(1);
    const refused = await alone;
    assert.equal(refused?.ok === false && refused.error.code, 'irc_fail_redact_forbidden');
    bot.send(':op!o@h MODE #commons +o causeway');
    await waitUntil(() => here.world.network.guard?.mayAct('#commons') === true, { what: 'the bot to be an operator' });
    const others = voice.redact?.(target, '', false);
    await refuse(2);
    assert.equal((await others)?.ok, false);
    const ours = voice.redact?.(target, '', true);
    await refuse(3);
    const sent = await bot.got(/REDACT #commons first/);
    bot.send(`@label=${/label=(\d+)/.exec(sent)?.[1]} :fake.test ACK`);
    assert.deepEqual(await ours, { ok: true, value: undefined });
  });

  test('the listener reads answers, reactions, deletions and typing of others, and none of ours', async (t) => {
    const here = await world(t);
    await here.voice();
    const bot = await here.server.client('causeway');
    bot.send(
      '@msgid=1;+draft/reply=first :carol!c@h PRIVMSG #commons :yes',
      '@msgid=2;+reply=first;+react=👍 :carol!c@h TAGMSG #commons',
      '@msgid=3;+draft/reply=first;+draft/unreact=👍 :carol!c@h TAGMSG #commons',
      '@msgid=4;+draft/react=👍 :carol!c@h TAGMSG #commons',
      '@msgid=5;+reply=first;+react=👍 :carol!c@h TAGMSG @#commons',
      '@msgid=6;+reply=first;+react=👍 :fake.test TAGMSG #commons',
      '@msgid=7;account=carol :carol!c@h REDACT #commons first :oops',
      ':carol!c@h REDACT #commons',
      '@+reply=first;+react=👍 :Alice!a@h TAGMSG #commons',
      ':Alice!a@h REDACT #commons first',
      '@+typing=active :carol!c@h TAGMSG #commons',
      '@+typing=active :carol!c@h TAGMSG #commons',
      '@+typing=active :Alice!a@h TAGMSG #commons',
      '@+typing=done :carol!c@h TAGMSG #commons',
      ':carol!c@h PRIVMSG #commons :last',
    );
    await here.world.hears('carol: last');
    const carol = { nick: 'carol', user: 'c', host: 'h' };
    const common = { network: 'home', channel: '#commons', replayed: false };
    const heard = here.world.memory.events.map(({ timeMs: _, ...event }) => event);
    assert.deepEqual(heard.slice(0, -1), [
      {
        ...common,
        kind: 'message',
        key: 'm:1',
        source: carol,
        own: false,
        style: 'text',
        lines: ['yes'],
        replyTo: target,
      },
      { ...common, kind: 'reaction', key: 'm:2', source: carol, own: false, target, emoji: '👍', removed: false },
      { ...common, kind: 'reaction', key: 'm:3', source: carol, own: false, target, emoji: '👍', removed: true },
      {
        ...{ ...common, kind: 'deletion', key: 'm:7', own: false, target, reason: 'oops' },
        source: { ...carol, account: 'carol' },
      },
      ...heard.filter((event) => 'own' in event && event.own),
    ]);
    assert.deepEqual(
      heard.filter((event) => 'own' in event && event.own).map(({ kind }) => kind),
      ['reaction', 'deletion'],
    );
    assert.deepEqual(here.world.typings, ['carol active', 'carol done']);
  });

  test('typing shows over the person’s own connection, where that is there already', async (t) => {
    const here = await world(t);
    here.world.network.typing?.(alice, '#commons', true);
    await here.voice();
    const puppet = await here.server.client('Alice');
    here.world.network.typing?.(alice, '#commons', true);
    assert.match(await puppet.got(/TAGMSG/), /^@label=\d+;\+typing=active TAGMSG #commons$/);
    here.world.network.typing?.({ ...alice, relayed: true }, '#commons', false);
    assert.match(await puppet.got(/typing=done/), /^@label=\d+;\+typing=done TAGMSG #commons$/);
    assert.equal(puppet.lines.filter((line) => line.includes('typing=active')).length, 1);
  });
});
