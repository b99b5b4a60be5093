/**
 * Which names an IRC server takes for one. Names are kept as written and compared folded.
 * Source: modern.ircdocs.horse CASEMAPPING and UTF8MAPPING; server quirks in the comments.
 */
export type Casemapping =
  | 'ascii'
  | 'rfc1459'
  | 'rfc1459-strict'
  | 'rfc8265'
  /** Small letters of all scripts, and nothing else made alike: look-alikes stay different people (freeq). */
  | 'lowercase';

/** Ergo spells the strict one the other way round than the RFC draft does. */
const BY_TOKEN: ReadonlyMap<string, Casemapping> = new Map([
  ['ascii', 'ascii'],
  ['rfc1459', 'rfc1459'],
  ['rfc1459-strict', 'rfc1459-strict'],
  ['strict-rfc1459', 'rfc1459-strict'],
  ['rfc8265', 'rfc8265'],
  ['rfc7613', 'rfc8265'],
  ['precis', 'rfc8265'],
]);

/**
 * @param token value of CASEMAPPING; unknown or missing means rfc1459, the protocol's default
 * @param utf8Mapping value of UTF8MAPPING; it wins, since Ergo goes on saying `ascii` when it folds by PRECIS
 */
export function casemappingOf(token: string | undefined, utf8Mapping?: string): Casemapping {
  if (utf8Mapping !== undefined && utf8Mapping !== '') return 'rfc8265';
  return BY_TOKEN.get(token?.toLowerCase() ?? '') ?? 'rfc1459';
}

/** Upper-case characters of each mapping; the small one is 32 code points further. */
const UPPER: Readonly<Record<Exclude<Casemapping, 'rfc8265' | 'lowercase'>, RegExp>> = {
  ascii: /[A-Z]/g,
  'rfc1459-strict': /[A-Z[\\\]]/g,
  rfc1459: /[A-Z[\\\]^]/g,
};

/** The form of a nick or channel name that all its spellings share. Folding twice changes nothing. */
export function fold(name: string, mapping: Casemapping): string {
  if (mapping === 'rfc8265') return name.normalize('NFKC').toLowerCase().normalize('NFKC');
  if (mapping === 'lowercase') return name.toLowerCase();
  return name.replace(UPPER[mapping], (char) => String.fromCharCode(char.charCodeAt(0) + 32));
}

export const sameName = (a: string, b: string, mapping: Casemapping): boolean =>
  a === b || fold(a, mapping) === fold(b, mapping);
