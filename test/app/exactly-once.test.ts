import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { StoreUnavailable } from '../../src/ports/db.ts';
import { type CallFault, SERVER_ERROR, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import type { LineFault } from '../fakes/fake-network.ts';
import { FakeWorld } from '../fakes/fake-world.ts';
import { Deeds, type Kind } from './deeds.ts';

type Step = {
  readonly side: 'irc' | 'matrix';
  /** What is done to the side's last line; `unreact`: to its last reaction. */
  readonly kind: Kind;
  readonly who: number;
  readonly waitMs: number;
};
type Death = { readonly at: 'failpoint' | 'call' | 'line'; readonly after: number };

const steps = fc.array(
  fc.record<Step>({
    side: fc.constantFrom('irc', 'matrix'),
    kind: fc.constantFrom<Kind>(
      'line',
      'line',
      'line',
      'line',
      'line',
      'answer',
      'reaction',
      'unreact',
      'edit',
      'deletion',
    ),
    who: fc.integer({ min: 0, max: 2 }),
    waitMs: fc.constantFrom(0, 0, 0, 1, 7, 300, 2_500),
  }),
  { minLength: 1, maxLength: 40 },
);

const callFaults = fc.array(
  fc.option(
    fc.oneof(
      fc.integer({ min: 1, max: 2_000 }).map((ms): CallFault => ({ kind: 'slow', ms })),
      fc.integer({ min: 0, max: 2_500 }).map((afterMs): CallFault => ({ kind: 'lost', afterMs })),
      fc.constant<CallFault>({ kind: 'failed', error: UNREACHABLE }),
      fc.constant<CallFault>({ kind: 'failed', error: { ...UNREACHABLE, waitMs: 700 } }),
      fc.constant<CallFault>({ kind: 'failed', error: SERVER_ERROR }),
    ),
    { nil: undefined, freq: 3 },
  ),
  { maxLength: 30 },
);

const lineFaults = fc.array(
  fc.option(
    fc.oneof(
      fc.integer({ min: 1, max: 2_000 }).map((ms): LineFault => ({ kind: 'slow', ms })),
      fc
        .tuple(fc.boolean(), fc.constantFrom(0, 10, 1_000, 20_000))
        .map(([said, downMs]): LineFault => ({ kind: 'cut', said, downMs })),
    ),
    { nil: undefined, freq: 3 },
  ),
  { maxLength: 15 },
);

const deaths = fc.array(
  fc.record<Death>({ at: fc.constantFrom('failpoint', 'call', 'line'), after: fc.integer({ min: 0, max: 20 }) }),
  { maxLength: 4 },
);

/** For each transaction whether it fails: not stored, or stored without anybody hearing of it. */
const storeFaults = fc.array(fc.constantFrom('none', 'none', 'none', 'none', 'none', 'away', 'unheard'), {
  maxLength: 60,
});

type Schedule = {
  readonly steps: readonly Step[];
  readonly callFaults: readonly (CallFault | undefined)[];
  readonly lineFaults: readonly (LineFault | undefined)[];
  readonly deaths: readonly Death[];
  readonly storeFaults: readonly string[];
};

async function through(schedule: Schedule, database?: string): Promise<void> {
  const world = await FakeWorld.make(database);
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const calls = [...schedule.callFaults];
  const lines = [...schedule.lineFaults];
  const left = [...schedule.deaths];
  const stores = [...schedule.storeFaults];
  let count = 0;
  let restarting: Promise<void> | undefined;
  /** As a process that finds no database and is started again. */
  const start = async (): Promise<void> => {
    for (;;) {
      try {
        return await world.start();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await world.clock.wait(100);
      }
    }
  };
  const mayDie = (at: Death['at']): void => {
    const [death] = left;
    if (death === undefined || death.at !== at || world.life.isOver || count++ < death.after) return;
    count = 0;
    left.shift();
    world.kill();
    world.clock.after(50, () => {
      restarting = start();
    });
  };
  world.failpoint = () => mayDie('failpoint');
  world.homeserver.fault = (call) => {
    mayDie('call');
    return call.name === 'send' || call.name === 'join' || call.name === 'messages' ? calls.shift() : undefined;
  };
  world.network.fault = () => {
    mayDie('line');
    return lines.shift();
  };
  world.isAway = () => stores[0] === 'away' && stores.shift() === 'away';
  world.isUnheard = () => stores.shift() === 'unheard';
  world.network.latencyMs = (userId) => 1 + 13 * Number(userId.charAt(2));

  world.network.powers = { replies: true, repliesShown: true, reactions: true, edits: true, deletions: true };
  const talk = new Deeds(world);
  for (const [index, step] of schedule.steps.entries()) {
    talk.does(step, index);
    if (step.waitMs > 0) await world.clock.pass(step.waitMs);
  }
  await world.clock.until('all is said', () => world.isQuiet());
  await restarting;
  talk.assertDone();
  world.kill();
  await world.database.close();
}

const schedules = fc.record({ steps, callFaults, lineFaults, deaths, storeFaults });

describe('every line once and in order', () => {
  test('whatever homeserver, network and database do, and whenever the bridge dies', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) => through(schedule)),
      { numRuns: Number(process.env.RUNS ?? 60), interruptAfterTimeLimit: 60_000 },
    );
  });

  test('on a disk as well', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'causeway-once-'));
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(schedules, (schedule) => through(schedule, `sqlite:${join(dir, `${++run}.db`)}`)),
        { numRuns: 4, interruptAfterTimeLimit: 20_000 },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
