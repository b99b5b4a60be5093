import { settle, warmUp } from '../lines.ts';
import type { SeenEvent } from '../matrix-client.ts';
import type { Scenario } from '../scenario.ts';
import { percentile } from '../stats.ts';
import { pause } from '../waiting.ts';

const CHANNEL = '#idle';

/**
 * What a line from IRC costs beyond the bare PUT, when nothing else happens. Both are measured by the same clock from
 * the moment at which the line (the request) is written to the moment at which one and the same `/sync` shows it. They
 * take turns within a run, so that whatever else the machine does meets both; the bridge runs all the time.
 */
export const idleLag: Scenario = {
  name: 'idle-lag',
  title: 'idle lag over the bare PUT',
  timeoutMs: 300_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const samples = quick ? 30 : 120;
    const world = await makeWorld();
    await world.bridge({ links: [{ channel: CHANNEL, room: CHANNEL }] });
    const observer = await world.matrix('observer');
    const room = await observer.join(`${CHANNEL}:${world.serverName}`);
    await observer.observe();
    const ann = await world.irc('ann', CHANNEL);
    const [ghost = ''] = await warmUp([ann], observer, CHANNEL);

    const sample = async (text: string, send: () => void): Promise<number> => {
      const seen: Promise<SeenEvent> = observer.waitFor(({ body }) => body === text, text);
      const from = performance.now();
      send();
      const lag = (await seen).atMs - from;
      // Past the fan-out of this one; an odd length keeps clear of anything periodic.
      await pause(90 + Math.random() * 40);
      return lag;
    };
    const result = { ours50: [] as number[], bare50: [] as number[], ours95: [] as number[], bare95: [] as number[] };
    for (let run = 0; run < runs; run++) {
      await settle(observer);
      const ours: number[] = [];
      const bare: number[] = [];
      for (let i = -10; i < samples; i++) {
        const bareFirst = Math.random() < 0.5;
        const one = async (isBare: boolean): Promise<void> => {
          const text = `${isBare ? 'bare' : 'ours'} ${run} ${i}`;
          let sent: Promise<void> = Promise.resolve();
          const lag = await sample(text, () => {
            if (isBare) sent = world.bare.send(ghost, room, text);
            else ann.say(CHANNEL, text);
          });
          await sent;
          // The first ten warm everything up.
          if (i >= 0) (isBare ? bare : ours).push(lag);
        };
        await one(bareFirst);
        await one(!bareFirst);
      }
      result.ours50.push(percentile(ours, 0.5));
      result.bare50.push(percentile(bare, 0.5));
      result.ours95.push(percentile(ours, 0.95));
      result.bare95.push(percentile(bare, 0.95));
      say(
        `run ${run}: p50 ${percentile(ours, 0.5).toFixed(1)} against ${percentile(bare, 0.5).toFixed(1)} ms, p95 ${percentile(ours, 0.95).toFixed(1)} against ${percentile(bare, 0.95).toFixed(1)} ms`,
      );
    }
    return [
      {
        what: 'IRC→Matrix idle lag, p50',
        unit: 'ms',
        ours: result.ours50,
        limit: result.bare50,
        measure: 'difference',
        goal: { op: '<=', value: 2 },
        note: `${samples} of each per run, in turn, from writing to being visible in the same /sync; ours through Ergo and with two durable commits.`,
      },
      {
        what: 'IRC→Matrix idle lag, p95',
        unit: 'ms',
        ours: result.ours95,
        limit: result.bare95,
        measure: 'difference',
        goal: { op: '<=', value: 5 },
      },
    ];
  },
};
