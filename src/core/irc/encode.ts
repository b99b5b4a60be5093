/**
 * The one place that writes IRC lines. What it lets through is one command and nothing else: no text of a user can end
 * a line, add a parameter or start a tag.
 */
import { type BridgeError, fail, ok, type Result } from '../errors.ts';

export type OutgoingLine = {
  /** Only where the capability `message-tags` was granted: others answer 421 and drop the whole line (ngIRCd). */
  readonly tags?: ReadonlyMap<string, string>;
  /** Upper case. */
  readonly command: string;
  /** The last one may be empty, hold spaces or start with a colon. */
  readonly params: readonly string[];
};

export type LineLimits = {
  /** The server's LINELEN: bytes of a line without tags, line ending included. */
  readonly lineBytes: number;
  /** Bytes between the `@` and the space after the tags. */
  readonly tagBytes: number;
};

export const DEFAULT_LINE_LIMITS: LineLimits = { lineBytes: 512, tagBytes: 4094 };

const LINE_ENDING_BYTES = 2;
const MAX_PARAMS = 15;
const COMMAND = /^(?:[A-Z]{1,32}|[0-9]{3})$/;
/** IRCv3 message-tags: `[+][vendor/]name`, the vendor a host name. */
const TAG_KEY = /^\+?(?:[A-Za-z0-9.-]+\/)?[A-Za-z0-9-]+$/;
const BREAKS_LINE = /[\0\r\n]/;

/**
 * @returns the line without CR LF (a WebSocket frame has none, a socket's writer adds it), well-formed Unicode, within
 * the limits; or an error with code `irc_line_malformed` (a bug or an attack: for the log) or `irc_line_too_long`
 */
export function encodeLine(line: OutgoingLine, limits: LineLimits = DEFAULT_LINE_LIMITS): Result<string> {
  if (!COMMAND.test(line.command)) return malformed(`no IRC command: ${quote(line.command)}`);
  const params = encodeParams(line.params);
  if (!params.ok) return params;
  const tags = encodeTags(line.tags, limits.tagBytes);
  if (!tags.ok) return tags;

  const command = `${line.command}${params.value}`;
  const bytes = Buffer.byteLength(command) + LINE_ENDING_BYTES;
  if (bytes > limits.lineBytes) return tooLong(`${line.command} line has ${bytes} bytes of ${limits.lineBytes}`);
  const encoded = `${tags.value}${command}`.toWellFormed();
  return BREAKS_LINE.test(encoded) ? malformed(`line break in ${line.command}`) : ok(encoded);
}

function encodeParams(params: readonly string[]): Result<string> {
  if (params.length > MAX_PARAMS) return malformed(`${params.length} parameters`);
  let text = '';
  for (const [index, param] of params.entries()) {
    if (BREAKS_LINE.test(param)) return malformed(`line break in parameter ${index + 1}`);
    const needsColon = param === '' || param.startsWith(':') || param.includes(' ');
    if (needsColon && index < params.length - 1)
      return malformed(`parameter ${index + 1} is no single word: ${quote(param)}`);
    text += needsColon ? ` :${param}` : ` ${param}`;
  }
  return ok(text);
}

function encodeTags(tags: ReadonlyMap<string, string> | undefined, maxBytes: number): Result<string> {
  if (tags === undefined || tags.size === 0) return ok('');
  const items: string[] = [];
  for (const [key, value] of tags) {
    if (!TAG_KEY.test(key)) return malformed(`no tag key: ${quote(key)}`);
    if (value.includes('\0')) return malformed(`NUL in the value of tag ${key}`);
    items.push(value === '' ? key : `${key}=${escapeTagValue(value)}`);
  }
  const text = items.join(';');
  const bytes = Buffer.byteLength(text);
  return bytes > maxBytes ? tooLong(`tags have ${bytes} bytes of ${maxBytes}`) : ok(`@${text} `);
}

const ESCAPED: ReadonlyMap<string, string> = new Map([
  [';', '\\:'],
  [' ', '\\s'],
  ['\\', '\\\\'],
  ['\r', '\\r'],
  ['\n', '\\n'],
]);

/** IRCv3 message-tags "Escaping values". */
function escapeTagValue(value: string): string {
  return value.replace(/[; \\\r\n]/g, (char) => ESCAPED.get(char) ?? char);
}

/**
 * C0 and C1 controls except the formatting codes: bold, colour, hex colour, reset, monospace, reverse, italic,
 * strike, underline.
 */
const UNSENDABLE = /[\x00\x01\x05-\x0e\x10\x12-\x15\x17-\x1c\x7f-\x9f]/g;

/**
 * What of one line of text may be the body of a PRIVMSG or NOTICE. Formatting codes stay; a line break becomes a
 * space and a tab four, since clients show a raw one as `^I`; every other control goes, \x01 among them, so that no
 * text can pass for a CTCP and none moves a terminal's cursor.
 */
export function sanitizeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n|[\r\n]/g, ' ')
    .replaceAll('\t', '    ')
    .replace(UNSENDABLE, '');
}

const malformed = (why: string): Result<never> =>
  fail({
    code: 'irc_line_malformed',
    text: `Not sent: the bridge made a line that is not IRC (${why}).`,
    retry: 'never',
    notify: 'log',
  });

const tooLong = (why: string): Result<never> => {
  const error: BridgeError = {
    code: 'irc_line_too_long',
    text: `Not sent: too long for the IRC server (${why}). Send it in shorter parts.`,
    retry: 'never',
    notify: 'sender',
  };
  return fail(error);
};

const quote = (text: string): string => JSON.stringify(text.slice(0, 40));
