import type { LogFields, LogLevel } from '../ports/log.ts';

/** One record, its secrets already gone. */
export type LogRecord = {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
};

const MAX_MESSAGE = 2000;
const MAX_VALUE = 1000;
const MAX_STACK = 8000;
const MAX_NAME = 60;
const MAX_FIELDS = 40;

/**
 * Whatever could end a line, move a cursor, or turn the direction of what follows: C0, DEL, C1, line and paragraph
 * separators, bidirectional controls, and the invisible signs. A stranger's nick must not be able to forge a record.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escapeUnsafe = (char: string): string => SHORT[char] ?? jsonEscape(char);
const jsonEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Cut to `max` UTF-16 units, never inside a character, saying how much is missing. */
export function bounded(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return `${text.slice(0, end)}…(+${text.length - end})`;
}

/** Names and values within their bounds; `stack` is allowed more, since it is only there when asked for. */
function boundedFields(fields: LogFields): [name: string, value: string | number | boolean][] {
  const kept: [string, string | number | boolean][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (kept.length === MAX_FIELDS) break;
    kept.push([
      bounded(name, MAX_NAME),
      typeof value === 'string' ? bounded(value, name === 'stack' ? MAX_STACK : MAX_VALUE) : value,
    ]);
  }
  return kept;
}

/** One line of JSON: `time` (ISO 8601), `level`, `message`, then the fields; a field of one of these names gets a `_`. */
export function recordToJson(record: LogRecord): string {
  const object: Record<string, unknown> = Object.assign(Object.create(null), {
    time: new Date(record.timeMs).toISOString(),
    level: record.level,
    message: bounded(record.message, MAX_MESSAGE).toWellFormed(),
  });
  for (const [name, value] of boundedFields(record.fields)) {
    const key = name in object ? `${name}_` : name;
    object[key] = typeof value === 'string' ? value.toWellFormed() : value;
  }
  return JSON.stringify(object).replace(UNSAFE, jsonEscape);
}

const COLOURS: Readonly<Record<LogLevel, string>> = { error: '31;1', warn: '33', info: '32', debug: '2' };

/** How a pretty record looks: on a terminal the time of day there and colours, elsewhere date and time in UTC. */
export type PrettyStyle = { readonly colours: boolean; readonly localTime: boolean };

/** One line for people; a stack, where there is one, on indented lines below. */
export function recordToPretty(record: LogRecord, style: PrettyStyle): string {
  const paint = (code: string, text: string): string => (style.colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const parts = [
    paint('2', style.localTime ? localTime(record.timeMs) : new Date(record.timeMs).toISOString()),
    paint(COLOURS[record.level], record.level.padEnd(5)),
    safe(bounded(record.message, MAX_MESSAGE)),
  ];
  let stack = '';
  for (const [name, value] of boundedFields(record.fields)) {
    if (name === 'stack' && typeof value === 'string')
      stack = value
        .split('\n')
        .map((line) => `\n    ${safe(line)}`)
        .join('');
    else parts.push(paint('2', `${safe(name)}=${prettyValue(value)}`));
  }
  return parts.join(' ') + stack;
}

const safe = (text: string): string => text.toWellFormed().replace(UNSAFE, escapeUnsafe);

/** Bare where it cannot be mistaken for two fields, else in quotes. */
function prettyValue(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return /^[^\s"=\\]+$/u.test(value) && safe(value) === value
    ? value
    : `"${safe(value.replaceAll('\\', '\\\\').replaceAll('"', '\\"'))}"`;
}

function localTime(timeMs: number): string {
  const at = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}
