import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const alice = person('Alice');
const ALL = [
  ['Ergo', startErgo],
  ['InspIRCd', startInspircd],
  ['ngIRCd', startNgircd],
] as const;

describe('an IRC network on real servers', { timeout: 180_000 }, () => {
  const dir = makeTempDir('irc');

  for (const [name, start] of ALL) {
    describe(name, () => {
      test('lines pass both ways, whole, in order, and nothing of ours comes back as somebody else’s', async (t) => {
        const server = await start({ dir: join(dir, name) });
        const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
        const world = new NetworkWorld({ port: server.ports.irc });
        t.after(async () => {
          await world.network.stop('bye');
          await server.stop();
        });
        await world.listening();
        carol.say('#commons', 'hello');
        carol.act('#commons', 'waves');
        carol.notice('#commons', 'a notice');
        await world.hears('carol: a notice');
        assert.deepEqual(
          world.messages().map(({ style, lines, own }) => ({ style, lines, own })),
          [
            { style: 'text', lines: ['hello'], own: false },
            { style: 'action', lines: ['waves'], own: false },
            { style: 'notice', lines: ['a notice'], own: false },
          ],
        );

        const long = `start ${'ünïcödé '.repeat(120)}end`;
        const results = [
          await world.say(alice, 'hi carol'),
          await world.say(alice, 'waves back', '#commons', 'action'),
          await world.say(alice, long),
        ];
        assert.deepEqual(
          results.map(({ ok }) => ok),
          [true, true, true],
        );
        await carol.flush();
        const said = carol.said('#commons').filter(({ nick }) => nick === 'Alice');
        assert.deepEqual(
          said.slice(0, 2).map(({ text }) => text),
          ['hi carol', '* waves back'],
        );
        assert.equal(
          said
            .slice(2)
            .map(({ text }) => text)
            .join(' '),
          long,
        );
        assert.deepEqual(world.heard(), ['carol: hello', 'carol: waves', 'carol: a notice']);
        assert.equal(world.logged.filter((line) => line.startsWith('error')).length, 0);
      });

      test('twenty people talk at once, each line once and in its order', async (t) => {
        const server = await start({ dir: join(dir, `${name}-20`) });
        const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
        const world = new NetworkWorld({ port: server.ports.irc });
        t.after(async () => {
          await world.network.stop('bye');
          await server.stop();
        });
        await world.listening();
        const people = Array.from({ length: 20 }, (_, index) => person(`Member${index}`));
        await Promise.all(
          people.map(async (one) => {
            for (let line = 0; line < 10; line++) assert.deepEqual((await world.say(one, `line ${line}`)).ok, true);
          }),
        );
        await carol.flush();
        for (const { displayName } of people) {
          const lines = carol.said('#commons').filter(({ nick }) => nick === displayName);
          assert.deepEqual(
            lines.map(({ text }) => text),
            Array.from({ length: 10 }, (_, line) => `line ${line}`),
          );
        }
        assert.deepEqual(world.heard(), []);
      });

      test('a refused line is told with its reason', async (t) => {
        // InspIRCd of the tests makes nobody an operator by themselves.
        const more = name === 'InspIRCd' ? { more: '<module name="samode">' } : {};
        const server = await start({ dir: join(dir, `${name}-refused`), ...more });
        const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
        const world = new NetworkWorld({ port: server.ports.irc });
        t.after(async () => {
          await world.network.stop('bye');
          await server.stop();
        });
        await world.listening();
        assert.equal((await world.say(alice, 'before')).ok, true);
        carol.sendLine('OPER oper oper-in-a-test');
        carol.sendLine('SAMODE #commons +o carol');
        carol.sendLine('MODE #commons +m');
        await carol.flush();
        const refused = await world.say(alice, 'during');
        assert.equal(refused.ok ? 'sent' : refused.error.code, 'irc_404');
        carol.sendLine('MODE #commons -m');
        carol.sendLine('KICK #commons Alice :calm down');
        await waitUntil(() => world.memory.events.some(({ kind }) => kind === 'kick'));
        const kick = world.memory.events.find((event) => event.kind === 'kick');
        assert.deepEqual(kick?.kind === 'kick' && [kick.userId, kick.reason, kick.source.nick], [
          alice.userId,
          'calm down',
          'carol',
        ]);
        carol.sendLine('MODE #commons +b Alice!*@*');
        await carol.flush();
        const banned = await waitUntil(async () => {
          const voice = await world.network.voice(alice, '#commons');
          return voice.ok ? undefined : voice.error;
        });
        assert.deepEqual([banned.code, banned.retry], ['irc_474', 'never']);
      });

      test('the server restarts: the listener and the people are back by themselves', async (t) => {
        const server = await start({ dir: join(dir, `${name}-restart`) });
        const world = new NetworkWorld({ port: server.ports.irc });
        t.after(async () => {
          await world.network.stop('bye');
          await server.stop();
        });
        await world.listening();
        assert.equal((await world.say(alice, 'before')).ok, true);
        await server.restart();
        const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
        assert.equal((await world.say(alice, 'after')).ok, true);
        await carol.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === 'after');
        carol.say('#commons', 'welcome back');
        await world.hears('carol: welcome back');
      });
    });
  }
});
