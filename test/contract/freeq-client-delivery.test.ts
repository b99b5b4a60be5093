import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fastClock } from '../fakes/fast-clock.ts';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, scriptedScene } from './freeq-scene.ts';

/** Of the behaviours in freeq-client.test.ts, those about lines that arrive once, whole and in order. */
describe('a bridge on freeq: what arrives, and when', { timeout: 280_000 }, () => {
  behaves([6], 'bridges messages of another server in order', 'pair', async (scene) => {
    const world = await scene.bridge();
    const bob = await scene.person('bob@B');
    for (let line = 1; line <= 5; line++) bob.say(CHANNEL, `line ${line}`);
    await world.message('line 5');
    assert.deepEqual(world.lines(), ['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
  });

  behaves(
    [7, 23],
    'fills the gap after it was away, each line once, its own among them never',
    'both',
    async (scene) => {
      const world = await scene.bridge();
      const alice = await scene.person('alice');
      alice.say(CHANNEL, 'before');
      await world.message('before');
      world.say('Bob', 'from Matrix');
      await alice.got(/ PRIVMSG #commons :from Matrix/);
      world.kill();
      alice.say(CHANNEL, 'while away 1');
      alice.sayLines(CHANNEL, ['while away 2', 'in two lines']);
      alice.say(CHANNEL, 'while away 3');
      await alice.flush();
      await world.run();
      await world.message('while away 3');
      alice.say(CHANNEL, 'after');
      await world.message('after');
      assert.deepEqual(world.lines(), [
        'before',
        'while away 1',
        'while away 2',
        'in two lines',
        'while away 3',
        'after',
      ]);
    },
  );

  behaves([7], 'fills a gap that is longer than a page', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const peer = scene.peer('J.test');
    peer.join('zed', CHANNEL);
    peer.say('zed', CHANNEL, 'before');
    await world.message('before');
    world.kill();
    const lines = Array.from({ length: 1_200 }, (_, line) => `line ${line}`);
    for (const line of lines) {
      await scene.stage.pass(200);
      peer.say('zed', CHANNEL, line);
    }
    await world.run();
    await waitUntil(() => world.lines().length > 1_200, { timeoutMs: 60_000, what: 'all lines' });
    assert.deepEqual(world.lines(), ['before', ...lines]);
  });

  behaves([12], 'makes one event of each form of several lines', 'pair', async (scene) => {
    const world = await scene.bridge();
    const [alice, bob] = [await scene.person('alice'), await scene.person('bob@B')];
    alice.sayLines(CHANNEL, ['a', 'b']);
    await world.message('a\nb');
    bob.sayLines(CHANNEL, ['c', '', 'd']);
    await world.message('c\n\nd');
    assert.equal(world.sent().length, 2);
  });

  behaves([12], 'makes one event of lines whose ends were written as two characters', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'e\\nf', { '+freeq.at/multiline': '' });
    await world.message('e\nf');
    alice.say(CHANNEL, 'C:\\new');
    await world.message('C:\\new');
    assert.deepEqual(world.bodies(), ['e\nf', 'C:\\new']);
  });

  behaves([23], 'answers no bot of another server, not once', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const [alice, peer] = [await scene.person('alice'), scene.peer('J.test')];
    peer.join('otherbot', CHANNEL);
    peer.say('otherbot', 'causeway', 'help');
    // Asked later, and answered.
    alice.say('causeway', 'help');
    await alice.got(/:causeway!\S+ (?:NOTICE|PRIVMSG) alice /);
    peer.say('otherbot', CHANNEL, 'and in the channel');
    await world.message('and in the channel');
    assert.deepEqual(
      peer.heard.filter((frame) => 'target' in frame && frame.target === 'otherbot'),
      [],
    );
  });

  behaves([13], 'keeps actions and notices what they are', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, '\u0001ACTION waves\u0001');
    alice.send(`NOTICE ${CHANNEL} :a notice`);
    const [action, notice] = [await world.message('waves'), await world.message('a notice')];
    assert.deepEqual([action.content.msgtype, notice.content.msgtype], ['m.emote', 'm.notice']);
    world.say('Bob', 'dances', { msgtype: 'm.emote' });
    const dance = await alice.gotLine(/ PRIVMSG #commons :\u0001ACTION dances\u0001/);
    assert.match(dance.tags.get('+freeq.at/sig') ?? '', /^ed25519:/);
    world.say('Bob', 'beep', { msgtype: 'm.notice' });
    await alice.got(/ NOTICE #commons beep/);
    world.say('Bob', 'one\r\nQUIT :two');
    await alice.got(/ PRIVMSG #commons :?one/);
    await alice.flush();
    assert.equal(
      alice.lines.some((line) => / QUIT /.test(line)),
      false,
    );
  });

  behaves([13], 'takes Markdown for what it is', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, '**bold** words', { '+freeq.at/mime': 'text/markdown' });
    const { content } = await world.message('bold words');
    assert.deepEqual(
      [content.format, content.formatted_body],
      ['org.matrix.custom.html', '<strong>bold</strong> words'],
    );
  });

  behaves([18], 'says a burst whole and in order, at the pace that the server allows', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const lines = Array.from({ length: 14 }, (_, line) => `burst ${line}`);
    for (const line of lines) world.say('Bob', line);
    await alice.got(/ PRIVMSG #commons :burst 13/, 30_000);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :?(burst \d+)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, lines);
    assert.deepEqual(world.notices(), []);
  });

  test('18: says 200 lines whole and in order', { timeout: 60_000 }, async (t) => {
    const clock = fastClock(20);
    const scene = await scriptedScene(t, 'scripted', { clock });
    const world = await scene.bridge({ clock });
    const alice = await scene.person('alice');
    const lines = Array.from({ length: 200 }, (_, line) => `burst ${line}`);
    for (const line of lines) world.say('Bob', line);
    await alice.got(/ PRIVMSG #commons :burst 199/, 45_000);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :?(burst \d+)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, lines);
    const refused = scene.server.session('Bob')?.sent.filter((line) => / 404 |Flood protection/.test(line));
    assert.deepEqual(refused, []);
  });

  behaves([18], 'never says a line that is too long for the server', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const long = `start ${'ünïcödé '.repeat(200)}end`;
    world.say('Bob', long);
    await alice.got(/ PRIVMSG #commons :start /);
    world.say('Bob', `begin ${'ünïcödé '.repeat(5_000)}finish`);
    await alice.got(/ PRIVMSG #commons :begin /);
    await alice.flush();
    assert.ok(alice.lines.every((line) => Buffer.byteLength(line) < 8_192));
    assert.deepEqual(world.notices(), []);
  });

  behaves(
    [22, 5],
    'sees people of another server vanish with the link, and come back as who they were',
    'scripted',
    async (scene) => {
      const world = await scene.bridge();
      const peer = scene.peer('J.test');
      peer.join('zed', CHANNEL);
      peer.say('zed', CHANNEL, 'before the loss');
      const { sender } = await world.message('before the loss');
      peer.leave();
      const back = scene.peer('J.test');
      back.join('zed', CHANNEL);
      back.say('zed', CHANNEL, 'after the loss');
      assert.equal((await world.message('after the loss')).sender, sender);
    },
  );

  behaves([22], 'makes no noise when a link between servers is lost', 'pair', async (scene) => {
    const world = await scene.bridge();
    const [alice, bob] = [await scene.person('alice'), await scene.person('bob@B')];
    bob.say(CHANNEL, 'from B');
    const { sender } = await world.message('from B');
    alice.lines.length = 0;
    await scene.stage.part();
    await alice.got(/ 353 alice = #commons :(?!.*bob)/, 30_000);
    alice.say(CHANNEL, 'still here');
    await world.message('still here');
    assert.deepEqual(world.notices(), []);
    assert.equal(world.homeserver.room(world.room).members.get(sender), 'join');
  });

  behaves(
    [22],
    'takes nobody for gone whose connection broke and came back within half a minute',
    'both',
    async (scene) => {
      const world = await scene.bridge();
      const alice = await scene.person('alice');
      alice.say(CHANNEL, 'before');
      const { sender } = await world.message('before');
      alice.vanish();
      const again = await scene.person('alice', { key: alice.key ?? makeKeyHolder() });
      again.say(CHANNEL, 'after');
      assert.equal((await world.message('after')).sender, sender);
      const comings = world.events.filter(({ type, state_key }) => type === 'm.room.member' && state_key === sender);
      assert.deepEqual(
        comings.map(({ content }) => content.membership),
        ['join'],
      );
    },
  );

  behaves(
    [23],
    'comes back when its own connections break, and nobody hears anything twice',
    'scripted',
    async (scene) => {
      const world = await scene.bridge();
      const alice = await scene.person('alice');
      world.say('Bob', 'one of Bob');
      await alice.got(/ PRIVMSG #commons :one of Bob/);
      for (let round = 0; round < 3; round++) {
        scene.server.drop('Bob');
        scene.server.drop('causeway');
        alice.say(CHANNEL, `round ${round} of alice`);
        world.say('Bob', `round ${round} of Bob`);
        await alice.got(new RegExp(` PRIVMSG #commons :round ${round} of Bob`), 20_000);
        await world.message(`round ${round} of alice`);
      }
      assert.deepEqual(world.lines(), ['round 0 of alice', 'round 1 of alice', 'round 2 of alice']);
      const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :(.* of Bob)$/.exec(line)?.[1] ?? []);
      assert.deepEqual(heard, ['one of Bob', 'round 0 of Bob', 'round 1 of Bob', 'round 2 of Bob']);
    },
  );

  behaves([18, 23], 'waits out a server that has fallen silent', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    world.say('Bob', 'before the silence');
    await alice.got(/ PRIVMSG #commons :before the silence/);
    scene.server.hold();
    for (let line = 1; line <= 3; line++) world.say('Bob', `line ${line}`);
    await waitUntil(() => scene.server.heldLines.some((line) => / PRIVMSG #commons :?line 1$/.test(line)), {
      what: 'a line that the server does not look at',
    });
    scene.server.release();
    await alice.got(/ PRIVMSG #commons :line 3/, 20_000);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :(line \d)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, ['line 1', 'line 2', 'line 3']);
  });

  behaves([23], 'says a line once that took effect before the connection was cut', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    let cuts = 0;
    scene.server.onLine = (_session, line) => (line.endsWith(':in doubt') && cuts++ < 2 ? 'takeAndCut' : 'take');
    world.say('Bob', 'in doubt');
    world.say('Bob', 'and then');
    await alice.got(/ PRIVMSG #commons :and then/, 30_000);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :(in doubt|and then)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, ['in doubt', 'and then']);
  });

  behaves([23], 'says a line that was lost with the connection', 'scripted', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    let cuts = 0;
    scene.server.onLine = (_session, line) => (/ :?lost$/.test(line) && cuts++ < 1 ? 'cut' : 'take');
    world.say('Bob', 'lost');
    world.say('Bob', 'and then');
    await alice.got(/ PRIVMSG #commons :and then/, 30_000);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :?(lost|and then)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, ['lost', 'and then']);
  });

  behaves([23, 1], 'goes on after the server was killed', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'before');
    await world.message('before');
    world.say('Bob', 'said before');
    await alice.got(/ PRIVMSG #commons :said before/);
    await scene.stage.restart();
    const again = await scene.person('alice', { key: alice.key ?? makeKeyHolder() });
    await world.listening();
    again.say(CHANNEL, 'after');
    await world.message('after');
    world.say('Bob', 'said after');
    await again.got(/ PRIVMSG #commons :said after/, 20_000);
    assert.deepEqual(world.lines(), ['before', 'after']);
  });
});
