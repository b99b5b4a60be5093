import type { MatrixUser } from '../servers/people.ts';
import { waitUntil } from '../servers/people.ts';

export type Invitation = { readonly room: string; readonly by: string; readonly isDirect: boolean };

type StateEvent = { type: string; state_key: string; sender: string; content: Record<string, unknown> };

/** The invitations that wait for somebody. */
export async function invitations(person: MatrixUser): Promise<Invitation[]> {
  const answer = await person.request('GET', '/v3/sync?timeout=0');
  const rooms = (answer.rooms as { invite?: Record<string, { invite_state: { events: StateEvent[] } }> }).invite ?? {};
  return Object.entries(rooms).flatMap(([room, { invite_state: state }]) =>
    state.events
      .filter(({ type, state_key }) => type === 'm.room.member' && state_key === person.userId)
      .map(({ sender, content }) => ({ room, by: sender, isDirect: content.is_direct === true })),
  );
}

/** Goes where somebody is invited, as soon as they are. */
export async function acceptInvitation(person: MatrixUser): Promise<Invitation> {
  const invitation = await waitUntil(async () => (await invitations(person))[0], {
    timeoutMs: 20_000,
    what: `an invitation of ${person.userId}`,
  });
  await person.join(invitation.room);
  return invitation;
}
