import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { RulesOnNetwork } from '../../core/events.ts';
import type { Network } from '../../ports/network.ts';
import type { People } from '../people/people.ts';
import type { RoomRules } from '../rooms/room-rules.ts';

/**
 * Sets the channel's modes to what somebody made of the room, by the power that they have there. Where they have none the channel stays as it
 * is, and the room goes on saying what holds there.
 */
export async function carryRules(
  people: People,
  rules: RoomRules,
  { room, userId, channel, stance }: RulesOnNetwork,
  network: Network,
): Promise<Result<readonly never[]>> {
  const news = await rules.news(room, stance);
  if (Object.keys(news).length === 0) return ok([]);
  const voice = await network.voice(await people.person(room, userId), channel);
  if (!voice.ok && voice.error.retry !== 'never') return voice;
  const set = voice.ok ? ((await voice.value.setRules?.(news)) ?? fail(NO_HAND)) : voice;
  if (!set.ok && set.error.retry !== 'never') return set;
  const brought = set.ok ? await rules.agreed(room, news) : await rules.refused(room, news);
  return brought.ok ? (set.ok ? ok([]) : set) : brought;
}

export const NO_HAND: BridgeError = {
  code: 'network.no-hand',
  text: 'You have no connection of your own there, so you have no power there either. Ask an operator of the channel.',
  retry: 'never',
  notify: 'sender',
};
