import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { formattingAfter, PLAIN } from '../../src/core/text/irc-formatting.ts';
import { listeningScene } from '../fakes/irc-scene.ts';
import { FakeIrcServer, type FakeServerOptions } from '../fakes/irc-server.ts';
import { NetworkWorld, person, type Settings } from '../fakes/network-world.ts';

const alice = person('Alice');
const MODERN = 'batch message-tags server-time echo-message labeled-response account-tag';
const MULTILINE = `${MODERN} draft/multiline=max-bytes=4096,max-lines=4`;

async function world(t: TestContext, options: FakeServerOptions, settings: Omit<Settings, 'port'> = {}) {
  const { server, world: network } = await listeningScene(
    t,
    {
      answer: (client, command, params) =>
        command === 'CAP' && params[0] === 'REQ'
          ? [`:fake.test CAP * ACK :${(params[1] ?? '').replace(/=\S*/g, '')}`]
          : options.answer?.(client, command, params, ''),
      ...(options.caps !== undefined && { caps: options.caps }),
    },
    settings,
  );
  const voice = await network.network.voice(alice, '#commons');
  assert.ok(voice.ok);
  return { server, network, voice: voice.value, puppet: await server.client('Alice') };
}

const withoutRefs = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => /BATCH|PRIVMSG|NOTICE/.test(line))
    .map((line) => line.replace(/([+\-=])m\w+(?=[ ;]|$)/g, '$1REF'));

describe('a text of several lines', { timeout: 30_000 }, () => {
  test('goes out as one message, and its labelled echo says which', async (t) => {
    const { server, voice, puppet, network } = await world(t, { caps: MULTILINE });
    assert.deepEqual(network.network.powers?.('#commons')?.multiline, { maxBytes: 4096, maxLines: 4 });
    const parts = voice.split('one\n\x02two\x02\n\nthree', 'text');
    assert.deepEqual(parts, ['one\n\x02two\x02\nthree']);
    const sending = voice.say({ id: 'row', style: 'text', parts });
    const closing = await puppet.got(/^BATCH -/);
    assert.deepEqual(withoutRefs(puppet.lines), [
      '@+causeway.coop/id=row.0;+causeway.coop/user=@alice:willow.example;label=1 BATCH +REF draft/multiline #commons',
      '@batch=REF PRIVMSG #commons one',
      '@batch=REF PRIVMSG #commons \x02two\x02',
      '@batch=REF PRIVMSG #commons three',
      'BATCH -REF',
    ]);
    const ref = closing.slice('BATCH -'.length);
    const echo = ['one', '\x02two\x02', 'three'].map((text) => `@batch=e :${puppet.prefix} PRIVMSG #commons :${text}`);
    puppet.send(`@label=1;msgid=abc :${puppet.prefix} BATCH +e draft/multiline #commons`, ...echo, 'BATCH -e');
    const bot = await server.client('causeway');
    const seen = echo.map((line) => line.replace('@batch=e', `@batch=${ref}`));
    bot.send(`@msgid=abc :${puppet.prefix} BATCH +${ref} draft/multiline #commons`, ...seen, `BATCH -${ref}`);
    assert.deepEqual(await sending.confirmed, { ok: true, value: { keys: ['m:abc'] } });
    assert.deepEqual(network.heard(), []);
  });

  test('is several messages where it is more than the server takes, and plain lines where it takes none', async (t) => {
    const { voice } = await world(t, { caps: MULTILINE });
    assert.deepEqual(voice.split('1\n2\n3\n4\n5\n6', 'text'), ['1\n2\n3\n4', '5\n6']);
    assert.deepEqual(voice.split('1\n2', 'action'), ['1', '2']);
    const plain = await world(t, { caps: MODERN });
    assert.deepEqual(plain.voice.split('1\n2', 'text'), ['1', '2']);
  });

  test('that was made for such a server is said line by line on one that takes none', async (t) => {
    const { voice, puppet } = await world(t, { caps: MODERN });
    void voice.say({ id: 'row', style: 'text', parts: ['one\ntwo\vtwo'] });
    await puppet.got(/\+2\/3\/\d+;.*PRIVMSG/);
    assert.deepEqual(
      puppet.lines.filter((line) => line.includes('PRIVMSG')).map((line) => line.replace(/\/\d+;\S+/, '')),
      [
        '@+causeway.coop/id=row.0+0/3 PRIVMSG #commons one',
        '@+causeway.coop/id=row.0+1/3 PRIVMSG #commons two',
        '@+causeway.coop/id=row.0+2/3 PRIVMSG #commons two',
      ],
    );
  });

  test('that the server refuses as one is looked for, and said line by line from then on', async (t) => {
    const { voice, puppet } = await world(t, {
      caps: MULTILINE,
      answer: (_, command, params) =>
        command === 'BATCH' && params[0]?.startsWith('-') === true
          ? [
              ':fake.test FAIL BATCH MULTILINE_MAX_LINES 4 :Too many',
              ':fake.test FAIL BATCH MULTILINE_INVALID :Invalid',
            ]
          : undefined,
    });
    const innocent = voice.say({ id: 'a', style: 'text', parts: ['before'] });
    const refused = voice.say({ id: 'b', style: 'text', parts: voice.split('one\ntwo', 'text') });
    const result = await refused.confirmed;
    assert.equal(result.ok ? 'ok' : result.error.retry, 'lookup');
    assert.deepEqual(voice.split('one\ntwo', 'text'), ['one', 'two']);
    puppet.send(`@label=1;msgid=x :${puppet.prefix} PRIVMSG #commons :before`);
    assert.equal((await innocent.confirmed).ok, true);
  });
});

