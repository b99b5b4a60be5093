import { ok, type Result } from '../../core/errors.ts';
import type { Homeserver } from '../../ports/matrix.ts';

/** Said of a room by sends as well, for more than one reason: {@link isGone} tells. */
export const UNKNOWN_ROOM = 'matrix.room-unknown';

/**
 * Whether the homeserver says of itself that it knows no such room. That it does not show one to us does not count, nor what anything in
 * between says, nor an answer that may be another one in a minute.
 */
export async function isGone(homeserver: Pick<Homeserver, 'state'>, room: string): Promise<Result<boolean>> {
  const state = await homeserver.state(room);
  if (state.ok) return ok(false);
  if (state.error.code === UNKNOWN_ROOM) return ok(true);
  return state.error.retry === 'never' ? ok(false) : state;
}
