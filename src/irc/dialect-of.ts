import type { NetworkConfig } from '../config/schema-network.ts';
import { READ_MARKER } from '../core/irc/read-marker.ts';
import { CLASSIC, type Dialect } from './dialect.ts';
import { makeFreeqDialect } from './freeq/dialect.ts';

/** What a network speaks, with what its configuration asks for besides. */
export function dialectOf(config: NetworkConfig): Dialect {
  const dialect = config.kind === 'freeq' ? makeFreeqDialect(config) : CLASSIC;
  // A server that knows of it tells it after every join: only where somebody wants it.
  return config.readMarkers ? { ...dialect, puppetCaps: [...dialect.puppetCaps, [READ_MARKER]] } : dialect;
}
