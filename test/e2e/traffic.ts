import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { MatrixUser } from '../servers/people.ts';

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

/** What one talker said: lines numbered from 1 to `lines`, but for those of which they were not told whether it was taken. */
export type Said = { readonly lines: number; readonly unsure: ReadonlySet<number> };

/**
 * Compares what was said with what was seen, per talker.
 * @param said by talker; a line of which nobody knows may be missing, but never come twice
 * @param seen lines in the order in which they were seen
 */
export function tally(said: ReadonlyMap<string, Said>, seen: readonly string[]): Tally {
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
  for (const [talker, { lines, unsure }] of said) {
    for (let n = 1; n <= lines; n++) {
      total++;
      const count = counts.get(text(talker, n)) ?? 0;
      if (count === 0) lost += unsure.has(n) ? 0 : 1;
      else doubled += count - 1;
    }
  }
  return { said: total, lost, doubled, outOfOrder };
}

/**
 * Every line of every event of a room, as a plain client reads them; joined lines count one by one. In the order of
 * `/messages`, asked by the historian: people may ask only so often. Dendrite's leaves an event out now and then that its `/sync` showed: those stand behind the one before them.
 */
export async function linesInRoom(reader: MatrixUser, room: string, historian = reader): Promise<string[]> {
  const events = await historian.history(room);
  const live = reader.events.filter((event) => event.room_id === room);
  const known = new Map(events.map((event, index) => [event.event_id, index]));
  let last = -1;
  const left: { readonly after: number; readonly event: (typeof events)[number] }[] = [];
  for (const event of live) {
    const at = known.get(event.event_id);
    if (at === undefined) left.push({ after: last, event });
    else last = at;
  }
  for (const { after, event } of left.reverse()) events.splice(after + 1, 0, event);
  return events
    .filter((event) => event.type === 'm.room.message')
    .flatMap((event) => String(event.content.body ?? '').split('\n'));
}

/** Somebody who says numbered lines until told to stop. */
export class Talker {
  readonly name: string;
  said = 0;
  readonly unsure = new Set<number>();
  readonly #say: (line: string) => Promise<boolean>;
  #on = false;
  #running: Promise<void> = Promise.resolve();

  /** @param say resolves false when nobody can know whether the line was taken */
  constructor(name: string, say: (line: string) => Promise<boolean>) {
    this.name = name;
    this.#say = say;
  }

  /** Talks at a pace, each line once the one before it was taken. */
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
    const n = this.said + 1;
    if ((await this.#say(text(this.name, n))) === false) this.unsure.add(n);
    this.said = n;
  }

  async burst(lines: number): Promise<void> {
    for (let i = 0; i < lines; i++) await this.sayOne();
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }
}

export const saidBy = (talkers: readonly Talker[]): Map<string, Said> =>
  new Map(talkers.map(({ name, said, unsure }) => [name, { lines: said, unsure }]));

/** Waits until nothing is missing any more, then a little for doubles, and tells how it ended. */
export async function settledTally(
  look: () => Promise<readonly string[]> | readonly string[],
  said: ReadonlyMap<string, Said>,
  timeoutMs: number,
): Promise<Tally> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && tally(said, await look()).lost > 0) await delay(LOOK_EVERY_MS);
  await delay(DOUBLES_MS);
  return tally(said, await look());
}

/** Reading a whole room costs the homeserver something, and people may ask only so often. */
const LOOK_EVERY_MS = 1_000;
/** A double comes right behind its line, if it comes. */
const DOUBLES_MS = 1_500;

export function assertPerfect(name: string, result: Tally): void {
  assert.deepEqual({ ...result, name }, { name, said: result.said, lost: 0, doubled: 0, outOfOrder: 0 });
}
