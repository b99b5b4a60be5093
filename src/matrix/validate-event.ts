import type { MatrixEvent } from '../core/events.ts';

const MAX_ID_BYTES = 255;
/** Deeper content than anybody writes; what walks an event by recursion must not be made to fall. */
const MAX_DEPTH = 64;
// Identifiers with these are refused; NUL would break PostgreSQL.
const UNFIT = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;

type Field = 'event_id' | 'room_id' | 'sender' | 'type' | 'state_key' | 'redacts';
const FORMS: Readonly<Record<Field, RegExp>> = {
  event_id: /^\$/,
  room_id: /^!/,
  sender: /^@.*:/,
  type: /^./,
  state_key: /^/,
  redacts: /^\$/,
};

/**
 * Takes an event as anybody may have written it. Only its identifiers must be right; what else has a wrong type
 * becomes empty, so that a converter meets a `MatrixEvent` and a queue never stops for one.
 * @param roomId where the source leaves `room_id` out (/sync)
 * @returns the event, or the name of the field for which it was refused
 */
export function validateEvent(value: unknown, roomId?: string): MatrixEvent | Field | 'event' {
  if (!isObject(value)) return 'event';
  const { event_id, sender, type, content, origin_server_ts, state_key } = value;
  const room_id = value.room_id ?? roomId;
  if (!isFit('event_id', event_id)) return 'event_id';
  if (!isFit('room_id', room_id)) return 'room_id';
  if (!isFit('sender', sender)) return 'sender';
  if (!isFit('type', type)) return 'type';
  if (state_key !== undefined && !isFit('state_key', state_key)) return 'state_key';
  const believed = isObject(content) && !isDeeperThan(content, MAX_DEPTH) ? content : {};
  // Top level up to room version 10, in the content from 11 on.
  const redacts = isFit('redacts', value.redacts) ? value.redacts : believed.redacts;
  return {
    event_id,
    room_id,
    sender,
    type,
    content: believed,
    origin_server_ts: isTime(origin_server_ts) ? origin_server_ts : 0,
    ...(state_key === undefined ? {} : { state_key }),
    ...(type === 'm.room.redaction' && isFit('redacts', redacts) ? { redacts } : {}),
  };
}

/** The readable ones of a list of any shape; the others are told one by one. */
export function validateEvents(
  values: unknown,
  refused: (field: string, eventId: string | undefined) => void,
  roomId?: string,
): MatrixEvent[] {
  if (!Array.isArray(values)) return [];
  const events: MatrixEvent[] = [];
  for (const value of values) {
    const event = validateEvent(value, roomId);
    if (typeof event === 'object') events.push(event);
    else refused(event, isObject(value) && isFit('event_id', value.event_id) ? value.event_id : undefined);
  }
  return events;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFit = (field: Field, value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_ID_BYTES &&
  FORMS[field].test(value) &&
  !UNFIT.test(value) &&
  Buffer.byteLength(value) <= MAX_ID_BYTES;

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Without recursion, since that is what it protects from. */
function isDeeperThan(root: object, max: number): boolean {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > max) return true;
    const next: object[] = [];
    for (const node of level)
      for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) next.push(child);
    level = next;
  }
  return false;
}
