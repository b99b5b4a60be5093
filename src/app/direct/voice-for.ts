import { fail, type Result } from '../../core/errors.ts';
import type { Network, Person, Voice } from '../../ports/network.ts';
import type { Portal } from '../rooms/portal-table.ts';

/** By which connection a person says or does something: in its channel, or before one person alone. */
export function voiceFor(
  network: Network,
  person: Person,
  { channel }: { readonly channel: string },
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
