import { IrcClient } from '../irc-client.ts';
import { processorMs, residentMb } from '../process-usage.ts';
import type { Scenario } from '../scenario.ts';
import { type StandIn, startStandIn } from '../stand-in.ts';
import { median } from '../stats.ts';
import { pause, until } from '../waiting.ts';

const CHANNEL = '#crowd';

/** Memory of the bridge with a thousand puppets in one channel, beyond what it has when idle. */
export const memory: Scenario = {
  name: 'memory',
  title: 'memory with 1,000 puppets in one channel',
  timeoutMs: 600_000,
  run: async ({ quick, runs, world: makeWorld, say }) => {
    const people = quick ? 200 : 1000;
    const grown: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < Math.min(runs, 3); run++) {
      let standIn: StandIn | undefined;
      const world = await makeWorld({
        homeserver: async (parts) => {
          standIn = await startStandIn(parts);
          return standIn;
        },
      });
      const bridge = await world.bridge({
        links: [{ channel: CHANNEL, room: CHANNEL }],
        puppets: { max: people + 100, connectPerSecond: 500, reconnectsAtOnce: 50 },
      });
      await pause(3000);
      const idle = await residentSettled(bridge.pid);
      const ear = await world.irc('ear', CHANNEL);
      const room = standIn?.roomOf(CHANNEL) ?? '';
      const heard = new Set<string>();
      ear.onLine = ({ command, params }) => {
        if (command === 'PRIVMSG') heard.add(params[1] ?? '');
      };
      for (let i = 0; i < people; i++) standIn?.join(`@p${i}:${world.serverName}`, room);
      for (let i = 0; i < people; i++) standIn?.say(`@p${i}:${world.serverName}`, room, `hello ${i}`);
      const from = performance.now();
      await until(`${people} first lines (${heard.size} so far)`, 400_000, () => heard.size >= people, 200);
      const took = performance.now() - from;
      await pause(5000);
      const full = await residentSettled(bridge.pid);
      grown.push(full - idle);
      say(
        `run ${run}: idle ${idle.toFixed(0)} MB, with ${people} puppets ${full.toFixed(0)} MB; all had spoken after ${(took / 1000).toFixed(1)} s, ${(processorMs(bridge.pid) / 1000).toFixed(1)} s of processor time`,
      );
      await bridge.stop();

      const before = await residentSettled(process.pid);
      const sockets = await Promise.all(
        Array.from({ length: people }, (_, i) => IrcClient.connect(world.ergo.ports.irc, `b${i}`)),
      );
      await Promise.all(sockets.map((socket) => socket.join(CHANNEL)));
      bare.push((await residentSettled(process.pid)) - before);
      for (const socket of sockets) socket.close();
      await world.close();
    }
    return [
      {
        what: `memory of ${people} puppets in one channel`,
        unit: 'MB',
        ours: grown,
        measure: 'value',
        goal: { op: '<=', value: 130 },
        note: `resident memory of the bridge 5 s after all had spoken, minus the same process idle; a homeserver in memory, real Ergo. As many bare sockets in a Node process took ${median(bare).toFixed(0)} MB.`,
      },
    ];
  },
};

/** The least of some readings: what is only waiting for the garbage collector does not count, nor can it be forced. */
async function residentSettled(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    least = Math.min(least, residentMb(pid));
    await pause(300);
  }
  return least;
}
