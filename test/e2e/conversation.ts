import { after } from 'node:test';
import type { IrcUser } from '../servers/people.ts';
import { type Shard, type ShardOptions, startShard } from './shard.ts';
import { linesInChannel, linesInRoom, saidBy, settledTally, Talker, type Tally } from './traffic.ts';

export type Conversation = {
  readonly shard: Shard;
  readonly channel: string;
  readonly ircTalkers: readonly Talker[];
  readonly matrixTalkers: readonly Talker[];
  /** Reads the channel, and says nothing. */
  readonly reader: IrcUser;
  /** Lines flow both ways from now on. */
  start(everyMs: number): void;
  /** Nobody says anything more; how it ended, each way. */
  end(timeoutMs?: number): Promise<{ toMatrix: Tally; toIrc: Tally }>;
};

/** People on both sides of one channel who talk in numbered lines. Stopped with the test file. */
export async function startConversation(
  name: string,
  options: ShardOptions & {
    readonly talkers?: number;
    readonly matrixTalkers?: number;
    readonly talkVia?: number;
  } = {},
): Promise<Conversation> {
  const channel = '#commons';
  const { talkers = 3, matrixTalkers = 3, ...shardOptions } = options;
  const people = Array.from({ length: matrixTalkers }, (_, index) => `mx${index + 1}`);
  const shard = await startShard(name, { ...shardOptions, people: ['alice', ...people] });
  after(() => shard.stop());
  const room = shard.room(channel);
  const reader = await shard.ircUser('reader');
  const ircPeople = await Promise.all(Array.from({ length: talkers }, (_, index) => shard.ircUser(`irc${index + 1}`)));
  const ircTalkers = ircPeople.map((person) => new Talker(person.nick, (line) => person.say(channel, line)));
  const mxTalkers = people.map((who) => {
    const user = shard.person(who);
    // A person's client tries again with the same transaction id until it is told that the line was taken.
    return new Talker(who, (line) => sayUntilTaken(() => user.send(room, line)));
  });
  return {
    shard,
    channel,
    ircTalkers,
    matrixTalkers: mxTalkers,
    reader,
    start(everyMs) {
      for (const talker of [...ircTalkers, ...mxTalkers]) talker.start(everyMs);
    },
    async end(timeoutMs = 60_000) {
      await Promise.all([...ircTalkers, ...mxTalkers].map((talker) => talker.stop()));
      const [toMatrix, toIrc] = await Promise.all([
        settledTally(() => linesInRoom(shard.person('alice'), room), saidBy(ircTalkers), timeoutMs),
        settledTally(() => linesInChannel(reader, channel), saidBy(mxTalkers), timeoutMs),
      ]);
      return { toMatrix, toIrc };
    },
  };
}

/** What a Matrix client does while its homeserver is away. A line of which it cannot know whether it was taken is not repeated. */
async function sayUntilTaken(send: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await send();
      return;
    } catch (error) {
      if (!isConnectRefused(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const isConnectRefused = (error: unknown): boolean =>
  error instanceof TypeError && String((error.cause as { code?: string } | undefined)?.code) === 'ECONNREFUSED';
