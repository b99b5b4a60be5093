import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listeningScene } from '../fakes/irc-scene.ts';
import { person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const alice = person('Alice');
const MODERN = 'batch message-tags server-time echo-message labeled-response account-tag';

describe('people’s connections', { timeout: 60_000 }, () => {
  const world = listeningScene;

  const line = (id: string, text: string, style: 'text' | 'action' = 'text') => ({ id, style, parts: [text] });

  test('a line goes out once, tagged and labelled, and is confirmed by its labelled echo and the listener’s sight', async (t) => {
    const here = await world(t, { caps: MODERN });
    const voice = await here.world.network.voice(alice, '#commons');
    assert.ok(voice.ok);
    const bot = await here.server.client('causeway');
    const puppet = await here.server.client('Alice');
    const sending = voice.value.say(line('row1', 'hi'));
    await sending.written;
    let settled = false;
    void sending.confirmed.then(() => {
      settled = true;
    });
    const sent = await puppet.got(/PRIVMSG/);
    assert.equal(
      sent,
      '@+causeway.coop/id=row1.0;+causeway.coop/user=@alice:willow.example;label=1 PRIVMSG #commons hi',
    );
    puppet.send(`@label=1;msgid=abc :${puppet.prefix} PRIVMSG #commons :hi`, 'PING :echoed');
    await puppet.got(/^PONG echoed/);
    assert.equal(settled, false);
    bot.send(`@msgid=abc :${puppet.prefix} PRIVMSG #commons :hi`);
    assert.deepEqual(await sending.confirmed, { ok: true, value: { keys: ['m:abc'] } });
    assert.deepEqual(here.world.visited, ['after-socket-write', 'after-network-confirmed']);
  });

  test('without tags, echo or labels a PONG behind the line confirms it, and a refusal before it refuses', async (t) => {
    const here = await world(t, {
      answer: (client, command, params) =>
        command === 'PRIVMSG' && params[1] === 'no'
          ? [`:fake.test 404 ${client.nick} #commons :Cannot send (+m)`]
          : undefined,
    });
    const voice = await here.world.network.voice(alice, '#commons');
    assert.ok(voice.ok);
    const puppet = await here.server.client('Alice');
    const [yes, no, again] = ['yes', 'no', 'again'].map((text) => voice.value.say(line(text, text)));
    const refused = await no?.confirmed;
    assert.equal(refused?.ok === false && refused.error.code, 'irc_404');
    assert.equal((await yes?.confirmed)?.ok, true);
    assert.equal((await again?.confirmed)?.ok, true);
    assert.equal(
      puppet.lines.find((text) => text.startsWith('PRIVMSG')),
      'PRIVMSG #commons yes',
    );
  });

  test('a lost link leaves written lines in doubt and unwritten ones to be sent', async (t) => {
    const here = await world(t, { caps: MODERN });
    const voice = await here.world.network.voice(alice, '#commons');
    assert.ok(voice.ok);
    const puppet = await here.server.client('Alice');
    const sendings = Array.from({ length: 20 }, (_, number) => voice.value.say(line(`l${number}`, `line ${number}`)));
    await puppet.got(/PRIVMSG #commons :line 11$/);
    puppet.drop();
    const retries = (await Promise.all(sendings.map(({ confirmed }) => confirmed))).map((result) =>
      result.ok ? 'ok' : result.error.retry,
    );
    assert.deepEqual(retries, [...Array(12).fill('lookup'), ...Array(8).fill('later')]);
  });

  test('two people with one name get two nicks, and text that would break a line goes out as text', async (t) => {
    const taken = new Set<string>();
    const here = await world(t, {
      caps: MODERN,
      answer: (client, command, params) => {
        const nick = params[0] ?? '';
        if (command !== 'NICK' || !taken.has(nick)) {
          taken.add(nick);
          return undefined;
        }
        return [`:fake.test 433 ${client.nick || '*'} ${nick} :in use`];
      },
    });
    const people = ['@a:x.example', '@b:x.example'].map((userId) => ({ userId, displayName: 'Sam\r\nQUIT :x' }));
    const voices = await Promise.all(people.map((one) => here.world.network.voice(one, '#commons')));
    assert.deepEqual(
      voices.map((voice) => voice.ok),
      [true, true],
    );
    const nicks = here.server.clients.map(({ nick }) => nick).sort();
    assert.deepEqual(nicks, ['Sam_QUIT_x', 'Sam_QUIT_x_2', 'causeway']);
    const [voice] = voices;
    assert.ok(voice?.ok);
    const parts = voice.value.split('one\r\nQUIT :two\0', 'text');
    void voice.value.say({ id: 'x', style: 'text', parts });
    const client = await here.server.client('Sam_QUIT_x');
    await client.got(/PRIVMSG #commons :one QUIT :two$/);
    assert.equal(
      client.lines.some((text) => text.startsWith('QUIT')),
      false,
    );
  });

  test('where no connection can be had the bot speaks, and the person is tried again later', async (t) => {
    let full = true;
    const here = await world(
      t,
      {
        answer: (_, command, params) =>
          full && command === 'NICK' && params[0] === 'Alice'
            ? ['ERROR :Too many clients from your network']
            : undefined,
      },
      { timings: { retryPuppetMs: 300 } },
    );
    assert.equal((await here.world.say(alice, 'hello')).ok, true);
    const bot = await here.server.client('causeway');
    await bot.got(/PRIVMSG #commons :<Alice> hello$/);
    assert.match(here.world.network.status().problem ?? '', /Too many clients/);
    full = false;
    await waitUntil(async () => {
      const voice = await here.world.network.voice(alice, '#commons');
      return voice.ok && voice.value.id !== 'bot';
    });
  });

  test('beyond puppets.max the bot speaks', async (t) => {
    const here = await world(t, {}, { config: { puppets: { max: 1 } } });
    const voices = [alice, person('Bob')].map((one) => here.world.network.voice(one, '#commons'));
    assert.deepEqual(
      (await Promise.all(voices)).map((voice) => voice.ok && voice.value.id),
      ['puppet:@alice:willow.example', 'bot'],
    );
  });

  test('reads no line of others', async (t) => {
    const here = await world(t, { caps: MODERN });
    await here.world.network.voice(alice, '#commons');
    const puppet = await here.server.client('Alice');
    puppet.send(':carol!c@h PRIVMSG #commons :hello', '@msgid=1 :carol!c@h JOIN #commons', 'PING :x');
    await puppet.got(/^PONG x/);
    assert.deepEqual(here.world.heard(), []);
  });

  test('leaves with its last channel, and quits with a reason', async (t) => {
    const here = await world(t, {}, { channels: ['#commons', '#garden'] });
    await here.world.listening('#garden');
    await here.world.network.voice(alice, '#commons');
    await here.world.network.voice(alice, '#garden');
    const puppet = await here.server.client('Alice');
    await here.world.network.dismiss(alice.userId, '#commons', 'left the room');
    await puppet.got(/^PART #commons :left the room$/);
    await here.world.network.dismiss(alice.userId, '#garden', 'left the room');
    await puppet.got(/^QUIT :left the room$/);
    assert.deepEqual(here.world.network.status().puppets, { connected: 0, wanted: 0 });
  });

  test('connects anew where the server goes on talking and answers nothing that is said to it', async (t) => {
    let deaf = false;
    const here = await world(
      t,
      { answer: (client) => (deaf && client.nick === 'Alice' && client.registered ? [] : undefined) },
      { timings: { confirmMs: 200, puppetIdleMs: 300, puppetDeadMs: 1500 } },
    );
    const voice = await here.world.network.voice(alice, '#commons');
    assert.ok(voice.ok);
    const puppet = await here.server.client('Alice');
    deaf = true;
    const said = await voice.value.say(line('row1', 'hi')).confirmed;
    assert.equal(said.ok === false && said.error.retry, 'lookup');
    await puppet.got(/^PING watchdog/);
    await waitUntil(() => {
      puppet.send(':fake.test NOTICE Alice :still talking');
      return !here.server.clients.includes(puppet);
    });
    deaf = false;
    await here.server.client('Alice');
  });

  test('is gone, and the nick not ours any more, although the server never closes its side of the connection', async (t) => {
    const here = await world(t, { keepsOpen: true }, { timings: { quitMs: 50, nickLingerMs: 20 } });
    await here.world.network.voice(alice, '#commons');
    const puppet = await here.server.client('Alice');
    await here.world.network.dismiss(alice.userId, '#commons', 'left the room');
    await puppet.got(/^QUIT/);
    await waitUntil(() => here.world.network.nicks?.ownerOf('Alice') === undefined);
  });

  test('whose nick changes in the case of its letters alone is still ours, and so is the bot', async (t) => {
    const here = await world(t, {}, { timings: { nickLingerMs: 40 } });
    await here.world.network.voice(alice, '#commons');
    const bot = await here.server.client('causeway');
    const puppet = await here.server.client('Alice');
    puppet.send(':Alice!u@h.example NICK ALICE');
    bot.send(':Alice!u@h.example NICK ALICE', ':causeway!u@h.example NICK Causeway');
    await waitUntil(() => here.world.memory.puppets.get(alice.userId)?.nick === 'ALICE');
    const { nicks } = here.world.network;
    const isLost = () => nicks?.ownerOf('alice') !== alice.userId;
    await assert.rejects(waitUntil(isLost, { timeoutMs: 300 }));
    bot.send(':ALICE!u@h.example PRIVMSG #commons :by a puppet', ':Causeway!u@h.example PRIVMSG #commons :by the bot');
    bot.send(':dave!d@h PRIVMSG #commons :by somebody');
    await here.world.hears('dave: by somebody');
    assert.deepEqual(here.world.heard(), ['dave: by somebody']);
  });

  test('and the bot connect anew where the server changes what names are the same', async (t) => {
    const here = await world(t, { isupport: 'CASEMAPPING=rfc1459' });
    await here.world.network.voice(alice, '#commons');
    const before = [await here.server.client('Alice'), await here.server.client('causeway')];
    for (const client of before)
      client.send(`:fake.test 005 ${client.nick} CASEMAPPING=rfc1459 NETWORK=x :are supported`);
    for (const client of before) client.send(`:fake.test 005 ${client.nick} CASEMAPPING=ascii :are supported`);
    await waitUntil(async () => !before.includes(await here.server.client('causeway')));
    await waitUntil(async () => !before.includes(await here.server.client('Alice')));
    await here.world.listening();
  });

  test('takes a new name, and keeps the old one where the server refuses', async (t) => {
    const here = await world(t, {}, { timings: { renameMs: 0 } });
    await here.world.network.voice(alice, '#commons');
    here.world.network.rename({ userId: alice.userId, displayName: 'Alice Smith' });
    await here.server.client('Alice_Smith');
    await waitUntil(() => here.world.memory.puppets.get(alice.userId)?.nick === 'Alice_Smith');
    const voice = await here.world.network.voice({ userId: alice.userId, displayName: 'Alice Smith' }, '#commons');
    assert.equal(voice.ok && voice.value.id, 'puppet:@alice:willow.example');
  });

  test('sets a topic itself, through the bot where only operators may, and says when neither may', async (t) => {
    let botMay = true;
    const here = await world(t, {
      answer: (client, command, params) => {
        if (command !== 'TOPIC') return undefined;
        if (client.nick === 'causeway' && botMay) return [`:${client.prefix} TOPIC ${params[0]} :${params[1]}`];
        return [`:fake.test 482 ${client.nick} ${params[0]} :You're not channel operator`];
      },
    });
    await here.world.network.voice(alice, '#commons');
    assert.deepEqual(await here.world.network.setTopic(alice, '#commons', 'tea'), { ok: true, value: undefined });
    botMay = false;
    const refused = await here.world.network.setTopic(alice, '#commons', 'coffee');
    assert.equal(refused.ok ? '' : refused.error.code, 'irc_482');
  });

  test('introduces itself by WEBIRC first, with an address of its own that stays the same', async (t) => {
    const here = await world(t, {}, { config: { puppets: { webirc: { password: 'secret' } } } });
    await here.world.network.voice(alice, '#commons');
    const puppet = await here.server.client('Alice');
    assert.match(
      puppet.lines[0] ?? '',
      /^WEBIRC secret causeway alice\.willow\.example fd[0-9a-f]{2}(:[0-9a-f]{4}){7}$/,
    );
    assert.equal(puppet.lines[1], 'CAP LS 302');
  });

  test('goes slowly where the server complains of a flood', async (t) => {
    let said = 0;
    const here = await world(t, {
      answer: (client, command) =>
        command === 'PRIVMSG' && ++said === 3
          ? [`:fake.test 404 ${client.nick} #commons :Message throttled due to flooding`]
          : undefined,
    });
    const voice = await here.world.network.voice(alice, '#commons');
    assert.ok(voice.ok);
    const results = await Promise.all(
      ['one', 'two', 'three'].map((text) => voice.value.say(line(text, text)).confirmed),
    );
    assert.deepEqual(
      results.map((result) => (result.ok ? 'ok' : result.error.retry)),
      ['ok', 'ok', 'later'],
    );
    const slow = Array.from({ length: 6 }, (_, number) => voice.value.say(line(`s${number}`, `slow ${number}`)));
    await slow[3]?.written;
    const puppet = await here.server.client('Alice');
    await puppet.got(/slow 3$/);
    assert.equal(
      puppet.lines.some((text) => text.endsWith('slow 4')),
      false,
    );
  });

  test('who is banned is spoken for by the bot, tried again ever more rarely, and back without a word once the ban is lifted', async (t) => {
    let banned = false;
    const triedMs: number[] = [];
    const here = await world(
      t,
      {
        answer: (_, command, params) => {
          if (!banned || command !== 'NICK' || params[0] !== 'Alice') return undefined;
          triedMs.push(Date.now());
          return ['ERROR :Closing Link: Alice (K-Lined: go away)'];
        },
      },
      { timings: { banFirstMs: 150, banMaxMs: 600, banGapMs: 0, retryPuppetMs: 20 } },
    );
    await here.world.network.voice(alice, '#commons');
    const puppet = await here.server.client('Alice');
    banned = true;
    puppet.send(':fake.test 465 Alice :You are banned', 'ERROR :Closing Link: Alice (K-Lined: go away)');
    puppet.drop();
    await waitUntil(async () => {
      const voice = await here.world.network.voice(alice, '#commons');
      return voice.ok && voice.value.id === 'bot';
    });
    assert.match(
      here.world.network.status().problem ?? '',
      /^@alice:willow\.example has no connection of their own; .*K-Lined: go away\) The next try is in 1 min\.$/,
    );
    await waitUntil(async () => {
      const voice = await here.world.network.voice(alice, '#commons');
      assert.ok(voice.ok && voice.value.id === 'bot');
      return triedMs.length === 3;
    });
    const [first = 0, second = 0, third = 0] = triedMs;
    assert.ok(second - first >= 0.8 * 300 && third - second >= 0.8 * 600, String(triedMs));
    banned = false;
    await here.server.client('Alice');
    await waitUntil(() => here.world.network.status().problem === undefined);
  });
});
