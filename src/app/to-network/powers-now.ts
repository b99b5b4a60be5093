import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Network, NetworkPowers } from '../../ports/network.ts';

export const AWAY: BridgeError = {
  code: 'network.away',
  text: 'The network cannot be reached now.',
  retry: 'later',
  notify: 'room',
};

/** What a network carries, asked as something goes out. While it is away nobody can say: to take that for "nothing" would lose what waits. */
export function powersNow(network: Network, channel: string): Result<NetworkPowers> {
  if (network.powers === undefined) return ok({});
  const powers = network.powers(channel);
  return powers === undefined ? fail(AWAY) : ok(powers);
}
