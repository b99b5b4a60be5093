import type { SendToMatrix } from '../events.ts';
import { htmlOf } from './message-content.ts';

/** Bounds of one joined event: enough to drain a flood, little enough to read. */
const MAX_LINES = 50;
const MAX_UNITS = 8_000;

/**
 * How many of the first effects may become one event: consecutive plain lines of one sender. Asked only under backlog,
 * when lines come faster than a homeserver takes events one by one.
 */
export function joinable(effects: readonly SendToMatrix[]): number {
  const first = effects[0];
  if (first === undefined) return 0;
  if (first.msgtype === 'm.emote' || !isPlain(first)) return 1;
  let units = unitsOf(first);
  let count = 1;
  while (count < effects.length && count < MAX_LINES) {
    const next = effects[count];
    if (next === undefined || !sameVoice(first, next)) break;
    units += unitsOf(next) + 1;
    if (units > MAX_UNITS) break;
    count++;
  }
  return count;
}

/** An answer, an edit, a file: an event of its own. */
const isPlain = ({ replyTo, edits, media }: SendToMatrix): boolean =>
  replyTo === undefined && edits === undefined && media === undefined;

const sameVoice = (a: SendToMatrix, b: SendToMatrix): boolean =>
  isPlain(b) &&
  a.room === b.room &&
  a.network === b.network &&
  a.msgtype === b.msgtype &&
  a.subject.kind === b.subject.kind &&
  a.subject.name === b.subject.name &&
  a.subject.origin === b.subject.origin &&
  a.nick === b.nick &&
  a.provenance.assurance === b.provenance.assurance;

/** One effect that says what all of these say, in order; its time is the first one's. */
export function joinLines(effects: readonly [SendToMatrix, ...SendToMatrix[]]): SendToMatrix {
  const [first] = effects;
  const mentions = new Set(effects.flatMap((effect) => effect.mentions ?? []));
  return {
    ...first,
    body: effects.map((effect) => effect.body).join('\n'),
    ...(effects.some(({ formatted }) => formatted !== undefined) && { formatted: effects.map(htmlOf).join('<br>') }),
    ...(mentions.size > 0 && { mentions: [...mentions] }),
  };
}

const unitsOf = ({ body, formatted }: SendToMatrix): number => body.length + (formatted?.length ?? 0);
