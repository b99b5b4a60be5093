/** Lines as freeq reads and writes them, quirks and all; deliberately not the bridge's own codec. Source: freeq-server irc.rs, seen on the wire. */

export type Tags = ReadonlyMap<string, string>;

export type Line = {
  readonly tags: Tags;
  readonly prefix?: string;
  readonly command: string;
  readonly params: readonly string[];
};

/** Undefined for an empty line, or for tags or a prefix without anything behind. Two spaces in a row make an empty parameter. */
export function readLine(text: string): Line | undefined {
  let rest = text.replace(/[\r\n]+$/, '');
  if (rest === '') return undefined;
  const word = (): string | undefined => {
    const space = rest.indexOf(' ');
    if (space < 0) return undefined;
    const found = rest.slice(0, space);
    rest = rest.slice(space + 1);
    return found;
  };
  let tags: Tags = new Map();
  if (rest.startsWith('@')) {
    const found = word();
    if (found === undefined) return undefined;
    tags = readTags(found.slice(1));
  }
  let prefix: string | undefined;
  if (rest.startsWith(':')) {
    prefix = word()?.slice(1);
    if (prefix === undefined) return undefined;
  }
  const hasParams = rest.includes(' ');
  const command = (hasParams ? (word() ?? '') : rest).toUpperCase();
  const params: string[] = [];
  while (hasParams && rest !== '') {
    if (rest.startsWith(':')) {
      params.push(rest.slice(1));
      break;
    }
    const next = word();
    params.push(next ?? rest);
    if (next === undefined) break;
  }
  return { tags, command, params, ...(prefix === undefined ? {} : { prefix }) };
}

function readTags(text: string): Tags {
  const tags = new Map<string, string>();
  for (const pair of text.split(';')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    tags.set(equals < 0 ? pair : pair.slice(0, equals), equals < 0 ? '' : unescapeTag(pair.slice(equals + 1)));
  }
  return tags;
}

const ESCAPES: readonly (readonly [plain: string, escaped: string])[] = [
  ['\\', '\\\\'],
  [';', '\\:'],
  [' ', '\\s'],
  ['\r', '\\r'],
  ['\n', '\\n'],
];

/** An unknown escape keeps its backslash, against IRCv3. */
function unescapeTag(value: string): string {
  return value.replace(/\\(.)/gsu, (whole) => ESCAPES.find(([, escaped]) => escaped === whole)?.[0] ?? whole);
}

export function escapeTag(value: string): string {
  return value.replace(/[\\; \r\n]/g, (char) => ESCAPES.find(([plain]) => plain === char)?.[1] ?? char);
}

/**
 * Tags in random order, as the server's hash map gives them; the last parameter has a colon only where it needs one.
 * @param random uniform in [0, 1)
 */
export function writeLine(line: Line, random: () => number): string {
  const parts: string[] = [];
  if (line.tags.size > 0) {
    const written = [...line.tags].map(([key, value]) => (value === '' ? key : `${key}=${escapeTag(value)}`));
    parts.push(`@${shuffled(written, random).join(';')}`);
  }
  if (line.prefix !== undefined) parts.push(`:${line.prefix}`);
  parts.push(line.command);
  line.params.forEach((param, index) => {
    const needsColon = param === '' || param.startsWith(':') || param.includes(' ');
    parts.push(index === line.params.length - 1 && needsColon ? `:${param}` : param);
  });
  return parts.join(' ');
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

export const isChannel = (name: string): boolean => name.startsWith('#') || name.startsWith('&');

/** `2026-11-21T06:06:56.000Z`: freeq's time has whole seconds. */
export const timeTag = (seconds: number): string => new Date(seconds * 1000).toISOString();
