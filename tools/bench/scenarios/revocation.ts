import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ALIASES, cooperativeConfig, GROUPS, knownAt, LINKS, type Listed, writeList } from '../cooperative.ts';
import { call } from '../http-call.ts';
import type { IrcClient } from '../irc-client.ts';
import { MatrixClient } from '../matrix-client.ts';
import type { BenchContext, Row, Scenario } from '../scenario.ts';
import { median, percentile } from '../stats.ts';
import { pause, until } from '../waiting.ts';
import type { World } from '../world.ts';

const SIZES = [1, 100, 10_000];
/** Where the person talks, both ways at once: open, for all members, and a group's. */
const TALKED = ['#c0', '#c4', '#c20', '#c21'];
/** Each channel and direction has a line so often. */
const LINE_EVERY_MS = 250;
/** So long nothing may come any more, before the last line counts as the last. */
const SILENCE_MS = 1_000;
const LIMIT_MS = 90_000;

/** From one moment to the next, in milliseconds. */
type Revocation = {
  readonly reading: number;
  /** Of the last line that crossed, either way; 0 where none did after the moment. */
  readonly linesFromRename: number;
  readonly linesFromKnown: number;
  readonly outFromRename: number;
  readonly outFromKnown: number;
  readonly quitFromKnown: number;
  /** Lines said after the bridge knew, and carried all the same. */
  readonly saidTooLate: number;
};

/** From the rewritten list of members to nobody hearing of the person any more, on real servers. */
export const revocation: Scenario = {
  name: 'revocation',
  title: 'a member is suspended: last line, last of 50 rooms, connection gone',
  timeoutMs: 1_200_000,
  run: async (context) => {
    const { runs, quick, world: makeWorld, say } = context;
    const sizes = quick ? SIZES.slice(0, 2) : SIZES;
    const times = quick ? 1 : 4;
    const world = await makeWorld({ ergo: { channels: { 'max-channels-per-client': 200 } } });
    writeList(world, listOf(1));
    // Whoever is in a channel first is its operator: were it the bot, the bench could not listen in.
    const ear = await world.irc('ear', ...TALKED);
    await world.bridge({
      links: LINKS,
      config: cooperativeConfig({ reconcileSeconds: 86_400 }),
      linkedWithinMs: 300_000,
    });
    const stage = await makeStage(world, ear);
    say('fifty rooms stand, and the member is in all of them');
    const found = new Map<number, Revocation[]>();
    for (let run = 0; run < runs; run++)
      for (const size of sizes) {
        writeList(world, listOf(size));
        // Long lists take seconds to read on a busy machine; what follows is to be one change, of one person.
        const isRead = async (): Promise<boolean> => (await world.status()).authority?.members === size;
        await until(`the list of ${size}`, 60_000, isRead, 100);
        const before = found.get(size) ?? [];
        const own: Revocation[] = [];
        for (let time = 0; time < times; time++) own.push(await revoke(context, stage, size));
        found.set(size, [...before, ...own]);
        say(
          `run ${run}, ${size} listed: read after ${of(own, 'reading')} ms; last line ${of(own, 'linesFromRename')} ms, connection gone ${of(own, 'quitFromKnown')} ms, out of all rooms ${of(own, 'outFromKnown')} ms after (medians of ${times})`,
        );
      }
    return sizes.flatMap((size) => rowsOf(size, found.get(size) ?? []));
  },
};

const of = (all: readonly Revocation[], key: keyof Revocation): string => median(all.map((one) => one[key])).toFixed(0);

function rowsOf(size: number, all: readonly Revocation[]): Row[] {
  const p99 = (key: keyof Revocation): readonly number[] => [percentile(all.map((one) => one[key]) as number[], 0.99)];
  const late = all.reduce((sum, { saidTooLate }) => sum + saidTooLate, 0);
  const listed = `${size.toLocaleString('en')} listed`;
  const value = { unit: 'ms', measure: 'value' } as const;
  return [
    {
      ...value,
      what: `${listed}: known → last line either way, p99`,
      ours: p99('linesFromKnown'),
      goal: { op: '<=', value: 1_000 },
      note: `p99 of ${all.length} revocations (the worst of them below 100); ${late} lines said after the bridge knew were carried; "known" is the bridge's own log.`,
    },
    {
      ...value,
      what: `${listed}: file renamed → last line either way, p99`,
      ours: p99('linesFromRename'),
      goal: { op: '<=', value: 1_000 },
      note: `until known: median ${of(all, 'reading')} ms, p99 ${p99('reading')[0]?.toFixed(0)} ms.`,
    },
    {
      ...value,
      what: `${listed}: known → out of 50 rooms and puppet gone, p99`,
      ours: p99('outFromKnown'),
      goal: { op: '<=', value: 5_000 },
      note: `median ${of(all, 'outFromKnown')} ms; the puppet alone: median ${of(all, 'quitFromKnown')} ms. From the rename: p99 ${p99('outFromRename')[0]?.toFixed(0)} ms.`,
    },
  ];
}

const ada = (status: string): Listed => ({
  id: 'ada',
  status,
  matrix: '@ada:bench.example',
  irc: 'home/adairc',
  groups: GROUPS,
});

/** Everybody but the one has only an account: nobody is invited whom the homeserver does not know. */
const listOf = (size: number, status = 'active'): Listed[] => [
  ada(status),
  ...Array.from({ length: size - 1 }, (_, i) => ({
    id: `member${i}`,
    irc: `home/member${i}`,
    groups: [GROUPS[i % GROUPS.length] ?? 'garden'],
  })),
];

