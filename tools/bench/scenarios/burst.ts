import type { IrcClient } from '../irc-client.ts';
import { disorder, numbersOf, settle, warmUp, watchLines } from '../lines.ts';
import type { Row, Scenario } from '../scenario.ts';
import { percentile } from '../stats.ts';
import { pause } from '../waiting.ts';

const CHANNEL = '#burst';
const PER_SECOND = 200;

/** Three times what Dendrite takes line by line, for half a minute. */
export const burst: Scenario = {
  name: 'burst',
  title: '200 lines a second into one room for 30 s',
  timeoutMs: 600_000,
  run: async ({ runs, quick, world: makeWorld, say }) => {
    const lines = PER_SECOND * (quick ? 5 : 30);
    const world = await makeWorld();
    await world.bridge({ links: [{ channel: CHANNEL, room: CHANNEL }] });
    const observer = await world.matrix('observer');
    const room = await observer.join(`${CHANNEL}:${world.serverName}`);
    await observer.observe();
    const crowd = [];
    for (const nick of ['ann', 'ben', 'cid', 'dot']) crowd.push(await world.irc(nick, CHANNEL));
    await warmUp(crowd, observer, CHANNEL);

    const rows: Row[] = [];
    for (const [who, speakers] of [
      ['one person', crowd.slice(0, 1)],
      ['four people, ten lines each in turn', crowd],
    ] as const) {
      const worst: number[] = [];
      const typical: number[] = [];
      const notes: string[] = [];
      for (let run = 0; run < runs; run++) {
        const name = `burst-${speakers.length}-${run}`;
        await settle(observer);
        const watch = watchLines(observer, name);
        const saidAt: number[] = [];
        const [lastAt] = await Promise.all([watch.all(lines, 150_000), speak(speakers, name, lines, saidAt)]);
        watch.stop();
        const lags = saidAt.map((at, i) => (watch.seenAt.get(i) ?? Number.POSITIVE_INFINITY) - at);
        worst.push(Math.max(...lags) / 1000);
        typical.push(percentile(lags, 0.5) / 1000);
        const texts = (await observer.texts(room)).filter(({ body }) => numbersOf(body, name).length > 0);
        const disordered =
          speakers.length === 1
            ? await disorder(observer, room, name, lines)
            : bySender(texts, name, lines, speakers.length);
        notes.push(`${texts.length} events${disordered === undefined ? '' : `, WRONG: ${disordered}`}`);
        say(
          `${name}: worst lag ${worst.at(-1)?.toFixed(2)} s, p50 ${typical.at(-1)?.toFixed(2)} s, done ${((lastAt - (saidAt.at(-1) ?? 0)) / 1000).toFixed(2)} s after the last line; ${notes.at(-1)}`,
        );
      }
      rows.push({
        what: `200 lines/s, ${who}: worst lag`,
        unit: 's',
        ours: worst,
        measure: 'value',
        ...(speakers.length === 1 ? { goal: { op: '<=', value: 5 } } : {}),
        note: `${lines} lines per run in ${notes.join(' / ')}; p50 ${typical.map((s) => s.toFixed(2)).join(' / ')} s.`,
      });
    }
    return rows;
  },
};

/** Evenly over the time, each speaker ten lines before the next. */
async function speak(speakers: readonly IrcClient[], run: string, count: number, saidAt: number[]): Promise<void> {
  const from = performance.now();
  for (let i = 0; i < count; i++) {
    const wait = from + (i * 1000) / PER_SECOND - performance.now();
    if (wait > 1) await pause(wait);
    saidAt.push(performance.now());
    speakers[Math.floor(i / 10) % speakers.length]?.say(CHANNEL, `${run} ${i} some words so that it is a line`);
  }
}

/** Several sockets give no total order; every line has to be there once, and those of one person in order. */
function bySender(
  texts: readonly { readonly body: string; readonly sender: string }[],
  run: string,
  wanted: number,
  senders: number,
): string | undefined {
  const all = texts.flatMap(({ body, sender }) => numbersOf(body, run).map((number) => ({ sender, number })));
  if (all.length !== wanted || new Set(all.map(({ number }) => number)).size !== wanted)
    return `${all.length} lines of ${wanted}`;
  const bySender = Map.groupBy(all, ({ sender }) => sender);
  if (bySender.size !== senders) return `${bySender.size} senders of ${senders}`;
  for (const [sender, said] of bySender)
    if (said.some(({ number }, i) => i > 0 && number < (said[i - 1]?.number ?? 0))) return `${sender} out of order`;
  return undefined;
}
