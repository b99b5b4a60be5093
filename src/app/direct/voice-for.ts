import { fail, type Result } from '../../core/errors.ts';
import type { SayOnNetwork } from '../../core/events.ts';
import type { Network, Person, Voice } from '../../ports/network.ts';
import type { Portal } from '../rooms/portal-table.ts';

/** Which connection says a line: to its channel, or to one person alone. */
export function voiceFor(
  network: Network,
  person: Person,
  { channel }: SayOnNetwork,
  portal: Portal | undefined,
): Promise<Result<Voice>> {
  if (portal?.direct === undefined) return network.voice(person, channel);
  return network.privately?.voice(person, portal.direct.peer) ?? Promise.resolve(fail(NOT_PRIVATE));
}

const NOT_PRIVATE = {
  code: 'direct.no-network',
  text: 'Private messages cannot be sent to that network.',
  retry: 'never',
  notify: 'sender',
} as const;
