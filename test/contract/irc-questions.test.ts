import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NetworkWorld } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const ALL = [
  ['Ergo', startErgo],
  ['InspIRCd', (options: { dir: string }) => startInspircd({ ...options, limits: 'usual' })],
  ['ngIRCd', startNgircd],
] as const;
/** As long as an answer may be. */
const LINES = Array.from({ length: 16 }, (_, line) => `${line} ${'x'.repeat(300)}`);
const PEOPLE = 3;

describe('many who ask the bot at once', { timeout: 240_000 }, () => {
  const dir = makeTempDir('irc-questions');

  for (const [name, start] of ALL)
    test(`are all answered in full by ${name}, which keeps the bot`, async (t) => {
      const server = await start({ dir: join(dir, name) });
      const world = new NetworkWorld({ port: server.ports.irc });
      world.answer = LINES.join('\n');
      t.after(async () => {
        await world.network.stop('bye');
        await server.stop();
      });
      await world.listening();
      const nicks = Array.from({ length: PEOPLE }, (_, n) => `asker${n}`);
      const people = await Promise.all(
        nicks.map((nick) => IrcUser.connect({ port: server.ports.irc, nick, channels: ['#commons'] })),
      );
      for (const person of people) person.say('causeway', 'help');
      for (const person of people) {
        const heard = (): readonly string[] =>
          person.lines
            .filter(
              ({ command, nick, params }) => command === 'NOTICE' && nick === 'causeway' && params[0] === person.nick,
            )
            .map(({ params }) => params[1] ?? '');
        await person.waitFor(() => heard().length >= LINES.length, { what: 'an answer', timeoutMs: 120_000 });
        assert.deepEqual(heard().slice(0, LINES.length), LINES);
      }
      people[0]?.say('#commons', 'still here');
      await world.hears('asker0: still here');
      assert.deepEqual(
        world.memory.events.filter(({ kind }) => kind === 'gap'),
        [],
      );
      await Promise.all(people.map((person) => person.quit()));
    });
});
