import type { BareService } from './bare-service.ts';
import type { IrcClient } from './irc-client.ts';
import type { MatrixClient, SeenEvent } from './matrix-client.ts';
import { pause } from './waiting.ts';

/** Lines of a run, recognised by its name: `run-3 17`. Joined lines count one by one. */
export function watchLines(
  observer: MatrixClient,
  run: string,
): {
  /** How many lines were seen so far. */
  readonly count: () => number;
  /** When each line was first seen, by number. */
  readonly seenAt: ReadonlyMap<number, number>;
  readonly senders: ReadonlySet<string>;
  /** Resolves with the time at which the `wanted`th line became visible. */
  readonly all: (wanted: number, timeoutMs: number) => Promise<number>;
  readonly stop: () => void;
} {
  const seenAt = new Map<number, number>();
  const senders = new Set<string>();
  const before = observer.onEvent;
  let lastAt = 0;
  let check = (): void => {};
  observer.onEvent = (event: SeenEvent): void => {
    before?.(event);
    for (const number of numbersOf(event.body, run)) {
      if (seenAt.has(number)) continue;
      seenAt.set(number, event.atMs);
      senders.add(event.sender);
      lastAt = event.atMs;
    }
    check();
  };
  return {
    count: () => seenAt.size,
    seenAt,
    senders,
    all: (wanted, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(new Error(`Of ${wanted} lines of ${run} only ${seenAt.size} were seen in ${timeoutMs / 1000} s.`)),
          timeoutMs,
        );
        check = () => {
          if (seenAt.size < wanted) return;
          clearTimeout(timer);
          resolve(lastAt);
        };
        check();
      }),
    stop: () => {
      observer.onEvent = before;
    },
  };
}

/** Numbers of the lines of a run in a text, in order. */
export function numbersOf(body: string, run: string): number[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith(`${run} `))
    .map((line) => Number(line.slice(run.length + 1).split(' ')[0]));
}

/** Whether a room holds each of the lines once and in order. @returns what is wrong, or undefined */
export async function disorder(
  observer: MatrixClient,
  room: string,
  run: string,
  wanted: number,
): Promise<string | undefined> {
  const numbers = (await observer.texts(room)).flatMap(({ body }) => numbersOf(body, run));
  if (numbers.length !== wanted) return `${numbers.length} lines of ${wanted}`;
  const wrong = numbers.findIndex((number, i) => number !== i);
  return wrong < 0 ? undefined : `line ${numbers[wrong]} stands at ${wrong}`;
}

/** Two people say the lines in turn, so that no two neighbours can be joined; each waits until the channel heard the other. */
export async function sayInTurn(
  speakers: readonly IrcClient[],
  ear: IrcClient,
  channel: string,
  run: string,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const text = `${run} ${i}`;
    const heard = ear.waitFor(
      ({ command, params }) => command === 'PRIVMSG' && params[1] === text,
      `${text} in ${channel}`,
    );
    speakers[i % speakers.length]?.say(channel, text);
    await heard;
  }
}

/** The bare counterpart: the same ghosts, in turn, one request after the other. */
export async function sendInTurn(
  bare: BareService,
  ghosts: readonly string[],
  room: string,
  run: string,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) await bare.send(ghosts[i % ghosts.length] ?? '', room, `${run} ${i}`);
}

/** Everybody says a line, until each was seen: ghosts exist and are joined afterwards. @returns their user ids, in order */
export async function warmUp(
  speakers: readonly IrcClient[],
  observer: MatrixClient,
  channel: string,
): Promise<string[]> {
  const ghosts: string[] = [];
  for (const speaker of speakers) {
    const text = `warm ${speaker.nick} ${performance.now()}`;
    const seen = observer.waitFor(({ body }) => body === text, `the first line of ${speaker.nick}`, 30_000);
    speaker.say(channel, text);
    ghosts.push((await seen).sender);
  }
  return ghosts;
}

/** Until Dendrite has worked off what follows an event: nothing new for half a second. */
export async function settle(observer: MatrixClient): Promise<void> {
  let lastAt = performance.now();
  const before = observer.onEvent;
  observer.onEvent = (event) => {
    lastAt = performance.now();
    before?.(event);
  };
  const deadline = performance.now() + 20_000;
  while (performance.now() - lastAt < 500 && performance.now() < deadline) await pause(50);
  observer.onEvent = before;
}
