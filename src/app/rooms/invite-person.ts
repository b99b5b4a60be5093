import { ok, type Result } from '../../core/errors.ts';
import type { InviteToMatrix } from '../../core/events.ts';
import { isOpenDoor } from '../../core/room/rule-levels.ts';
import type { Kit } from '../kit.ts';

/** They are in, or invited already, or people of the room do not want them. */
const SETTLED: ReadonlySet<unknown> = new Set(['join', 'invite', 'ban']);

/**
 * Invites somebody whom people of the channel invited there, by our bot. A closed room opens only for those whom the channel itself may let in,
 * and never for anybody whom the authority does not admit.
 * @returns empty where nothing was to be done
 */
export async function invitePerson(
  { db, stores, homeserver, log, metrics }: Kit,
  { room, userId, letsIn }: InviteToMatrix,
  mayEnter: (room: string, userId: string) => boolean,
): Promise<Result<string>> {
  const member = await db.transaction((sql) => stores.member.get(sql, room, userId));
  if (SETTLED.has(member?.membership)) return ok('');
  if (!mayEnter(room, userId)) {
    metrics.denied.add({ direction: 'to-matrix', cause: 'invite.not-admitted' });
    return ok('');
  }
  if (!letsIn) {
    const rules = await homeserver.stateContent(room, 'm.room.join_rules', '');
    if (!rules.ok) return rules;
    if (!isOpenDoor(rules.value)) return ok('');
  }
  const invited = await homeserver.invite(homeserver.botId, room, userId);
  if (invited.ok || invited.error.retry !== 'never') return invited.ok ? ok('') : invited;
  log.info('somebody invited on a network could not be invited into the room', { room, why: invited.error.text });
  return ok('');
}
