import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stripFormatting } from '../../src/core/text/strip.ts';
import { USUAL_CAPS } from '../servers/people.ts';
import { type Allowances, CORNER, Gestures } from './gestures.ts';
import { IrcPerson } from './irc-person.ts';
import { doubledReactions, mixedOnIrc, mixedOnMatrix } from './mix.ts';
import { type Shard, type ShardOptions, startShard } from './shard.ts';
import { assertPerfect, linesInRoom, saidBy, settledTally, Talker, type Tally } from './traffic.ts';

export type Conversation = {
  readonly shard: Shard;
  readonly channel: string;
  readonly ircTalkers: readonly Talker[];
  readonly matrixTalkers: readonly Talker[];
  /** Reads the channel, and says nothing. */
  readonly reader: IrcPerson;
  /** The two who do all else that crosses, where there are any. */
  readonly gestures: Gestures | undefined;
  /** Lines flow both ways from now on. */
  start(everyMs: number): void;
  /** Talk, the fault, more talk; nothing may be lost, doubled or out of order either way. */
  through(
    fault: () => Promise<void>,
    options?: { readonly everyMs?: number; readonly allowed?: Allowances },
  ): Promise<void>;
  /** Nobody says anything more; how it ended, each way. */
  end(timeoutMs?: number, allowed?: Allowances): Promise<{ toMatrix: Tally; toIrc: Tally }>;
};

/**
 * People on both sides of one channel who talk in numbered lines, and answer, react, correct and take back between them; beside them, on Ergo, two
 * who do all else that crosses. Stopped with the test file.
 */
export async function startConversation(
  name: string,
  options: ShardOptions & {
    readonly talkers?: number;
    readonly matrixTalkers?: number;
    readonly talkVia?: number;
    /** Nobody does anything but talk. */
    readonly onlyTalk?: boolean;
  } = {},
): Promise<Conversation> {
  const channel = '#commons';
  const { talkers = 3, matrixTalkers = 3, onlyTalk = false, ...shardOptions } = options;
  const people = Array.from({ length: matrixTalkers }, (_, index) => `mx${index + 1}`);
  const isAlone = onlyTalk || shardOptions.ircPort !== undefined;
  const aside = isAlone ? [] : [CORNER];
  const shard = await startShard(name, { ...shardOptions, aside, people: ['alice', ...people] });
  after(() => shard.stop());
  const room = shard.room(channel);
  const person = async (nick: string): Promise<IrcPerson> => {
    const caps = [...USUAL_CAPS, ...(nick === 'reader' ? ['draft/message-redaction'] : ['draft/multiline'])];
    const somebody = new IrcPerson(shard.ircPort, nick, channel, { caps });
    await somebody.connect();
    after(() => somebody.stop());
    return somebody;
  };
  const reader = await person('reader');
  const gestures = isAlone
    ? undefined
    : await Gestures.begin(name, shard, channel, shard.person('alice'), async (act) => tried(act));
  after(() => gestures?.leave());
  const ircPeople = await Promise.all(Array.from({ length: talkers }, (_, index) => person(`irc${index + 1}`)));
  const ircTalkers = ircPeople.map((somebody) => new Talker(somebody.nick, mixedOnIrc(somebody)));
  const mxTalkers = people.map((who) => {
    const user = shard.person(who);
    return new Talker(who, mixedOnMatrix(user, room, sayUntilTaken));
  });
  const talk: Conversation = {
    shard,
    channel,
    ircTalkers,
    matrixTalkers: mxTalkers,
    reader,
    gestures,
    start(everyMs) {
      for (const talker of [...ircTalkers, ...mxTalkers]) talker.start(everyMs);
      gestures?.start(Math.max(everyMs, GESTURES_MS));
    },
    async through(fault, { everyMs = 120, allowed = {} } = {}) {
      talk.start(everyMs);
      try {
        await delay(TALK_MS);
        await fault();
        await delay(TALK_MS);
      } catch (error) {
        // Whoever goes on talking would keep the test from ending, and its reason from being read.
        await quiet();
        throw error;
      }
      const { toMatrix, toIrc } = await talk.end(undefined, allowed);
      assertPerfect('to Matrix', toMatrix);
      assertPerfect('to IRC', toIrc);
    },
    async end(timeoutMs = 180_000, allowed = {}) {
      await quiet();
      const [toMatrix, toIrc] = await Promise.all([
        settledTally(() => linesInRoom(shard.person('alice'), room, shard.bot()), saidBy(ircTalkers), timeoutMs),
        settledTally(() => reader.heard().map(stripFormatting), saidBy(mxTalkers), timeoutMs),
      ]);
      assert.deepEqual(await doubledReactions(shard.bot(), room), []);
      if (gestures !== undefined)
        assert.deepEqual(await gestures.verdict(reader, allowed, GESTURES_TIMEOUT_MS), {
          missing: [],
          doubled: [],
          left: [],
        });
      return { toMatrix, toIrc };
    },
  };
  const quiet = async (): Promise<void> => {
    await Promise.all([gestures, ...ircTalkers, ...mxTalkers].map((somebody) => somebody?.stop()));
  };
  return talk;
}

/** So often each of the two does something. */
const GESTURES_MS = 500;
const GESTURES_TIMEOUT_MS = 60_000;

/** Long enough for lines of both sides to be under way at any moment. */
const TALK_MS = 1_500;

/** Longer than any fault: a homeserver that never comes back fails the test, and does not hold it up. */
const GIVE_UP_MS = 60_000;

/**
 * What a person does whose homeserver is away: tries again while it certainly was not reached, and goes on where they
 * cannot know whether the line was taken.
 * @returns whether it was certainly taken
 */
async function sayUntilTaken(send: () => Promise<unknown>): Promise<boolean> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      await send();
      return true;
    } catch (error) {
      if (!isConnectRefused(error) || performance.now() > deadline) return false;
      await delay(100);
    }
  }
}

/** @returns what came of it; undefined where nobody can know */
async function tried<T>(act: () => Promise<T>): Promise<T | undefined> {
  let result: T | undefined;
  const isSure = await sayUntilTaken(async () => {
    result = await act();
  });
  return isSure ? result : undefined;
}

const isConnectRefused = (error: unknown): boolean =>
  error instanceof TypeError && String((error.cause as { code?: string } | undefined)?.code) === 'ECONNREFUSED';
