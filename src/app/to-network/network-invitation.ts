import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { InviteOnNetwork } from '../../core/events.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { Network } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import { decline } from '../people/decline.ts';
import type { People } from '../people/people.ts';
import { portalIdOf } from '../rooms/portal-table.ts';
import type { Walls } from '../rooms/walls.ts';
import { NO_HAND } from './network-rules.ts';

/**
 * Invites whom a ghost stands for into the channel: by the person's own connection, else by the bot, but not past a door that only operators
 * open. A ghost whose person cannot be invited declines, so that the room shows it.
 */
export async function carryInvitation(
  kit: Kit,
  people: People,
  walls: Pick<Walls, 'of'>,
  effect: InviteOnNetwork,
  network: Network,
): Promise<Result<readonly never[]>> {
  const invited = await invite(people, walls, effect, network);
  if (invited.ok) return ok([]);
  if (invited.error.retry !== 'never') return invited;
  const declined = await decline(kit.homeserver, effect.ghost, effect.room, invited.error.text);
  return declined.ok || declined.error.retry === 'never' ? invited : declined;
}

async function invite(
  people: People,
  walls: Pick<Walls, 'of'>,
  { room, userId, channel, subject }: InviteOnNetwork,
  network: Network,
): Promise<Result<void>> {
  // Who is there already needs no invitation, and may have any nick.
  if (network.nicks?.nickOf(channel, subject) !== undefined) return ok(undefined);
  const found = await network.privately?.find(subject.name);
  if (found?.ok === false && found.error.retry !== 'never') return found;
  if (found?.ok !== true) return fail(notThere(subject.name));
  const { source } = found.value;
  const now = subjectOf(source, (name) => network.fold(name));
  // Bound to the account, where there is one: whoever has the nick meanwhile is somebody else.
  const isMeant = subject.kind === 'nick' || (now.kind === 'account' && now.name === subject.name);
  if (!isMeant || now.origin !== subject.origin) return fail(notThere(subject.name));
  const voice = await network.voice(await people.person(room, userId), channel);
  if (!voice.ok) return voice;
  const isGuarded = walls.of(portalIdOf(network.id, channel))?.includes('invited') === true;
  if (voice.value.isShared === true && isGuarded) return fail(NO_HAND);
  return (await voice.value.invite?.(source.nick)) ?? fail(NO_HAND);
}

const notThere = (name: string): BridgeError => ({
  code: 'network.nobody-to-invite',
  text: `${name} is not on the network now, or is not logged in to that account, so there is nobody to invite.`,
  retry: 'never',
  notify: 'sender',
});
