import type { MatrixEvent } from '../events.ts';

/** What the bot has to be able to do in a room that it did not make. */
const NEEDED: ReadonlyArray<{
  readonly key: 'invite' | 'kick' | 'state_default';
  readonly fallback: number;
  readonly what: string;
}> = [
  { key: 'state_default', fallback: 50, what: 'write the room’s bridge information' },
  { key: 'invite', fallback: 0, what: 'invite people of the channel' },
  { key: 'kick', fallback: 50, what: 'remove people' },
];

/**
 * Whether an existing room may become a portal.
 * @param room as the configuration writes it
 * @returns a sentence why not and what to do, or undefined
 */
export function adoptionRefusal(state: readonly MatrixEvent[], botId: string, room: string): string | undefined {
  const of = (type: string): MatrixEvent | undefined =>
    state.find((event) => event.type === type && event.state_key === '');
  if (of('m.room.encryption') !== undefined)
    return `${room} is end-to-end encrypted; a channel cannot be. Link a room without encryption: it cannot be switched off again.`;
  if (of('m.room.tombstone') !== undefined) return `${room} was replaced by a newer room. Link that one.`;
  const levels = of('m.room.power_levels')?.content ?? {};
  const create = of('m.room.create');
  const power = powerOf(botId, levels, create);
  for (const { key, fallback, what } of NEEDED) {
    const needed = numberOr(levels[key], fallback);
    if (power < needed)
      return `The bot ${botId} has power ${power} in ${room} and needs ${needed} to ${what}. Give it ${needed} or more in the room’s settings.`;
  }
  return undefined;
}

function powerOf(userId: string, levels: Readonly<Record<string, unknown>>, create: MatrixEvent | undefined): number {
  if (create?.sender === userId && Number.parseInt(String(create.content.room_version ?? '1'), 10) >= 12)
    return Number.POSITIVE_INFINITY;
  const users = levels.users;
  const own =
    typeof users === 'object' && users !== null && Object.hasOwn(users, userId)
      ? (users as Record<string, unknown>)[userId]
      : undefined;
  return numberOr(
    own,
    numberOr(levels.users_default, create?.sender === userId && Object.keys(levels).length === 0 ? 100 : 0),
  );
}

/** Power levels may be missing, strings in old rooms, or nonsense. */
function numberOr(value: unknown, fallback: number): number {
  const number = typeof value === 'string' ? Number.parseInt(value, 10) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : fallback;
}
