import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { IrcUser, MatrixUser } from '../servers/people.ts';
import { waitUntil } from '../servers/people.ts';

/** What was lost, doubled or out of order between what people said and what others saw. */
export type Tally = {
  readonly said: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
};

/** A line of a talker: who, the how-manieth, and something to tell runs apart. */
const text = (talker: string, n: number): string => `${talker} says ${n}`;
const PATTERN = /^(\S+) says (\d+)$/;

/**
 * Compares what was said with what was seen, per talker.
 * @param said how many lines each talker said, numbered from 1
 * @param seen lines in the order in which they were seen
 */
export function tally(said: ReadonlyMap<string, number>, seen: readonly string[]): Tally {
  const lastOf = new Map<string, number>();
  const counts = new Map<string, number>();
  let outOfOrder = 0;
  for (const line of seen) {
    const match = PATTERN.exec(line);
    if (match?.[1] === undefined || !said.has(match[1])) continue;
    const [, talker, n] = match;
    counts.set(line, (counts.get(line) ?? 0) + 1);
    const number = Number(n);
    if (number < (lastOf.get(talker) ?? 0)) outOfOrder++;
    lastOf.set(talker, Math.max(number, lastOf.get(talker) ?? 0));
  }
  let [total, lost, doubled] = [0, 0, 0];
  for (const [talker, lines] of said) {
    for (let n = 1; n <= lines; n++) {
      total++;
      const count = counts.get(text(talker, n)) ?? 0;
      if (count === 0) lost++;
      else doubled += count - 1;
    }
  }
  return { said: total, lost, doubled, outOfOrder };
}

/** Every line of every event of a room, as a plain client reads them: joined lines count one by one. */
export async function linesInRoom(reader: MatrixUser, room: string): Promise<string[]> {
  const events = await reader.history(room);
  return events
    .filter((event) => event.type === 'm.room.message')
    .flatMap((event) => String(event.content.body ?? '').split('\n'));
}

export const linesInChannel = (reader: IrcUser, channel: string): string[] =>
  reader.said(channel).map(({ text: line }) => line);

/** Somebody who says numbered lines until told to stop. */
export class Talker {
  readonly name: string;
  said = 0;
  readonly #say: (line: string) => Promise<unknown> | unknown;
  #on = false;
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, say: (line: string) => Promise<unknown> | unknown) {
    this.name = name;
    this.#say = say;
  }

  /** Talks at a pace, each line once it was accepted; a line that was refused is not counted as said. */
  start(everyMs: number): void {
    this.#on = true;
    this.#running = (async () => {
      while (this.#on) {
        await this.sayOne();
        await delay(everyMs);
      }
    })();
  }

  async sayOne(): Promise<void> {
    await this.#say(text(this.name, this.said + 1));
    this.said++;
  }

  async burst(lines: number): Promise<void> {
    for (let i = 0; i < lines; i++) await this.sayOne();
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }
}

export const saidBy = (talkers: readonly Talker[]): Map<string, number> =>
  new Map(talkers.map((talker) => [talker.name, talker.said]));

/** Waits until nothing is missing any more, then a little for doubles, and tells how it ended. */
export async function settledTally(
  look: () => Promise<readonly string[]> | readonly string[],
  said: ReadonlyMap<string, number>,
  timeoutMs: number,
): Promise<Tally> {
  await waitUntil(async () => tally(said, await look()).lost === 0, { timeoutMs, what: 'every line' }).catch(() => {});
  await delay(DOUBLES_MS);
  return tally(said, await look());
}

/** A double comes right behind its line, if it comes. */
const DOUBLES_MS = 1_500;

export function assertPerfect(name: string, result: Tally): void {
  assert.deepEqual({ ...result, name }, { name, said: result.said, lost: 0, doubled: 0, outOfOrder: 0 });
}
