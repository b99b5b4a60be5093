import type { NetworkId } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Db } from '../ports/db.ts';
import type { Failpoint } from '../ports/failpoint.ts';
import type { FileFetcher } from '../ports/file-fetcher.ts';
import type { Log } from '../ports/log.ts';
import type { Homeserver } from '../ports/matrix.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Network } from '../ports/network.ts';
import type { Stores } from '../ports/stores.ts';

/** What every part of the app is given: the ports, behind which the adapters are. */
export type Kit = {
  readonly db: Db;
  readonly stores: Stores;
  readonly homeserver: Homeserver;
  readonly networks: ReadonlyMap<NetworkId, Network>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly failpoint: Failpoint;
  /** Gets files that networks name; absent: they stay links. */
  readonly fetcher?: FileFetcher;
  /** Whether the text of bridged lines may be logged (`log.lines`). */
  readonly logLines: () => boolean;
  /** SHA-256 in hex; the core has no hashing of its own. */
  readonly digest: (text: string) => string;
  /** A one-time code that nobody can guess: 8 letters and digits that are not mistaken for each other. */
  readonly code: () => string;
  /** 128 random bits as 22 letters, digits, `-` and `_`: the part of a link that lets people in. */
  readonly unguessable: () => string;
};
