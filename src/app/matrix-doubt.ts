import { markerKeys } from '../core/convert/marker.ts';
import type { Result } from '../core/errors.ts';
import { ok } from '../core/errors.ts';
import type { Echoes } from './echoes.ts';
import type { Kit } from './kit.ts';

const PAGE = 100;
/** A lane has at most some hundred sends in doubt; our events are the newest of the room. */
const MAX_PAGES = 10;

/**
 * Looks for events that carry these keys among the newest of a room, sent by us.
 * @returns event ids by key; keys that are not there are absent
 */
export async function findSent(
  kit: Kit,
  echoes: Echoes,
  isOurs: (userId: string) => boolean,
  room: string,
  keys: readonly string[],
): Promise<Result<ReadonlyMap<string, string>>> {
  const found = new Map<string, string>();
  const missing = new Set(keys);
  const note = (key: string, eventId: string): void => {
    found.set(key, eventId);
    missing.delete(key);
  };
  for (const key of keys) {
    const eventId = echoes.eventOf(key);
    if (eventId !== undefined) note(key, eventId);
  }
  let from: string | undefined;
  for (let page = 0; page < MAX_PAGES && missing.size > 0; page++) {
    const answer = await kit.homeserver.messages(kit.homeserver.botId, room, from, PAGE);
    if (!answer.ok) return answer;
    for (const event of answer.value.events) {
      if (!isOurs(event.sender)) continue;
      for (const key of markerKeys(event.content)) if (missing.has(key)) note(key, event.event_id);
    }
    if (answer.value.end === undefined || answer.value.events.length === 0) break;
    // Everything of an earlier process that was confirmed is older than what is in doubt.
    if (
      page > 0 &&
      (await anyLinked(
        kit,
        room,
        answer.value.events.map((event) => event.event_id),
      ))
    )
      break;
    from = answer.value.end;
  }
  return ok(found);
}

async function anyLinked(kit: Kit, room: string, eventIds: readonly string[]): Promise<boolean> {
  return kit.db.transaction(async (sql) => {
    for (const eventId of eventIds) if ((await kit.stores.link.byEvent(sql, room, eventId)).length > 0) return true;
    return false;
  });
}
