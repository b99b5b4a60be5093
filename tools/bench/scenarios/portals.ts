import { processorMs, residentMb } from '../process-usage.ts';
import type { Row, Scenario } from '../scenario.ts';
import { type StandIn, startStandIn } from '../stand-in.ts';
import { median, percentile } from '../stats.ts';
import { pause, until } from '../waiting.ts';

const SIZES = [10, 1000, 10_000];

/** What a line costs the bridge when ten, a thousand and ten thousand links are configured. */
export const portals: Scenario = {
  name: 'portals',
  title: 'cost of a line with 10, 1,000 and 10,000 links',
  timeoutMs: 1_200_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const lines = quick ? 100 : 300;
    const sizes = quick ? SIZES.slice(0, 2) : SIZES;
    const cpu = new Map<number, number[]>();
    const lag = new Map<number, number[]>();
    const started: Row[] = [];
    for (const size of sizes) {
      let standIn: StandIn | undefined;
      const world = await makeWorld({
        homeserver: async (parts) => {
          standIn = await startStandIn(parts);
          return standIn;
        },
        ergo: { channels: { 'max-channels-per-client': 20_000 } },
      });
      const links = Array.from({ length: size }, (_, i) => ({ channel: `#c${i}`, room: `#c${i}` }));
      const from = performance.now();
      const bridge = await world.bridge({ links, linkedWithinMs: 600_000 });
      const madeMs = performance.now() - from;
      await bridge.stop();
      const again = performance.now();
      const bridge2 = await world.bridge({ links, linkedWithinMs: 300_000 });
      const linkedMs = performance.now() - again;
      await idle(bridge2.pid);
      const quietMs = performance.now() - again;
      started.push(
        {
          what: `${size} links, start until all stand`,
          unit: 'ms',
          ours: [linkedMs],
          measure: 'value',
          note: `the first time, with rooms to make: ${(madeMs / 1000).toFixed(1)} s; read back and quiet after ${(quietMs / 1000).toFixed(1)} s`,
        },
        { what: `${size} links, memory`, unit: 'MB', ours: [residentMb(bridge2.pid)], measure: 'value' },
      );
      const ann = await world.irc('ann', '#c0', '#c5', '#c9');
      const arrived = new Map<string, (atMs: number) => void>();
      if (standIn !== undefined) standIn.onMessage = ({ body, atMs }) => arrived.get(body)?.(atMs);
      for (let run = -1; run < runs; run++) {
        const lags: number[] = [];
        const before = processorMs(bridge2.pid);
        for (let i = 0; i < lines; i++) {
          const text = `line ${run} ${i}`;
          const seen = new Promise<number>((resolve) => arrived.set(text, resolve));
          const said = performance.now();
          ann.say(i % 3 === 0 ? '#c0' : i % 3 === 1 ? '#c5' : '#c9', text);
          lags.push((await seen) - said);
          arrived.delete(text);
          await pause(10);
        }
        const perLine = (processorMs(bridge2.pid) - before) / lines;
        // The first run warms everything up.
        if (run < 0) continue;
        cpu.set(size, [...(cpu.get(size) ?? []), perLine]);
        lag.set(size, [...(lag.get(size) ?? []), percentile(lags, 0.5)]);
      }
      say(
        `${size} links: ${median(cpu.get(size) ?? []).toFixed(2)} ms processor time and ${median(lag.get(size) ?? []).toFixed(2)} ms lag per line; linked in ${(linkedMs / 1000).toFixed(1)} s, quiet after ${(quietMs / 1000).toFixed(1)} s`,
      );
      await world.close();
    }
    const [fewest = 0] = sizes;
    return [
      ...sizes.map(
        (size): Row => ({
          what: `processor time per line, ${size} links`,
          unit: 'ms',
          ours: cpu.get(size) ?? [],
          limit: cpu.get(fewest) ?? [],
          measure: 'ratio',
          ...(size === fewest
            ? {
                note: `a homeserver in memory, real Ergo; lines 10 ms apart; "bare" here is ours with ${fewest} links.`,
              }
            : { goal: { op: '<=', value: 1.25 } }),
        }),
      ),
      ...sizes.map(
        (size): Row => ({
          what: `lag to the homeserver, ${size} links`,
          unit: 'ms',
          ours: lag.get(size) ?? [],
          limit: lag.get(fewest) ?? [],
          measure: 'ratio',
          ...(size === fewest ? {} : { goal: { op: '<=', value: 1.25 } }),
        }),
      ),
      ...started,
    ];
  },
};

/** Until the process has worked off its start: rooms read back, members asked for. What a line costs shows only then. */
async function idle(pid: number): Promise<void> {
  await until(
    'the bridge to be done with its start',
    300_000,
    async () => {
      const before = processorMs(pid);
      await pause(2000);
      return processorMs(pid) - before < 60;
    },
    0,
  );
}
