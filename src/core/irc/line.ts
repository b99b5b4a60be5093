/**
 * One line from an IRC server, taken apart. Written for hostile input: it never throws, keeps nothing in an object
 * keyed by somebody else's text, and bounds what it keeps.
 * Source: modern.ircdocs.horse "Message Format", IRCv3 message-tags.
 */
export type IrcLine = {
  /** Keys are case-sensitive and opaque; `k` and `k=` both give the empty text; of one key's values the last counts. */
  readonly tags: ReadonlyMap<string, string>;
  readonly source: Source | undefined;
  /** Upper case, or three digits. */
  readonly command: string;
  /** At most {@link MAX_PARAMS}; the last one may be empty or hold spaces. */
  readonly params: readonly string[];
};

/** Who a line comes from. A server has a `nick` (its name) and nothing else; so has a client on a sloppy server. */
export type Source = {
  readonly nick: string;
  readonly user?: string;
  readonly host?: string;
  readonly raw: string;
};

export const MAX_TAGS = 64;
export const MAX_PARAMS = 15;
/** 8191 bytes of tags and 512 of the rest are legal; freeq counts 8192 in all. Beyond twice that it is no IRC. */
export const MAX_LINE_CHARS = 16_384;

const NO_TAGS: ReadonlyMap<string, string> = new Map();
const COMMAND = /^(?:[A-Za-z]+|[0-9]{3})$/;

/**
 * @param text one line, with or without its line ending
 * @param serverTags names without `+` that count; on a server that lets clients write any. Every name where it is not given
 * @returns undefined where this is no IRC line: no command, a NUL, CR or LF inside, or over {@link MAX_LINE_CHARS}
 */
export function parseLine(text: string, serverTags?: ReadonlySet<string>): IrcLine | undefined {
  const line = withoutEnding(text);
  if (line.length > MAX_LINE_CHARS || /[\0\r\n]/.test(line)) return undefined;

  let at = skipSpaces(line, 0);
  let tags = NO_TAGS;
  if (line[at] === '@') {
    const end = wordEnd(line, at);
    tags = parseTags(line.slice(at + 1, end), serverTags);
    at = skipSpaces(line, end);
  }
  let source: Source | undefined;
  if (line[at] === ':') {
    const end = wordEnd(line, at);
    source = parseSource(line.slice(at + 1, end));
    at = skipSpaces(line, end);
  }
  const end = wordEnd(line, at);
  const command = line.slice(at, end);
  if (!COMMAND.test(command)) return undefined;
  return { tags, source, command: command.toUpperCase(), params: parseParams(line, end) };
}

/** `nick!user@host`, where user and host may be missing. Undefined without a nick. */
export function parseSource(raw: string): Source | undefined {
  const bang = raw.indexOf('!');
  // The last @: a user name may be made to hold one, a host may not.
  const lastAt = raw.lastIndexOf('@');
  const at = lastAt > bang ? lastAt : -1;
  const nickEnd = bang >= 0 ? bang : at >= 0 ? at : raw.length;
  if (nickEnd === 0) return undefined;
  const user = bang >= 0 ? raw.slice(bang + 1, at >= 0 ? at : undefined) : '';
  const host = at >= 0 ? raw.slice(at + 1) : '';
  return { nick: raw.slice(0, nickEnd), ...(user && { user }), ...(host && { host }), raw };
}

/** By these it is decided who said what, when, and about which message: no other tag may push one of them over the bound. */
const FIRST: ReadonlySet<string> = new Set('msgid account time batch +draft/edit +freeq.at/origin'.split(' '));
const RANKS = [0, 1, 2] as const;

/** Tags without `+` are the server's word, as a rule. */
const rankOf = (key: string): (typeof RANKS)[number] => (FIRST.has(key) ? 0 : key.startsWith('+') ? 2 : 1);

/** Some tags are taken first, wherever they stand: a client that sends hundreds of its own must not push them over the bound. */
function parseTags(text: string, serverTags: ReadonlySet<string> | undefined): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const items = text.split(';');
  for (const rank of RANKS) {
    for (const item of items) {
      const equals = item.indexOf('=');
      const key = equals < 0 ? item : item.slice(0, equals);
      if (key === '' || rankOf(key) !== rank) continue;
      if (serverTags?.has(key) === false && !key.startsWith('+')) continue;
      if (tags.size >= MAX_TAGS && !tags.has(key)) continue;
      tags.set(key, equals < 0 ? '' : unescapeTagValue(item.slice(equals + 1)));
    }
  }
  return tags;
}

const UNESCAPED: ReadonlyMap<string, string> = new Map([
  [':', ';'],
  ['s', ' '],
  ['r', '\r'],
  ['n', '\n'],
]);

/** IRCv3 message-tags "Escaping values": an unknown escape stands for its character, a lone backslash for nothing. */
function unescapeTagValue(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\(.?)/gsu, (_, char: string) => UNESCAPED.get(char) ?? char);
}

function parseParams(line: string, from: number): readonly string[] {
  const params: string[] = [];
  let at = skipSpaces(line, from);
  while (at < line.length) {
    // The fifteenth parameter takes the rest of the line, colon or not (RFC 2812 §2.3.1).
    const isTrailing = line[at] === ':';
    if (isTrailing || params.length === MAX_PARAMS - 1) {
      params.push(line.slice(isTrailing ? at + 1 : at));
      break;
    }
    const end = wordEnd(line, at);
    params.push(line.slice(at, end));
    at = skipSpaces(line, end);
  }
  return params;
}

function withoutEnding(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') || text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** Only U+0020 separates: a tab or another space is part of a word. */
function skipSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ') at++;
  return at;
}

function wordEnd(line: string, from: number): number {
  const space = line.indexOf(' ', from);
  return space < 0 ? line.length : space;
}
