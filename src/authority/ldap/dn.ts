/**
 * Names of entries (RFC 4514) in one form, so that what a group writes and what an entry is called compare equal: types
 * and values in lower case, escapes undone, spaces folded, the parts of a compound name sorted. Attributes of names compare
 * without case in every schema that we know of; two entries that differ in case alone cannot stand side by side there.
 */
export const normalDn = (dn: string): string =>
  split(dn, /[,;]/)
    .map((rdn) => split(rdn, /\+/).map(normalPart).sort().join('+'))
    .join(',');

/** uniqueMember may end in a bit string that names the incarnation (RFC 4517 §3.3.21): `cn=ada,dc=x#'0101'B`. */
export const withoutBits = (nameAndUid: string): string => nameAndUid.replace(/#'[01]*'B$/, '');

function normalPart(part: string): string {
  const at = part.indexOf('=');
  const type = part.slice(0, Math.max(0, at)).trim().toLowerCase();
  // The separator of our own form stays escaped.
  const value = unescaped(part.slice(at + 1).replace(/^\s+|(?<!\\)\s+$/g, ''))
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\,+=]/g, '\\$&');
  return `${type}=${value}`;
}

function unescaped(value: string): string {
  const bare = /^"(.*)"$/s.exec(value)?.[1] ?? value;
  if (!bare.includes('\\')) return bare;
  return bare.replace(/((?:\\[0-9a-fA-F]{2})+)|\\(.)/gs, (_whole, hex: string | undefined, single: string) =>
    hex === undefined ? single : Buffer.from(hex.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
}

/** Splits at separators that are neither escaped nor between quotes. */
function split(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && separator.test(char)) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
