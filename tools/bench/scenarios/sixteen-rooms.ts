import type { IrcClient } from '../irc-client.ts';
import { disorder, sayInTurn, sendInTurn, settle, warmUp, watchLines } from '../lines.ts';
import type { Scenario } from '../scenario.ts';

/** IRC→Matrix into many rooms at once, against as many bare sequential lanes. */
export const sixteenRooms: Scenario = {
  name: 'sixteen-rooms',
  title: 'IRC→Matrix, sixteen rooms',
  timeoutMs: 420_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const count = 16;
    const lines = quick ? 10 : 60;
    const world = await makeWorld();
    const names = Array.from({ length: count }, (_, i) => `#room${i}`);
    const links = names.map((name) => ({ channel: name, room: name }));
    let bridge = await world.bridge({ links });
    const observer = await world.matrix('observer');
    const rooms: string[] = [];
    for (const name of names) rooms.push(await observer.join(`${name}:${world.serverName}`));
    await observer.observe();
    const ear = await world.irc('ear', ...names);
    const speakers: IrcClient[][] = [];
    const ghosts: string[][] = [];
    for (const [i, name] of names.entries()) {
      const pair = [await world.irc(`ann${i}`, name), await world.irc(`ben${i}`, name)];
      speakers.push(pair);
      ghosts.push(await warmUp(pair, observer, name));
    }

    const ours: number[] = [];
    const limit: number[] = [];
    const wrong: string[] = [];
    const measured = async (run: string, send: (lane: number, laneRun: string) => Promise<void>): Promise<number> => {
      await settle(observer);
      const watches = names.map((_, lane) => watchLines(observer, `${run}-${lane}`));
      const from = performance.now();
      const ends = await Promise.all([
        ...watches.map((watch) => watch.all(lines, 150_000)),
        ...names.map((_, lane) => send(lane, `${run}-${lane}`).then(() => 0)),
      ]);
      for (const watch of watches.reverse()) watch.stop();
      const rate = ((count * lines) / (Math.max(...ends) - from)) * 1000;
      say(`${run}: ${rate.toFixed(1)} lines/s`);
      for (const [lane, room] of rooms.entries()) {
        const disordered = await disorder(observer, room, `${run}-${lane}`, lines);
        if (disordered !== undefined) wrong.push(`${run}-${lane}: ${disordered}`);
      }
      return rate;
    };
    for (let i = 0; i < runs; i++) {
      await bridge.stop();
      await world.bare.listen();
      limit.push(
        await measured(`bare-${i}`, (lane, run) =>
          sendInTurn(world.bare, ghosts[lane] ?? [], rooms[lane] ?? '', run, lines),
        ),
      );
      await world.bare.deafen();
      bridge = await world.bridge({ links });
      for (const [lane, name] of names.entries()) await warmUp(speakers[lane] ?? [], observer, name);
      ours.push(
        await measured(`ours-${i}`, (lane, run) => sayInTurn(speakers[lane] ?? [], ear, names[lane] ?? '', run, lines)),
      );
    }
    return [
      {
        what: 'IRC→Matrix, sixteen rooms',
        unit: 'lines/s',
        ours,
        limit,
        measure: 'ratio',
        goal: { op: '>=', value: 0.9 },
        note: `${lines} lines into each of ${count} rooms, two people in turn in each; bare: as many sequential senders at once.${world.bare.retried === 0 ? '' : ` ${world.bare.retried} bare sends failed for the homeserver’s own trouble and were repeated.`}${wrong.length === 0 ? ' All once and in order.' : ` WRONG: ${wrong.join('; ')}`}`,
      },
    ];
  },
};
