import type { Effect, KeyedEffect, NetworkEvent, NetworkMessage } from '../events.ts';
import { subjectOf } from '../identity/subject.ts';
import type { MessageKey, NetworkId } from '../ids.ts';
import { stripFormatting } from '../text/strip.ts';

/** What a converter may know of the portal that an event belongs to. */
export type NetworkView = {
  readonly room: string;
  /** Folds names by the network's case mapping. */
  readonly fold: (name: string) => string;
};

const MSGTYPES = { text: 'm.text', action: 'm.emote', notice: 'm.notice' } as const;

/**
 * Most text in one event, in UTF-16 units: a Matrix event may have 65,536 bytes, JSON escapes and three bytes per unit
 * included.
 */
const MAX_BODY_UNITS = 12_000;

/** Key of an effect that follows from a message of a network; with a part number where one message makes several. */
export const effectKey = (network: NetworkId, key: MessageKey, part = 0): string =>
  part === 0 ? `${network}|${key}` : `${network}|${key}#${part}`;

/** What to do on Matrix about something that happened on a network. Our own lines lead to nothing. */
export function networkToMatrix(event: NetworkEvent, view: NetworkView): KeyedEffect[] {
  switch (event.kind) {
    case 'message':
      return event.own ? [] : messageEffects(event, view);
    case 'topic':
      return event.own
        ? []
        : one(event, {
            op: 'matrix.topic',
            room: view.room,
            topic: stripFormatting(event.topic),
            by: { nick: event.source.nick, account: event.source.account ?? null },
          });
    case 'kick': {
      const reason = stripFormatting(event.reason).slice(0, 300);
      return one(event, {
        op: 'matrix.kick',
        room: view.room,
        userId: event.userId,
        reason: `kicked from ${event.channel} by ${event.source.nick}${reason === '' ? '' : `: ${reason}`}`,
      });
    }
    case 'gap':
      return one(event, {
        op: 'matrix.notice',
        room: view.room,
        body: `What was said in ${event.channel} between ${clockTime(event.fromMs)} and ${clockTime(event.toMs)} UTC may be missing here: the connection was away, and the server has no history of that time.`,
      });
  }
}

const one = (event: NetworkEvent, effect: Effect): KeyedEffect[] => [
  { key: effectKey(event.network, event.key), effect },
];

function messageEffects(event: NetworkMessage, view: NetworkView): KeyedEffect[] {
  const text = event.lines.map(stripFormatting).join('\n');
  // A line of formatting codes alone: people of the channel see nothing of it either.
  if (text === '') return [];
  return cut(text).map((body, part) => ({
    key: effectKey(event.network, event.key, part),
    effect: {
      op: 'matrix.message',
      room: view.room,
      network: event.network,
      subject: subjectOf(event.source, view.fold),
      nick: event.source.nick,
      msgtype: MSGTYPES[event.style],
      body,
      timeMs: event.timeMs,
      messageKey: event.key,
      account: event.source.account ?? null,
    },
  }));
}

/** Cuts at line ends where it can; never inside a surrogate pair. */
function cut(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > MAX_BODY_UNITS) {
    const lineEnd = rest.lastIndexOf('\n', MAX_BODY_UNITS);
    let end = lineEnd > 0 ? lineEnd : MAX_BODY_UNITS;
    if (lineEnd <= 0 && /[\uD800-\uDBFF]/.test(rest.charAt(end - 1))) end--;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(lineEnd > 0 ? end + 1 : end);
  }
  pieces.push(rest);
  return pieces;
}

/** `2026-11-21 14:02:11` */
const clockTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
