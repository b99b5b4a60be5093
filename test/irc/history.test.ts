import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { Memory, NetworkWorld, networkConfig } from '../fakes/network-world.ts';

const CAPS = 'batch message-tags server-time draft/chathistory';
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

type Said = { readonly atMs: number; readonly text: string };

/**
 * A server with a history, a program that knew all of it, and then was away.
 * @param most messages in one answer, whatever is asked for
 */
async function comeBack(t: TestContext, before: readonly Said[], meanwhile: readonly Said[], most = 100) {
  let said = before;
  let batches = 0;
  const server = await FakeIrcServer.start({
    caps: CAPS,
    isupport: 'CHATHISTORY=100 CASEMAPPING=ascii',
    answer: (_, command, [subcommand, channel, reference = '']) => {
      if (command === 'PING') return [`@time=${new Date().toISOString()} :fake.test PONG fake.test ${subcommand}`];
      if (command !== 'CHATHISTORY') return undefined;
      const sinceMs = Date.parse(reference.replace('timestamp=', ''));
      const after = said.filter(({ atMs }) => atMs > sinceMs).slice(0, most);
      const some = subcommand === 'BEFORE' ? said.filter(({ atMs }) => atMs < sinceMs).slice(-1) : after;
      const ref = `h${++batches}`;
      const lines = some.map(
        ({ atMs, text }) =>
          `@batch=${ref};time=${new Date(atMs).toISOString()};msgid=${text} :carol!c@h PRIVMSG ${channel} :${text}`,
      );
      return [`BATCH +${ref} chathistory ${channel}`, ...lines, `BATCH -${ref}`];
    },
  });
  const memory = new Memory();
  const here = (): NetworkWorld => new NetworkWorld({ port: server.port, memory });
  const first = here();
  await first.listening();
  const bot = await server.client('causeway');
  for (const { atMs, text } of before)
    bot.send(`@time=${new Date(atMs).toISOString()};msgid=${text} :carol!c@h PRIVMSG #commons :${text}`);
  await first.hears(`carol: ${before.at(-1)?.text}`);
  await first.network.stop('away');
  said = [...before, ...meanwhile];
  return {
    memory,
    /** @param reloaded keys of the network that change before the history is asked for */
    back: async (reloaded: Readonly<Record<string, unknown>> = {}) => {
      const second = here();
      second.network.reconfigure(networkConfig(server.port, reloaded));
      t.after(async () => {
        await second.network.stop('bye');
        await server.stop();
      });
      await second.listening();
      (await server.client('causeway')).send(':carol!c@h PRIVMSG #commons :live');
      await second.hears('carol: live');
      return memory.events.map((event) => (event.kind === 'message' ? event.lines[0] : event.kind));
    },
  };
}

const lines = (fromMs: number, stepMs: number, ...texts: readonly string[]): Said[] =>
  texts.map((text, index) => ({ atMs: fromMs + index * stepMs, text }));

/** `l1`, `l2` … */
const named = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `l${index + 1}`);

describe('what was said while the bridge was away', { timeout: 60_000 }, () => {
  test('is all there is to tell in a channel that was quiet for so long that its keys are forgotten', async (t) => {
    const before = lines(Date.now() - 40 * DAY_MS, 1_000, 'one', 'two');
    const { memory, back } = await comeBack(t, before, lines(Date.now() - DAY_MS, 0, 'three'));
    memory.keys.clear();
    assert.deepEqual(await back(), ['one', 'two', 'three', 'live']);
  });

  test('comes whole though the last line before had the time of a server whose clock is an hour ahead', async (t) => {
    const now = Date.now();
    const before = [...lines(now - 600_000, 1_000, 'one'), ...lines(now + HOUR_MS, 0, 'wrong')];
    const { memory, back } = await comeBack(t, before, lines(now, 20, 'l1', 'l2', 'l3'));
    assert.ok((memory.heard?.untilMs ?? 0) < Date.now() + 1_000);
    assert.deepEqual(await back(), ['one', 'wrong', 'l1', 'l2', 'l3', 'live']);
  });

  test('comes whole from a server that answers with fewer messages than it says', async (t) => {
    const sinceMs = Date.now() - 600_000;
    const { back } = await comeBack(t, lines(sinceMs, 0, 'known'), lines(sinceMs + 60_000, 20, ...named(25)), 4);
    assert.deepEqual(await back(), ['known', ...named(25), 'live']);
  });

  test('is fetched up to the limit that a reload has set', async (t) => {
    const sinceMs = Date.now() - 600_000;
    const { back } = await comeBack(t, lines(sinceMs, 0, 'known'), lines(sinceMs + 60_000, 20, ...named(25)), 4);
    assert.deepEqual(await back({ history: { maxLines: 3 } }), ['known', ...named(3), 'gap', 'live']);
  });

  test('is asked for by the server’s clock, also where that was set back in the midst of talk', async (t) => {
    let aheadMs = HOUR_MS;
    const time = (): string => new Date(Date.now() + aheadMs).toISOString();
    const server = await FakeIrcServer.start({
      caps: CAPS,
      answer: (_, command, [token]) =>
        command === 'PING' ? [`@time=${time()} :fake.test PONG fake.test ${token}`] : undefined,
    });
    const world = new NetworkWorld({ port: server.port });
    t.after(() => server.stop());
    await world.listening();
    const bot = await server.client('causeway');
    aheadMs = 0;
    bot.send(`@time=${time()};msgid=a :carol!c@h PRIVMSG #commons :a`);
    await bot.got(/^PING time/);
    bot.send(':carol!c@h PRIVMSG #commons :b');
    await world.hears('carol: b');
    await world.network.stop('bye');
    assert.ok((world.memory.heard?.untilMs ?? 0) < Date.now() + 1_000);
  });
});
