import { sameValue } from '../authority/same-value.ts';
import type { MatrixEvent } from '../events.ts';
import { type ActualRoom, type Content, isObject, KEPT } from './actual-room.ts';

/**
 * What an event is to somebody who knows a room already. `same`: it says what is known. `late`: what is known is newer, so that one
 * of the two is not the room's state any more. `nothing`: what it is about is of no concern here.
 */
export type Tidings = 'same' | 'late' | 'news' | 'nothing';

type StateEvent = Pick<MatrixEvent, 'type' | 'state_key' | 'content' | 'sender' | 'origin_server_ts'>;

/** @param knownMs when what is known was said, by the clock of whoever said it; undefined: nothing is known */
export function tidings(room: ActualRoom, knownMs: number | undefined, event: StateEvent): Tidings {
  const { type, state_key: key, origin_server_ts: saidMs } = event;
  const place =
    key === undefined ? undefined : (PLACES.get(type) ?? (KEPT.has(type) && key === '' ? SETTING : undefined));
  if (place === undefined || key === undefined) return 'nothing';
  if (sameValue(place.known(room, key, type), place.said(event))) return 'same';
  return knownMs !== undefined && saidMs < knownMs ? 'late' : 'news';
}

/** Whether two events say the same of the same piece of state. */
export function saysTheSame(one: StateEvent, other: StateEvent): boolean {
  if (one.type !== other.type || one.state_key !== other.state_key) return false;
  const { said } = PLACES.get(one.type) ?? SETTING;
  return sameValue(said(one), said(other));
}

type Place = {
  readonly known: (room: ActualRoom, key: string, type: string) => unknown;
  readonly said: (event: StateEvent) => unknown;
};

const SETTING: Place = { known: (room, _key, type) => room.content(type), said: ({ content }) => content };

const PLACES: ReadonlyMap<string, Place | undefined> = new Map<string, Place>([
  [
    'm.room.member',
    {
      // A new name or picture changes nothing about who is there.
      known: (room, key) => {
        const { membership, sender } = room.members.get(key) ?? {};
        return membership === undefined ? undefined : { membership, sender };
      },
      said: ({ content, sender }) => ({ membership: content.membership, sender }),
    },
  ],
  ['m.space.child', { known: (room, key) => room.children.get(key)?.raw, said: linkIn }],
  ['m.space.parent', { known: (room, key) => room.parents.get(key)?.raw, said: linkIn }],
  ['m.policy.rule.user', { known: (room, key) => room.policyRules.get(key), said: ({ content }) => filled(content) }],
]);

/** A link without servers is none, and an empty rule neither. */
function linkIn({ content }: StateEvent): unknown {
  return Array.isArray(content.via) && content.via.length > 0 ? content : undefined;
}

const filled = (content: Content): unknown =>
  isObject(content) && Object.keys(content).length > 0 ? content : undefined;

/** Whether a piece of state, read by itself, is as it is known. @param content undefined: there is none */
export function standsAs(room: ActualRoom, type: string, key: string, content: Content | undefined): boolean {
  if (type === 'm.room.member')
    return (room.members.get(key)?.membership ?? 'leave') === (content?.membership ?? 'leave');
  const event = { type, state_key: key, content: content ?? {}, sender: '', origin_server_ts: 0 };
  const how = tidings(room, undefined, event);
  return how === 'same' || how === 'nothing';
}
