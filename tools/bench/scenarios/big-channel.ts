import type { IrcClient } from '../irc-client.ts';
import { processorMs, residentMb } from '../process-usage.ts';
import type { Scenario } from '../scenario.ts';
import { pause } from '../waiting.ts';

const CHANNEL = '#big';

/** The first line of a very large channel must not wait for its member list. */
export const bigChannel: Scenario = {
  name: 'big-channel',
  title: 'a channel of 5,000: first line',
  timeoutMs: 300_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const members = quick ? 500 : 5000;
    const world = await makeWorld();
    const links = [{ channel: CHANNEL, room: CHANNEL }];
    const founder = await world.irc('founder', CHANNEL);
    const first = await world.bridge({ links });
    const observer = await world.matrix('observer');
    await observer.join(`${CHANNEL}:${world.serverName}`);
    await observer.observe();
    await first.stop();

    // Auditorium mode spares everybody the sight of everybody's JOIN while the hall fills.
    founder.write(`MODE ${CHANNEL} +u`);
    await founder.flush();
    const crowd: IrcClient[] = [];
    for (let from = 0; from < members; from += 100)
      crowd.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(100, members - from) }, (_, i) => world.irc(`m${from + i}`, CHANNEL)),
        )),
      );
    founder.write(`MODE ${CHANNEL} -u`);
    await founder.flush();
    await Promise.all(crowd.map((member) => member.flush()));
    say(`${crowd.length} are in the channel`);

    const ours: number[] = [];
    for (let run = 0; run < runs; run++) {
      const text = `from the crowd ${run}`;
      const joined = founder.waitFor(
        ({ nick, command }) => command === 'JOIN' && nick === 'causeway',
        'the bot',
        30_000,
      );
      const seen = observer.waitFor(({ body }) => body === text, text, 60_000);
      const bridge = await world.bridge({ links, atOnce: true });
      const { atMs } = await joined;
      crowd[(run * 7) % crowd.length]?.say(CHANNEL, text);
      ours.push(((await seen).atMs - atMs) / 1000);
      await pause(3000);
      say(
        `run ${run}: ${ours.at(-1)?.toFixed(2)} s after the bot's JOIN; ${residentMb(bridge.pid).toFixed(0)} MB, ${(processorMs(bridge.pid) / 1000).toFixed(1)} s of processor time`,
      );
      await bridge.stop();
      await founder.flush();
    }
    return [
      {
        what: `channel of ${members}: first line after the bot joined`,
        unit: 's',
        ours,
        measure: 'value',
        goal: { op: '<=', value: 2 },
        note: 'said by somebody of the crowd when the founder saw the bot’s JOIN; a new speaker each run, so their ghost has to be made and joined.',
      },
    ];
  },
};
