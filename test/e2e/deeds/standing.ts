import type { MatrixEvent, MatrixUser } from '../../servers/people.ts';

/** What stands in a room: what was deleted stands there no more. @param seen by somebody's sync */
export async function standingIn(
  room: string,
  reader: MatrixUser,
  seen: readonly MatrixEvent[],
): Promise<MatrixEvent[]> {
  const read = await reader.history(room);
  // Dendrite's `/messages` leaves an event out now and then that its `/sync` showed.
  const live = seen.filter((event) => event.room_id === room);
  const all = [...new Map([...live, ...read].map((event) => [event.event_id, event])).values()];
  const gone = new Set(
    all.flatMap(({ type, redacts, content }) => (type === 'm.room.redaction' ? [redacts ?? content.redacts] : [])),
  );
  return all.filter(({ event_id: id }) => !gone.has(id));
}

/** Every line of what is said. */
export const bodiesOf = (events: readonly MatrixEvent[]): string[] =>
  events.flatMap(({ type, content }) => (type === 'm.room.message' ? String(content.body ?? '').split('\n') : []));

/** How often each reaction of a ghost stands, by its text. */
export const ghostReactions = (events: readonly MatrixEvent[]) => {
  const keys = events
    .filter(({ type, sender }) => type === 'm.reaction' && sender.startsWith('@_causeway_'))
    .map(({ content }) => (content['m.relates_to'] as { readonly key?: string } | undefined)?.key);
  return (key: string) => {
    const times = keys.filter((one) => one === key).length;
    return { times, wasThere: times > 0 };
  };
};