describe('what the bot says for somebody', { timeout: 30_000 }, () => {
  test('that waited while the server ceased to take such messages is said line by line', async (t) => {
    const pace = { burst: 1, perSecond: 4 };
    const { voice, puppet } = await world(t, { caps: MULTILINE }, { config: { pace } });
    const lines = [
      voice.say({ id: 'one', style: 'text', parts: ['1\n2'] }),
      voice.say({ id: 'two', style: 'text', parts: ['3\n4'] }),
    ];
    await puppet.got(/^BATCH -/);
    puppet.send('CAP Alice DEL :draft/multiline', 'PING :gone');
    await puppet.got(/^PONG gone/);
    const waited = await lines[1]?.confirmed;
    assert.equal(waited?.ok === false && waited.error.retry, 'later');
    void voice.say({ id: 'two', style: 'text', parts: ['3\n4'] });
    await puppet.got(/PRIVMSG #commons 4$/);
    assert.equal(puppet.lines.filter((each) => each.includes('BATCH +')).length, 1);
  });

  test('keeps the formatting inside their words, and calls nobody by their name', async (t) => {
    const server = await FakeIrcServer.start({ caps: MODERN });
    const network = new NetworkWorld({
      port: server.port,
      config: { puppets: { mode: 'relay' }, relay: { relaymsg: 'never', format: '<{name}> {text} [from Matrix]' } },
    });
    t.after(async () => {
      await network.network.stop('bye');
      await server.stop();
    });
    await network.listening();
    const bot = await server.client('causeway');
    const words = Array.from({ length: 120 }, (_, at) => `word${at}`).join(' ');
    for (const who of [person('Bob'), person('carol')]) {
      const voice = await network.network.voice(who, '#commons');
      assert.ok(voice.ok);
      void voice.value.say({
        id: who.displayName,
        style: 'text',
        parts: voice.value.split(`\x02${words}\x02 end`, 'text'),
      });
    }
    await bot.got(/<c\u200barol> .* end \[from Matrix\]$/);
    const said = bot.lines.flatMap((line) => / PRIVMSG #commons :(.*)$/.exec(line)?.[1] ?? []);
    assert.ok(said.length >= 4, 'each is split');
    for (const line of said) {
      const state = formattingAfter(PLAIN, line, 0, line.length - '[from Matrix]'.length);
      assert.deepEqual(state, PLAIN, JSON.stringify(line));
      assert.match(line, /^<(?:Bob|c\u200barol)> \x02?word/);
    }
  });
});
