import { ok, type Result } from '../../core/errors.ts';
import type { PinsOnNetwork } from '../../core/events.ts';
import { parseReactionKey } from '../../core/ids.ts';
import type { Network } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { People } from '../people/people.ts';
import { pinsBefore, rememberPins } from '../rooms/room-pins.ts';
import { powersNow } from './powers-now.ts';
import type { Targets } from './targets.ts';

export type PinTools = { readonly kit: Kit; readonly people: People; readonly targets: Targets };

/**
 * Pins in a channel what was pinned in its room since the list was last seen, and takes from its pins what was taken from the list. By the
 * person's own power there: what the channel does not let them do is left, and nobody is told, as with reactions. Harmless when repeated.
 */
export async function carryPins(tools: PinTools, effect: PinsOnNetwork, network: Network): Promise<Result<void>> {
  const { kit } = tools;
  const { room, pinned } = effect;
  const powers = powersNow(network, effect.channel);
  if (!powers.ok) return powers;
  if (powers.value.pins !== true) return ok(undefined);
  const before = await pinsBefore(kit, room);
  const changes = [
    ...pinned.filter((id) => !before.includes(id)).map((id) => ({ id, isPinned: true })),
    ...before.filter((id) => !pinned.includes(id)).map((id) => ({ id, isPinned: false })),
  ];
  for (const { id, isPinned } of changes) {
    const done = await carryPin(tools, effect, network, id, isPinned);
    if (done.ok) continue;
    if (done.error.retry !== 'never') return done;
    // Who may not pin one may pin none.
    break;
  }
  await rememberPins(kit, room, pinned);
  return ok(undefined);
}

/** Nothing for what never was a message of the channel, and is none any more. */
async function carryPin(
  { people, targets }: PinTools,
  { room, userId, channel }: PinsOnNetwork,
  network: Network,
  eventId: string,
  isPinned: boolean,
): Promise<Result<void>> {
  const links = await targets.ofEvent(network.id, room, eventId);
  const said = links.find(({ messageKey, gone }) => !gone && parseReactionKey(messageKey) === undefined);
  if (said === undefined) return ok(undefined);
  const voice = await network.voice(await people.person(room, userId), channel);
  if (!voice.ok) return voice;
  return (await voice.value.pin?.(said.messageKey, isPinned)) ?? ok(undefined);
}