type Stage = {
  readonly world: World;
  readonly ear: IrcClient;
  /** The bot's own view: it is in every room. */
  readonly observer: MatrixClient;
  readonly member: MatrixClient;
  /** The same person in an IRC client of their own, logged in. */
  readonly speaker: IrcClient;
  readonly rooms: readonly string[];
};

async function makeStage(world: World, ear: IrcClient): Promise<Stage> {
  const { as_token: token, sender_localpart: bot } = parse(readFileSync(join(world.dir, 'registration.yaml'), 'utf8'));
  const url = world.dendrite?.url ?? '';
  const observer = new MatrixClient(url, `@${bot}:${world.serverName}`, token);
  const rooms: string[] = [];
  for (const alias of ALIASES) {
    const path = `${url}/_matrix/client/v3/directory/room/${encodeURIComponent(`#${alias}:${world.serverName}`)}`;
    await until(`#${alias}`, 60_000, async () => {
      const { status, body } = await call('GET', path, token);
      if (status === 200) rooms.push(String(body.room_id));
      return status === 200;
    });
  }
  const member = await world.matrix('ada');
  await member.silence();
  const speaker = await world.irc('adairc');
  speaker.write('NS REGISTER of-the-bench');
  await speaker.flush();
  const account = speaker.waitFor(({ command }) => command === '330', 'an account on IRC');
  speaker.write('WHOIS adairc');
  await account;
  // Nobody puts them out there: the bot is no operator of these channels.
  for (const channel of TALKED) await speaker.join(channel);
  const stage = { world, ear, observer, member, speaker, rooms };
  await comeIn(stage);
  await observer.observe();
  return stage;
}

/** Into all rooms, from the Space on; doors open one after the other. */
async function comeIn({ member, rooms }: Stage): Promise<void> {
  for (const room of rooms) {
    const isIn = (): Promise<boolean> =>
      member.join(room).then(
        () => true,
        () => false,
      );
    await until(`the member in ${room}`, 120_000, isIn, 100);
  }
}

async function revoke({ signal }: BenchContext, stage: Stage, size: number): Promise<Revocation> {
  const { world, ear, observer, member, rooms } = stage;
  const crossed: { readonly text: string; readonly atMs: number }[] = [];
  const outAt = new Map<string, number>();
  let quitAt = Number.NaN;
  ear.onLine = ({ command, params, nick, atMs }) => {
    if (command === 'PRIVMSG' && params[1]?.startsWith('m ') === true) crossed.push({ text: params[1], atMs });
    if (command === 'QUIT' && nick === 'ada') quitAt = atMs;
  };
  observer.onEvent = ({ body, type, membership, stateKey, room, sender, atMs }) => {
    if (body.startsWith('i ') && sender !== member.userId) crossed.push({ text: body, atMs });
    if (type === 'm.room.member' && stateKey === member.userId && membership === 'leave') outAt.set(room, atMs);
  };
  const talk = startTalk(stage);
  try {
    // Both ways have to be open before it means anything that they close.
    for (const direction of ['m', 'i'])
      for (const channel of TALKED)
        await until(
          `a line ${direction} of ${channel}`,
          60_000,
          () => crossed.some(({ text }) => text.startsWith(`${direction} ${channel} `)),
          20,
        );
    await pause(500);
    const renamedAt = writeList(world, listOf(size, 'suspended'));
    await until(
      'the member to be out of every room and off IRC',
      LIMIT_MS,
      () => rooms.every((room) => outAt.has(room)) && !Number.isNaN(quitAt),
      5,
    );
    const silentSince = (): number => performance.now() - Math.max(0, ...crossed.map(({ atMs }) => atMs));
    await until('silence', LIMIT_MS, () => silentSince() > SILENCE_MS || signal.aborted, 20);
    const known = knownAt(world, renamedAt);
    const lastLine = Math.max(0, ...crossed.map(({ atMs }) => atMs));
    const out = Math.max(quitAt, ...outAt.values());
    return {
      reading: known - renamedAt,
      linesFromRename: Math.max(0, lastLine - renamedAt),
      linesFromKnown: Math.max(0, lastLine - known),
      outFromRename: out - renamedAt,
      outFromKnown: out - known,
      quitFromKnown: Math.max(0, quitAt - known),
      saidTooLate: crossed.filter(({ text }) => (talk.saidAt.get(text) ?? 0) > known).length,
    };
  } finally {
    await talk.stop();
    ear.onLine = undefined;
    observer.onEvent = undefined;
    writeList(world, listOf(size));
    await comeIn(stage);
  }
}

/** The person talks in several rooms from Matrix and in their channels from IRC, until stopped. */
function startTalk({ member, speaker, rooms }: Stage): {
  readonly saidAt: ReadonlyMap<string, number>;
  readonly stop: () => Promise<void>;
} {
  const saidAt = new Map<string, number>();
  let isOver = false;
  const loop = async (direction: string, channel: string, tell: (text: string) => unknown): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const text = `${direction} ${channel} ${i} ${Math.random().toString(36).slice(2)}`;
      saidAt.set(text, performance.now());
      // Whoever is out of a room is told so, and goes on trying.
      await Promise.resolve(tell(text)).catch(() => {});
      await pause(LINE_EVERY_MS);
    }
  };
  const loops = TALKED.flatMap((channel) => {
    const room = rooms[ALIASES.indexOf(channel.slice(1))] ?? '';
    return [
      loop('m', channel, (text) => member.say(room, text)),
      loop('i', channel, (text) => speaker.say(channel, text)),
    ];
  });
  return {
    saidAt,
    stop: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
}
