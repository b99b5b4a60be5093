import type { IrcClient } from '../irc-client.ts';
import { settle } from '../lines.ts';
import type { MatrixClient } from '../matrix-client.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../stats.ts';
import { pause } from '../waiting.ts';

/** Member lists that join whole: how fast, and what people notice meanwhile. */
export const ghostJoins: Scenario = {
  name: 'ghost-joins',
  title: 'ghosts joining where a mapping asks for all',
  timeoutMs: 600_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const crowd = quick ? 15 : 60;
    const world = await makeWorld();
    const mara = await world.matrix('mara');
    await mara.observe();
    const rates = {
      ours: [] as number[],
      bare: [] as number[],
      full: [] as number[],
      busy: [] as number[],
      bareBusy: [] as number[],
    };
    const sends = { idle: [] as number[], during: [] as number[], bare: [] as number[] };

    /** Rate of joins in a room from the first to the last of `crowd`, as /sync shows them. */
    const joinRate = async (
      room: string,
      prefix: string,
      act: () => Promise<void>,
      onFirst = (): void => {},
    ): Promise<number> => {
      let firstAt = 0;
      let joined = 0;
      const done = mara.waitFor(
        (event) => {
          if (event.room !== room || event.membership !== 'join' || event.stateKey?.startsWith(prefix) !== true)
            return false;
          if (++joined === 1) {
            firstAt = event.atMs;
            onFirst();
          }
          return joined === crowd;
        },
        `${crowd} ghosts in ${room}`,
        180_000,
      );
      const [last] = await Promise.all([done, act()]);
      return ((crowd - 1) / (last.atMs - firstAt)) * 1000;
    };
    const makeRoom = async (channel: string): Promise<string> => {
      const bridge = await world.bridge({ links: [{ channel, room: channel }] });
      const room = await mara.join(`${channel}:${world.serverName}`);
      await bridge.stop();
      return room;
    };
    const bareCrowd = async (room: string, name: string, full: boolean): Promise<void> => {
      for (let i = 0; i < crowd; i++) {
        const localpart = `_causeway_home_${name}n${i}`;
        const id = `@${localpart}:${world.serverName}`;
        await world.bare.register(localpart);
        if (full) {
          await world.bare.silence(id);
          await world.bare.setDisplayName(id, `${name}n${i}`);
        }
        await world.bare.join(id, room);
      }
    };
    const ircCrowd = (channel: string, name: string): Promise<IrcClient[]> =>
      Promise.all(Array.from({ length: crowd }, (_, i) => world.irc(`${name}n${i}`, channel)));

    for (let run = 0; run < runs; run++) {
      for (const kind of ['bare', 'full'] as const) {
        const room = await makeRoom(`#${kind}${run}`);
        await world.bare.listen();
        await settle(mara);
        rates[kind].push(
          await joinRate(room, `@_causeway_home_${kind}${run}n`, () =>
            bareCrowd(room, `${kind}${run}`, kind === 'full'),
          ),
        );
        await world.bare.deafen();
      }
      const channel = `#ours${run}`;
      const room = await makeRoom(channel);
      const members = await ircCrowd(channel, `ours${run}`);
      await settle(mara);
      let bridge = await world.bridge({ links: [{ channel, room: channel }] });
      sends.idle.push(median(await sendTimes(mara, room, 10)));
      await bridge.stop();
      await settle(mara);
      rates.ours.push(
        await joinRate(room, `@_causeway_home_ours${run}n`, async () => {
          bridge = await world.bridge({ links: [{ channel, room: channel, ghosts: 'all' }] });
        }),
      );
      await bridge.stop();
      for (const member of members) member.close();

      // The same again, while somebody speaks: the bare calls, and ours.
      const bareRoom = await makeRoom(`#talk${run}`);
      await world.bare.listen();
      await settle(mara);
      const unheard = speech(mara, bareRoom);
      rates.bareBusy.push(
        await joinRate(
          bareRoom,
          `@_causeway_home_talk${run}n`,
          () => bareCrowd(bareRoom, `talk${run}`, true),
          unheard.begin,
        ),
      );
      sends.bare.push(await unheard.end());
      await world.bare.deafen();
      const busy = `#busy${run}`;
      const busyRoom = await makeRoom(busy);
      const others = await ircCrowd(busy, `busy${run}`);
      await settle(mara);
      const heard = speech(mara, busyRoom);
      rates.busy.push(
        await joinRate(
          busyRoom,
          `@_causeway_home_busy${run}n`,
          async () => {
            bridge = await world.bridge({ links: [{ channel: busy, room: busy, ghosts: 'all' }] });
          },
          heard.begin,
        ),
      );
      sends.during.push(await heard.end());
      await bridge.stop();
      for (const member of others) member.close();
      say(
        `run ${run}: ${rates.ours.at(-1)?.toFixed(1)} joins/s against ${rates.bare.at(-1)?.toFixed(1)} bare (${rates.full.at(-1)?.toFixed(1)} with name and silence); a person's send ${sends.during.at(-1)?.toFixed(1)} (with bare joins ${sends.bare.at(-1)?.toFixed(1)}) against ${sends.idle.at(-1)?.toFixed(1)} ms, ${rates.busy.at(-1)?.toFixed(1)} (${rates.bareBusy.at(-1)?.toFixed(1)}) joins/s meanwhile`,
      );
    }
    return [
      {
        what: 'ghosts joined (registered, silenced, named)',
        unit: 'joins/s',
        ours: rates.ours,
        limit: rates.bare,
        measure: 'ratio',
        goal: { op: '>=', value: 0.9 },
        note: `${crowd} into a fresh room, from the first to the last as /sync shows them; bare: register and join only, one call after the other.`,
      },
      {
        what: 'the same against bare calls that also silence and name',
        unit: 'joins/s',
        ours: rates.ours,
        limit: rates.full,
        measure: 'ratio',
      },
      {
        what: 'a person’s send meanwhile',
        unit: 'ms',
        ours: sends.during,
        limit: sends.idle,
        measure: 'ratio',
        goal: { op: '<=', value: 1.5 },
        note: `time of a PUT of a person in the room, one every 250 ms; "bare": in the same kind of room without joins. Ours rests between joins while people talk: ${median(rates.busy).toFixed(1)} joins/s then.`,
      },
      {
        what: 'the same while the bare calls join',
        unit: 'ms',
        ours: sends.bare,
        limit: sends.idle,
        measure: 'ratio',
        note: `what one call after the other does to people: ${median(rates.bareBusy).toFixed(1)} joins/s.`,
      },
    ];
  },
};

/** A person who speaks in a room from `begin` to `end`, which says the median of what a send took, in milliseconds. */
function speech(person: MatrixClient, room: string): { begin: () => void; end: () => Promise<number> } {
  const times: number[] = [];
  let over = false;
  let speaking: Promise<void> | undefined;
  const speak = async (): Promise<void> => {
    while (!over) times.push(...(await sendTimes(person, room, 1)));
  };
  return {
    begin: () => {
      speaking ??= speak();
    },
    end: async () => {
      over = true;
      await speaking;
      return median(times);
    },
  };
}

async function sendTimes(person: MatrixClient, room: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    await person.say(room, `meanwhile ${i}`);
    times.push(performance.now() - from);
    await pause(250);
  }
  return times;
}
