import { disorder, sayInTurn, sendInTurn, settle, warmUp, watchLines } from '../lines.ts';
import type { Row, Scenario } from '../scenario.ts';

const CHANNEL = '#one';

/** IRC→Matrix into one room, in order, against a sequential sender with the same two ghosts and without any bridge running. */
export const oneRoom: Scenario = {
  name: 'one-room',
  title: 'IRC→Matrix, one room, in order',
  timeoutMs: 300_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const lines = quick ? 60 : 300;
    const world = await makeWorld();
    const links = [{ channel: CHANNEL, room: '#one' }];
    let bridge = await world.bridge({ links });
    const observer = await world.matrix('observer');
    const room = await observer.join(`#one:${world.serverName}`);
    await observer.observe();
    const ear = await world.irc('ear', CHANNEL);
    const speakers = [await world.irc('ann', CHANNEL), await world.irc('ben', CHANNEL)];
    const ghosts = await warmUp(speakers, observer, CHANNEL);

    const ours: number[] = [];
    const limit: number[] = [];
    const wrong: string[] = [];
    const measured = async (run: string, send: () => Promise<void>): Promise<number> => {
      await settle(observer);
      const watch = watchLines(observer, run);
      const from = performance.now();
      const [to] = await Promise.all([watch.all(lines, 120_000), send()]);
      watch.stop();
      const rate = (lines / (to - from)) * 1000;
      say(`${run}: ${rate.toFixed(1)} lines/s`);
      const disordered = await disorder(observer, room, run, lines);
      if (disordered !== undefined) wrong.push(`${run}: ${disordered}`);
      return rate;
    };
    for (let i = 0; i < runs; i++) {
      await bridge.stop();
      await world.bare.listen();
      limit.push(await measured(`bare-${i}`, () => sendInTurn(world.bare, ghosts, room, `bare-${i}`, lines)));
      await world.bare.deafen();
      bridge = await world.bridge({ links });
      await warmUp(speakers, observer, CHANNEL);
      ours.push(await measured(`ours-${i}`, () => sayInTurn(speakers, ear, CHANNEL, `ours-${i}`, lines)));
    }
    const row: Row = {
      what: 'IRC→Matrix, one room, in order',
      unit: 'lines/s',
      ours,
      limit,
      measure: 'ratio',
      goal: { op: '>=', value: 0.9 },
      note: `${lines} lines of two people in turn (no two can be joined), handed over at once; bare: the same two ghosts in turn, bridge stopped; seen by the same /sync.${world.bare.retried === 0 ? '' : ` ${world.bare.retried} bare sends failed for the homeserver’s own trouble and were repeated.`}${wrong.length === 0 ? ' All once and in order.' : ` WRONG: ${wrong.join('; ')}`}`,
    };
    return [row];
  },
};
