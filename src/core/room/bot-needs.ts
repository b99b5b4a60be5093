import type { ActualRoom, Threshold } from './actual-room.ts';

const NEEDED: ReadonlyArray<{ readonly what: string; readonly level: (room: ActualRoom) => number }> = [
  { what: 'change who may do what', level: (room) => room.powerForState('m.room.power_levels') },
  { what: 'decide who may come in', level: (room) => room.powerForState('m.room.join_rules') },
  { what: 'write the room’s settings', level: (room) => room.threshold('state_default') },
  { what: 'invite people', level: threshold('invite') },
  { what: 'remove people', level: threshold('kick') },
  { what: 'ban people', level: threshold('ban') },
];

function threshold(key: Threshold): (room: ActualRoom) => number {
  return (room) => room.threshold(key);
}

/**
 * What the bot has lost in a room that it keeps.
 * @returns a sentence that says what does not work and what to do, or undefined
 */
export function botLacks(room: ActualRoom, botId: string): string | undefined {
  const name = room.canonicalAlias ?? room.roomId;
  if (!room.isJoined(botId))
    return `The bot ${botId} is not in ${name} any more: nobody is let in or put out there. Invite it again.`;
  if (room.tombstone !== undefined)
    return `${name} was replaced by ${room.tombstone.replacement ?? 'another room'}. Give that one the address in the configuration.`;
  const power = room.powerOf(botId);
  for (const { what, level } of NEEDED) {
    const needed = level(room);
    if (power < needed)
      return `The bot ${botId} has power ${power} in ${name} and needs ${needed} to ${what}. Give it ${Math.max(needed, 100)} in the room’s settings.`;
  }
  return undefined;
}
