import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { Kit } from '../kit.ts';

export type ReadList = { readonly roomId: string; readonly state: readonly MatrixEvent[] };

/**
 * A policy list as it is now; the bot enters its room first where it is not in it.
 * @param name full alias or room id
 * @param knownId room that the alias meant before
 */
export async function readList(kit: Kit, name: string, knownId: string | undefined): Promise<Result<ReadList>> {
  const { homeserver } = kit;
  const found = await resolve(kit, name, knownId);
  if (!found.ok) return found;
  const roomId = found.value;
  let state = await homeserver.state(roomId);
  // Somebody who was put out is shown the room as it was then.
  if (state.ok ? !isIn(state.value, homeserver.botId) : state.error.retry === 'never') {
    const joined = await homeserver.join(homeserver.botId, roomId, viaOf(name));
    if (!joined.ok) return fail({ ...joined.error, text: `${joined.error.text} ${REMEDY}` });
    state = await homeserver.state(roomId);
  }
  if (!state.ok) return state;
  return isIn(state.value, homeserver.botId) ? ok({ roomId, state: state.value }) : fail(NOT_IN);
}

/** An alias may have gone to another room since; where nobody can say now, it is where it was. */
async function resolve({ homeserver }: Kit, name: string, knownId: string | undefined): Promise<Result<string>> {
  if (!name.startsWith('#')) return ok(name);
  const found = await homeserver.resolveAlias(name);
  const roomId = found.ok ? (found.value ?? knownId) : knownId;
  if (roomId !== undefined) return ok(roomId);
  return found.ok ? fail(noSuchRoom(name)) : found;
}

const isIn = (state: readonly MatrixEvent[], botId: string): boolean =>
  state.some(
    ({ type, state_key, content }) => type === 'm.room.member' && state_key === botId && content.membership === 'join',
  );

/** The server that an alias or a room id names. */
const viaOf = (name: string): readonly string[] => {
  const at = name.indexOf(':');
  return at < 0 ? [] : [name.slice(at + 1)];
};

const REMEDY = 'Invite the bot there, or take the list out of the configuration.';

const NOT_IN: BridgeError = {
  code: 'policy.not-in',
  text: `The bot is not in the room. ${REMEDY}`,
  retry: 'later',
  notify: 'log',
};

const noSuchRoom = (alias: string): BridgeError => ({
  code: 'policy.no-room',
  text: `There is no room ${alias}. Make one, or write another address.`,
  retry: 'later',
  notify: 'log',
});
