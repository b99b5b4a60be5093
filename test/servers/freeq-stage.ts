import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Stage } from '../fakes/freeq/conversation.ts';
import { link } from '../fakes/freeq/federation.ts';
import { type FreeqOptions, FreeqServer } from '../fakes/freeq/server.ts';
import { type Freeq, freeqProgram, startFreeqPair, startFreeqServer } from './freeq.ts';

export type OpenStage = Stage & {
  /** Of the first server's WebSockets. */
  readonly webPort: number;
  readonly close: () => Promise<void>;
  /** Ends the link between the two for good: one of them is gone. */
  readonly part: () => Promise<void>;
};

/** With what only a scripted server can do. */
export type ScriptedStage = OpenStage & { readonly server: FreeqServer; readonly other: FreeqServer | undefined };

/** The scripted server, or two that are linked. */
export async function scriptedStage(isFederated: boolean, options: FreeqOptions = {}): Promise<ScriptedStage> {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const a = await FreeqServer.start({ clock, ...options });
  const b = isFederated ? await FreeqServer.start({ clock, name: 'B.test' }) : undefined;
  if (b !== undefined) link(a, b);
  return {
    ports: { A: a.ports.irc, ...(b === undefined ? {} : { B: b.ports.irc }) },
    crossingMs: 0,
    restart: () => a.restart(),
    server: a,
    webPort: a.ports.web,
    other: b,
    part: async () => a.unlink(b?.id ?? ''),
    pass: async (ms) => {
      aheadMs += ms;
    },
    close: async () => {
      await a.stop();
      await b?.stop();
    },
  };
}

/** Frames cross in a few milliseconds; the key for a signature is fetched first. */
const CROSSING_MS = 250;

/** Real servers; a string says why there are none. */
export async function realStage(dir: string, isFederated: boolean): Promise<OpenStage | string> {
  const program = freeqProgram();
  if ('missing' in program) return program.missing;
  const servers: readonly Freeq[] | string = isFederated
    ? await startFreeqPair(dir).catch((error: Error) => `the servers do not federate here: ${error.message}`)
    : [await startFreeqServer({ dir: join(dir, 'A') })];
  if (typeof servers === 'string') return servers;
  const [a, b] = servers;
  return {
    ports: { A: a?.ports.irc ?? 0, ...(b === undefined ? {} : { B: b.ports.irc }) },
    crossingMs: isFederated ? CROSSING_MS : 0,
    restart: async () => {
      await a?.kill9();
      await a?.start();
    },
    webPort: a?.ports.web ?? 0,
    part: async () => b?.stop(),
    pass: (ms) => delay(ms),
    close: async () => {
      for (const server of servers) await server.stop();
    },
  };
}
