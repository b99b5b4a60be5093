import { IrcClient } from '../irc-client.ts';
import type { MatrixClient } from '../matrix-client.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../waiting.ts';

const CHANNEL = '#back100';

/** How long after a restart of Ergo a hundred puppets are in their channel again. */
export const puppetsBack: Scenario = {
  name: 'puppets-back',
  title: '100 puppets back after a restart of Ergo',
  timeoutMs: 420_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const count = quick ? 30 : 100;
    const world = await makeWorld();
    const bridge = await world.bridge({ links: [{ channel: CHANNEL, room: CHANNEL }], puppets: { max: count + 10 } });
    const people: MatrixClient[] = [];
    let room = '';
    for (let i = 0; i < count; i++) {
      const person = await world.matrix(`p${i}`);
      await person.silence();
      room = await person.join(`${CHANNEL}:${world.serverName}`);
      people.push(person);
    }
    say(`${count} people are in the room`);
    for (const person of people) await person.say(room, 'hello');
    const inChannel = async (): Promise<number> => {
      const counter = await IrcClient.connect(world.ergo.ports.irc, `c${Date.now() % 100_000}`);
      const names = new Set<string>();
      counter.onLine = ({ command, params }) => {
        if (command === '353')
          for (const nick of (params[3] ?? '').split(' ')) names.add(nick.replace(/^[~&@%+]+/, ''));
      };
      await counter.join(CHANNEL);
      counter.close();
      return [...names].filter((nick) => /^p\d+/.test(nick)).length;
    };
    await until(`${count} puppets`, 120_000, async () => (await inChannel()) >= count, 500);

    const ours: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < runs; run++) {
      await world.ergo.restart();
      const from = performance.now();
      await until(
        `${count} puppets after the restart`,
        90_000,
        async () => (await inChannel().catch(() => 0)) >= count,
        50,
      );
      ours.push((performance.now() - from) / 1000);
      const again = performance.now();
      const sockets = await Promise.all(
        Array.from({ length: count }, (_, i) => IrcClient.connect(world.ergo.ports.irc, `bare${run}x${i}`, CHANNEL)),
      );
      bare.push((performance.now() - again) / 1000);
      for (const socket of sockets) socket.close();
      say(`run ${run}: back after ${ours.at(-1)?.toFixed(2)} s; bare sockets ${bare.at(-1)?.toFixed(2)} s`);
    }
    await bridge.stop();
    return [
      {
        what: `${count} puppets back after Ergo's restart`,
        unit: 's',
        ours,
        limit: bare,
        measure: 'value',
        goal: { op: '<=', value: 10 },
        note: 'from when Ergo accepts connections again; the puppets’ own settings, which spare servers a herd; bare: as many sockets at once.',
      },
    ];
  },
};
