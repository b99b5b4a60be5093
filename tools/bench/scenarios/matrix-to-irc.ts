import { warmUp } from '../lines.ts';
import type { Scenario } from '../scenario.ts';
import { percentile } from '../stats.ts';
import { pause, until } from '../waiting.ts';

const CHANNEL = '#back';

/**
 * How long a Matrix line takes from the arrival of its transaction to being heard on IRC, when its sender is connected.
 * Arrival: a tap between homeserver and bridge has handed the last byte over. Where the companion sync was faster than
 * the push the time is negative; it stays as it is.
 */
export const matrixToIrc: Scenario = {
  name: 'matrix-to-irc',
  title: 'Matrix→IRC after arrival of the transaction',
  timeoutMs: 240_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const samples = quick ? 30 : 120;
    const world = await makeWorld({ tap: true });
    await world.bridge({ links: [{ channel: CHANNEL, room: CHANNEL }] });
    const mara = await world.matrix('mara');
    const room = await mara.join(`${CHANNEL}:${world.serverName}`);
    await mara.observe();
    const ear = await world.irc('ear', CHANNEL);
    await warmUp([ear], mara, CHANNEL);

    const heard = async (
      text: string,
      timeoutMs: number,
    ): Promise<{ readonly lag: number; readonly whole: number }> => {
      const line = ear.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === text, text, timeoutMs);
      const from = performance.now();
      const id = await mara.say(room, text);
      const { atMs } = await line;
      await until(`the push of ${text}`, 40_000, () => world.tap?.handedOverAt(id) !== undefined, 5);
      return { lag: atMs - (world.tap?.handedOverAt(id) ?? 0), whole: atMs - from };
    };
    const first: number[] = [];
    const p50: number[] = [];
    const p95: number[] = [];
    const whole: number[] = [];
    let early = 0;
    first.push((await heard('first', 30_000)).lag);
    for (let run = 0; run < runs; run++) {
      const lags: number[] = [];
      const wholes: number[] = [];
      for (let i = -5; i < samples; i++) {
        const { lag, whole: took } = await heard(`line ${run} ${i}`, 15_000);
        await pause(90 + Math.random() * 40);
        if (i < 0) continue;
        lags.push(lag);
        wholes.push(took);
        if (lag < 0) early++;
      }
      p50.push(percentile(lags, 0.5));
      p95.push(percentile(lags, 0.95));
      whole.push(percentile(wholes, 0.5));
      say(
        `run ${run}: after arrival p50 ${percentile(lags, 0.5).toFixed(1)} p95 ${percentile(lags, 0.95).toFixed(1)} ms; from the PUT p50 ${percentile(wholes, 0.5).toFixed(1)} ms`,
      );
    }
    return [
      {
        what: 'Matrix→IRC after arrival, p95',
        unit: 'ms',
        ours: p95,
        measure: 'value',
        goal: { op: '<=', value: 10 },
        note: `second and later lines of one person; in ${early} of ${samples * runs} the companion sync brought the event before the transaction did (counted as the negative times they are).`,
      },
      { what: 'Matrix→IRC after arrival, p50', unit: 'ms', ours: p50, measure: 'value' },
      { what: 'Matrix→IRC from PUT to heard, p50', unit: 'ms', ours: whole, measure: 'value' },
      { what: 'Matrix→IRC, first line (connects the puppet)', unit: 'ms', ours: first, measure: 'value' },
    ];
  },
};
