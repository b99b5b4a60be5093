/**
 * Message ids of freeq: 26 characters of upper-case Crockford base32, 48 bits of milliseconds since 1970 and 80 bits that tell
 * messages of one millisecond apart. Source: github.com/ulid/spec; freeq takes exactly this form and no other.
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const FORM = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TIME_CHARS = 10;
const RANDOM_BYTES = 10;
const BITS_PER_CHAR = 5n;

export const isUlid = (text: string): boolean => FORM.test(text);

/** @returns milliseconds since 1970; undefined for what is no ULID */
export function ulidTimeMs(text: string): number | undefined {
  if (!isUlid(text)) return undefined;
  let timeMs = 0;
  for (const char of text.slice(0, TIME_CHARS)) timeMs = timeMs * 32 + ALPHABET.indexOf(char);
  return timeMs;
}

/**
 * @param timeMs milliseconds since 1970, below 2^48
 * @param random its first ten bytes are used
 */
export function makeUlid(timeMs: number, random: Uint8Array): string {
  let bits = BigInt(Math.trunc(timeMs));
  for (const byte of random.subarray(0, RANDOM_BYTES)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let at = 0; at < 26; at++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= BITS_PER_CHAR;
  }
  return text;
}
