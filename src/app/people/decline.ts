import type { Result } from '../../core/errors.ts';
import type { Homeserver } from '../../ports/matrix.ts';

/** The homeserver never had the ghost, lost it, or says so while it stops (see matrix/http-errors). */
export const GHOST_UNKNOWN = 'matrix.ghost-unknown';

/** A ghost goes, or declines an invitation. One that never did anything has to be registered first: the homeserver takes invitations of such as well. */
export async function decline(
  homeserver: Pick<Homeserver, 'leave' | 'registerGhost'>,
  ghost: string,
  room: string,
  why: string,
): Promise<Result<void>> {
  const left = await homeserver.leave(ghost, room, why);
  if (left.ok || left.error.code !== GHOST_UNKNOWN) return left;
  const registered = await homeserver.registerGhost(ghost.slice(1, ghost.indexOf(':')));
  return registered.ok ? homeserver.leave(ghost, room, why) : registered;
}
