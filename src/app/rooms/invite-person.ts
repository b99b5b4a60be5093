import { fail, ok, type Result } from '../../core/errors.ts';
import type { InviteToMatrix } from '../../core/events.ts';
import { isOpenDoor } from '../../core/room/rule-levels.ts';
import type { Invitations } from '../admission/invitations.ts';
import type { Kit } from '../kit.ts';

/** They are in, or invited already, or people of the room do not want them. */
const SETTLED: ReadonlySet<unknown> = new Set(['join', 'invite', 'ban']);

/** A room that the authority keeps: who may be called there is not the channel's to say. */
export type Kept = { readonly resource: string; readonly invitations: Pick<Invitations, 'invite'> };

/**
 * Invites somebody whom people of the channel invited there, by our bot. A closed room opens only for those whom the channel itself may let in,
 * and never for anybody whom the authority does not admit.
 * @returns empty where nothing was to be done
 */
export async function invitePerson(
  { db, stores, homeserver, log, metrics }: Kit,
  { room, userId, letsIn, provenance }: InviteToMatrix,
  kept?: Kept,
): Promise<Result<string>> {
  const inviteKept = async ({ resource, invitations }: Kept): Promise<Result<void>> => {
    const { nick, network } = provenance;
    const wish = {
      actor: `${network} ${nick}`,
      cause: 'invite',
      userId,
      resource,
      why: 'Somebody of the channel invited them.',
    };
    const done = await invitations.invite(wish);
    if (done.kind === 'failed') return fail(done.error);
    if (done.kind !== 'invited') metrics.denied.add({ direction: 'to-matrix', cause: 'invite.not-admitted' });
    return ok(undefined);
  };
  const member = await db.transaction((sql) => stores.member.get(sql, room, userId));
  if (SETTLED.has(member?.membership)) return ok('');
  if (!letsIn) {
    const rules = await homeserver.stateContent(room, 'm.room.join_rules', '');
    if (!rules.ok) return rules;
    if (!isOpenDoor(rules.value)) return ok('');
  }
  const invited = kept === undefined ? await homeserver.invite(homeserver.botId, room, userId) : await inviteKept(kept);
  if (invited.ok || invited.error.retry !== 'never') return invited.ok ? ok('') : invited;
  log.info('somebody invited on a network could not be invited into the room', { room, why: invited.error.text });
  return ok('');
}
