/**
 * The tokens of RPL_ISUPPORT (005) as the server has sent them so far. A server may send more at any time and take
 * some back with `-TOKEN`; a new connection starts from {@link NO_ISUPPORT} again.
 */
export type IsupportTokens = ReadonlyMap<string, string>;

export const NO_ISUPPORT: IsupportTokens = new Map();

const MAX_TOKENS = 512;
const TOKEN = /^(-?)([A-Za-z0-9][A-Za-z0-9./_-]{0,63})(?:=(.*))?$/su;

/**
 * @param params of one 005 line: our nick, tokens, and a sentence that is left out
 * @returns a new map; names in upper case (`DRAFT/CHATHISTORY`), a token without value has the empty text
 */
export function applyIsupport(tokens: IsupportTokens, params: readonly string[]): IsupportTokens {
  const next = new Map(tokens);
  for (const param of params.slice(1)) {
    // The closing sentence ("are supported by this server") has spaces, in any language; a token cannot.
    if (param.includes(' ')) continue;
    const match = TOKEN.exec(param);
    if (match === null) continue;
    const name = (match[2] ?? '').toUpperCase();
    if (match[1] === '-') next.delete(name);
    else if (next.has(name) || next.size < MAX_TOKENS) next.set(name, unescapeValue(match[3] ?? ''));
  }
  return next;
}

/** `\x20`, `\x5C` and `\x3D` stand for what a token cannot hold; a backslash before anything else is itself. */
function unescapeValue(value: string): string {
  return value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
