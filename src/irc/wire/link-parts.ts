import type { BridgeError } from '../../core/errors.ts';
import type { CapWish } from '../../core/irc/cap-request.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Dialect } from '../dialect.ts';
import type { Introduction } from './registration.ts';
import type { ServerFacts } from './server-facts.ts';
import type { Endpoint } from './transport.ts';
import type { WatchdogTimings } from './watchdog.ts';

/** What a connection is made of, and whom it tells. */
export type LinkOptions = {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly introduction: Introduction;
  readonly wishes: readonly CapWish[];
  readonly facts: ServerFacts;
  readonly clock: Clock;
  readonly log: Log;
  /** `quitMs`: how long a goodbye may take. */
  readonly timings: WatchdogTimings & { readonly quitMs: number };
};

export interface LinkOwner {
  /** Registered; 005 and the message of the day are behind us where there are any. */
  ready(): void;
  line(line: IrcLine): void;
  /** Whether the bytes of a line are worth decoding, once registered. */
  wants?(bytes: Uint8Array, start: number, end: number): boolean;
  closed(end: LinkEnd): void;
}

export type LinkEnd = {
  readonly why: string;
  /** The server took the connection, whatever it did then. */
  readonly wasOpen: boolean;
  readonly wasReady: boolean;
  /** Why the server did not let us in, or what it said when it threw us out. */
  readonly error?: BridgeError;
  /** When something was last heard. */
  readonly heardMs: number;
};
