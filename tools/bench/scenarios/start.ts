import type { Scenario } from '../scenario.ts';
import { until } from '../waiting.ts';

const CHANNEL = '#start';

/** From starting the process to the first line on the other side, servers up and rooms made. */
export const start: Scenario = {
  name: 'start',
  title: 'start to first line bridged',
  timeoutMs: 120_000,
  run: async ({ runs, world: makeWorld, say }) => {
    const world = await makeWorld();
    const links = [{ channel: CHANNEL, room: CHANNEL }];
    const first = await world.bridge({ links });
    const observer = await world.matrix('observer');
    const room = await observer.join(`${CHANNEL}:${world.serverName}`);
    await observer.observe();
    const ann = await world.irc('ann', CHANNEL);
    await first.stop();

    const toMatrix: number[] = [];
    const toIrc: number[] = [];
    for (let run = 0; run < runs; run++) {
      const joined = ann.waitFor(
        ({ nick, command }) => command === 'JOIN' && nick === 'causeway',
        'the bot in the channel',
        30_000,
      );
      const text = `first ${run}`;
      const seen = observer.waitFor(({ body }) => body === text, text);
      const from = performance.now();
      const bridge = await world.bridge({ links, atOnce: true });
      await joined;
      ann.say(CHANNEL, text);
      toMatrix.push((await seen).atMs - from);
      await until('the link', 30_000, async () =>
        (await world.status()).portals.every(({ state }) => state === 'linked'),
      );
      await bridge.stop();

      const back = `back ${run}`;
      const heard = ann.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === back, back, 30_000);
      await observer.say(room, back);
      const again = performance.now();
      const other = await world.bridge({ links, atOnce: true });
      toIrc.push((await heard).atMs - again);
      await until('the link', 30_000, async () =>
        (await world.status()).portals.every(({ state }) => state === 'linked'),
      );
      await other.stop();
      say(`run ${run}: IRC→Matrix ${toMatrix.at(-1)?.toFixed(0)} ms, Matrix→IRC ${toIrc.at(-1)?.toFixed(0)} ms`);
    }
    return [
      {
        what: 'start to first line, IRC→Matrix',
        unit: 'ms',
        ours: toMatrix,
        measure: 'value',
        goal: { op: '<=', value: 1500 },
        note: 'from exec of the process to being visible by /sync; the line is said when the bot has joined.',
      },
      {
        what: 'start to first line, Matrix→IRC',
        unit: 'ms',
        ours: toIrc,
        measure: 'value',
        goal: { op: '<=', value: 1500 },
        note: 'a line that was sent while the bridge was away; its sender’s puppet has to connect first.',
      },
    ];
  },
};
