import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { IrcUser, USUAL_CAPS } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const alice = person('Alice');

describe('messages of several lines on Ergo', { timeout: 120_000 }, () => {
  const dir = makeTempDir('irc-multiline');

  test('are one message for those who know them, lines for others, and one message when we hear them', async (t) => {
    const server = await startErgo({ dir: join(dir, 'ergo') });
    const [plain, modern] = await Promise.all(
      [
        { nick: 'carol', caps: USUAL_CAPS },
        { nick: 'dave', caps: [...USUAL_CAPS, 'draft/multiline'] },
      ].map((user) => IrcUser.connect({ port: server.ports.irc, channels: ['#commons'], ...user })),
    );
    const world = new NetworkWorld({ port: server.ports.irc });
    t.after(async () => {
      await world.network.stop('bye');
      await server.stop();
    });
    assert.ok(plain && modern);
    await world.listening();
    const limits = world.network.powers?.('#commons')?.multiline;
    assert.ok(limits !== undefined && limits.maxLines >= 20);

    const long = `and ${'ünïcödé '.repeat(120)}end`;
    const text = ['for (;;) {', '  go();', '}', `\x02${long}\x02`].join('\n');
    const said = await world.say(alice, text);
    assert.equal(said.ok && said.value.keys.length, 1);
    await plain.flush();
    await modern.flush();
    const lines = plain.said('#commons').map((line) => line.text);
    assert.deepEqual(lines.slice(0, 3), ['for (;;) {', '  go();', '}']);
    const whole = lines
      .slice(3)
      .join('')
      .replace(/[\x02\x0f]/g, '');
    assert.equal(whole, long);
    const opened = modern.lines.filter(({ command, params }) => command === 'BATCH' && params[1] === 'draft/multiline');
    assert.equal(opened.length, 1);

    const tooMany = Array.from({ length: limits.maxLines + 5 }, (_, at) => `line ${at}`);
    assert.equal((await world.say(alice, tooMany.join('\n'))).ok, true);
    await plain.flush();
    assert.deepEqual(
      plain
        .said('#commons')
        .slice(-tooMany.length)
        .map((line) => line.text),
      tooMany,
    );

    modern.sendLine('BATCH +1 draft/multiline #commons');
    for (const line of ['one', 'two']) modern.sendLine(`@batch=1 PRIVMSG #commons :${line}`);
    modern.sendLine('BATCH -1');
    await world.hears('dave: two');
    const heard = world.messages().filter(({ own }) => !own);
    assert.deepEqual(
      heard.map(({ lines: each }) => each),
      [['one', 'two']],
    );
    // Ours came back to the listener, and counted as ours.
    assert.deepEqual(
      world.logged.filter((line) => line.startsWith('error')),
      [],
    );
  });
});
