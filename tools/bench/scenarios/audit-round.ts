import { makeCrowd } from '../crowd.ts';
import { processorMs } from '../process-usage.ts';
import type { Row, Scenario } from '../scenario.ts';
import { percentile } from '../stats.ts';
import { pause, until } from '../waiting.ts';

const ROUND_SECONDS = 60;
const LINE_EVERY_MS = 50;
/** A round is over when nothing was read for so long. */
const OVER_MS = 3_000;
const CHANNEL = '#c0';

type Said = { readonly atMs: number; readonly lagMs: number };
type Request = { readonly isWrite: boolean; readonly isState: boolean; readonly what: string; readonly atMs: number };

/** Everything compared with what it should be, and nothing to change: what it costs, and whom it keeps waiting. */
export const auditRound: Scenario = {
  name: 'audit-round',
  title: 'a full round over 50 rooms and 10,000 members without a change',
  timeoutMs: 1_200_000,
  run: async (context) => {
    const { runs, quick, say } = context;
    const size = quick ? 1_000 : 10_000;
    const crowd = await makeCrowd(context, { size, large: 10, reconcileSeconds: ROUND_SECONDS });
    const { world, standIn, bridge, rooms } = crowd;
    const ann = await world.irc('ann', CHANNEL);
    const lines: Said[] = [];
    const saidAt = new Map<string, number>();
    standIn.onMessage = ({ body, atMs }) => {
      const from = saidAt.get(body);
      if (from !== undefined) lines.push({ atMs: from, lagMs: atMs - from });
    };
    let isOver = false;
    const talk = (async () => {
      for (let i = 0; !isOver; i++) {
        const text = `round ${i}`;
        saidAt.set(text, performance.now());
        ann.say(CHANNEL, text);
        await pause(LINE_EVERY_MS);
      }
    })();
    await until('a line', 30_000, () => lines.length > 0);

    const took: number[] = [];
    const cpu: number[] = [];
    const writes: number[] = [];
    const reads: number[] = [];
    const lag = {
      within99: [] as number[],
      idle99: [] as number[],
      withinMost: [] as number[],
      idleMost: [] as number[],
    };
    for (let run = 0; run < runs; run++) {
      const requests: Request[] = [];
      standIn.onRequest = (method, path) => {
        // The lines that are measured meanwhile are no writes of the round.
        if (path.includes('/send/m.room.message/')) return undefined;
        requests.push({
          isWrite: method !== 'GET',
          isState: /\/state$/.test(path),
          what: `${method} ${path}`,
          atMs: performance.now(),
        });
        return undefined;
      };
      const states = (): Request[] => requests.filter(({ isState }) => isState);
      await pause(OVER_MS);
      requests.length = 0;
      const idleFrom = performance.now();
      let before = processorMs(bridge.pid);
      await until(
        'a round',
        (ROUND_SECONDS + 30) * 1000,
        () => {
          if (states().length > 0) return true;
          before = processorMs(bridge.pid);
          return false;
        },
        10,
      );
      const last = (): number => requests.at(-1)?.atMs ?? 0;
      await until(
        'the end of the round',
        120_000,
        () => states().length >= rooms.length && performance.now() - last() > OVER_MS,
        50,
      );
      cpu.push(processorMs(bridge.pid) - before);
      const from = states()[0]?.atMs ?? 0;
      took.push(last() - from);
      writes.push(requests.filter(({ isWrite }) => isWrite).length);
      reads.push(requests.filter(({ isWrite }) => !isWrite).length);
      const lags = (fromMs: number, toMs: number): number[] =>
        lines.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ lagMs }) => lagMs);
      // A line that was said while the last room was compared is among these.
      const within = lags(from - 200, last() + 500);
      const idle = lags(idleFrom, from - 200);
      lag.within99.push(percentile(within, 0.99));
      lag.withinMost.push(percentile(within, 1));
      lag.idle99.push(percentile(idle, 0.99));
      lag.idleMost.push(percentile(idle, 1));
      const wrote = requests.filter(({ isWrite }) => isWrite).slice(0, 3);
      say(
        `run ${run}: ${took.at(-1)?.toFixed(0)} ms, ${cpu.at(-1)?.toFixed(0)} ms of processor time, ${reads.at(-1)} reads, ${writes.at(-1)} writes; worst of ${within.length} lines ${lag.withinMost.at(-1)?.toFixed(0)} ms, of ${idle.length} between rounds ${lag.idleMost.at(-1)?.toFixed(0)} ms${wrote.map(({ what }) => `; wrote ${what}`).join('')}`,
      );
    }
    isOver = true;
    await talk;
    const value = { measure: 'value' } as const;
    const rows: Row[] = [
      {
        ...value,
        what: 'full round without a change: writes',
        unit: '',
        ours: writes,
        goal: { op: '<=', value: 0 },
        note: `${size} listed, ${crowd.joined} memberships in ${rooms.length} rooms of a homeserver in memory; ${reads.join(', ')} reads.`,
      },
      { ...value, what: 'full round without a change: time', unit: 'ms', ours: took },
      { ...value, what: 'full round without a change: processor time', unit: 'ms', ours: cpu },
      {
        what: 'lag of a line in a round, p99',
        unit: 'ms',
        ours: lag.within99,
        limit: lag.idle99,
        measure: 'difference',
        goal: { op: '<=', value: 50 },
        note: `one line every ${LINE_EVERY_MS} ms from IRC until the homeserver has read its request; "bare" here are lines between rounds.`,
      },
      {
        what: 'lag of a line in a round, worst',
        unit: 'ms',
        ours: lag.withinMost,
        limit: lag.idleMost,
        measure: 'difference',
      },
    ];
    return rows;
  },
};
