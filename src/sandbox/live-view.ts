import { printable } from '../cli/terminal-text.ts';

/** A record of the bridge's log in JSON; see src/log/record-text.ts. */
type LogRecord = Readonly<Record<string, unknown>>;

const DIRECTIONS: Readonly<Record<string, string>> = { 'to-matrix': 'irc→mx', 'to-network': 'mx→irc' };
const MARKS: Readonly<Record<string, string>> = { warn: '!', error: '✘' };

/**
 * What a person who watches the sandbox sees of one line of the bridge's log: bridged lines, warnings and errors.
 * Undefined for the rest.
 */
export function liveLine(line: string): string | undefined {
  const record = parse(line);
  if (record === undefined) return undefined;
  const at = new Date(String(record.time));
  const time = Number.isNaN(at.getTime()) ? '' : at.toTimeString().slice(0, 8);
  const direction = DIRECTIONS[String(record.direction)];
  if (direction !== undefined && record.text !== undefined) {
    const channel = String(record.portal).replace(/^[^/]*\//, '');
    const speaker = String(record.from).replace(/^@(.*?):.*$/, '$1');
    const lag = typeof record.lagMs === 'number' ? `  ${Math.round(record.lagMs)} ms` : '';
    const text = printable(String(record.text).replaceAll('\n', ' ⏎ '));
    return `  ${time}  ${direction}  ${printable(channel)}  ${printable(speaker)}: ${text}${lag}`;
  }
  const mark = MARKS[String(record.level)];
  return mark === undefined
    ? undefined
    : printable(`  ${time}  ${mark} ${record.message}${details(record)}`.replaceAll('\n', ' '));
}

const ORDINARY = new Set(['time', 'level', 'message', 'stack']);

function details(record: LogRecord): string {
  const fields = Object.entries(record).filter(([name]) => !ORDINARY.has(name));
  return fields.length === 0 ? '' : ` (${fields.map(([name, value]) => `${name}: ${value}`).join(', ')})`;
}

function parse(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}
