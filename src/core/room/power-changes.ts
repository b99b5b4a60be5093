import { sameValue } from '../authority/same-value.ts';
import { type ActualRoom, type Content, isObject, levelOr, ownValue } from './actual-room.ts';

export type PowerChange = { readonly userId: string; readonly from: number; readonly to: number };

/** Whose power a new content of `m.room.power_levels` changes, by name, and whether it changes anything else. */
export function powerChanges(
  room: ActualRoom,
  content: Content,
): { readonly people: readonly PowerChange[]; readonly isOfRoom: boolean } {
  const before = room.powerLevels ?? {};
  const names = [before.users, content.users].flatMap((users) => (isObject(users) ? Object.keys(users) : []));
  const people = [...new Set(names)].sort().flatMap((userId): PowerChange[] => {
    const from = levelOr(ownValue(before.users, userId), levelOr(before.users_default, 0));
    const to = levelOr(ownValue(content.users, userId), levelOr(content.users_default, 0));
    return from === to ? [] : [{ userId, from, to }];
  });
  const { users: _, ...ofRoom } = content;
  const { users: __, ...wasOfRoom } = before;
  return { people, isOfRoom: !sameValue(ofRoom, wasOfRoom) };
}
