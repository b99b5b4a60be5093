import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const alice = person('Alice');

type Started = { readonly ports: { readonly irc: number }; stop(): Promise<unknown> };

/** How an operator keeps one person out, and lets them in again. A ban of Ergo that names a nick holds only until they come back. */
const SERVERS: ReadonlyArray<{
  readonly name: string;
  readonly start: (options: { readonly dir: string }) => Promise<Started>;
  readonly ban: readonly string[];
  readonly lift: string;
}> = [
  {
    name: 'InspIRCd',
    start: startInspircd,
    ban: ['KLINE alice@* 1h :go away'],
    lift: 'KLINE alice@*',
  },
  {
    name: 'ngIRCd',
    start: startNgircd,
    // Whoever is there already has to be thrown out.
    ban: ['KLINE *!~alice@* 3600 :go away', 'KILL Alice :go away'],
    lift: 'KLINE *!~alice@*',
  },
];

describe('somebody whom an IRC server bans', { timeout: 120_000 }, () => {
  const dir = makeTempDir('irc-banned');

  for (const { name, start, ban, lift } of SERVERS)
    test(`is spoken for by the bot, and back once the ban is lifted: ${name}`, async (t) => {
      const server = await start({ dir: join(dir, name) });
      const oper = await IrcUser.connect({ port: server.ports.irc, nick: 'oper', channels: ['#commons'] });
      const timings = { banFirstMs: 400, banMaxMs: 800, banGapMs: 100 };
      const world = new NetworkWorld({ port: server.ports.irc, timings });
      t.after(async () => {
        await world.network.stop('bye');
        await server.stop();
      });
      await world.listening();
      assert.equal((await world.say(alice, 'before')).ok, true);
      oper.sendLine('OPER oper oper-in-a-test');
      await oper.waitFor(({ command }) => command === '381');
      for (const line of ban) oper.sendLine(line);
      await waitUntil(() => world.network.status().problem?.includes('The next try is in'), {
        what: () => [world.network.status().problem, world.logged, oper.lines.slice(-5)],
      });
      assert.match(world.network.status().problem ?? '', /^@alice:willow\.example has no connection of their own/);
      assert.equal((await world.say(alice, 'by the bot')).ok, true);
      // Tried in vain at least once, and still with the server's own word for it.
      const refused = () => world.logged.filter((line) => /gets no connection of their own/.test(line)).length;
      const before = refused();
      await waitUntil(() => refused() > before, {
        what: () => [world.network.status().puppets, oper.lines.slice(-8).map(({ raw }) => raw), world.logged],
      });
      oper.sendLine(lift);
      await waitUntil(() => world.network.status().puppets.connected === 1, {
        what: () => [world.network.status().problem, world.logged, oper.lines.slice(-5)],
      });
      await waitUntil(() => world.network.status().problem === undefined);
      assert.equal((await world.say(alice, 'after')).ok, true);
      await oper.flush();
      assert.deepEqual(
        oper.said('#commons').map(({ nick, text }) => `${nick.replace(/_.*/, '')}: ${text}`),
        ['Alice: before', 'causeway: <Alice> by the bot', 'Alice: after'],
      );
    });
});
