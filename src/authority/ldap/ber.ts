/** One element of BER (X.690), definite lengths only (RFC 4511 §5.1). */
export type Element = { readonly tag: number; readonly content: Buffer };

/**
 * The elements that fill these bytes, one after the other. Strict: the package's reader takes a length that is not there
 * for nothing read, and its loops then never end.
 * @throws where they do not fill them exactly
 */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, end } = extent(bytes, at);
    found.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

function extent(bytes: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0x80;
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + count;
  if (first === 0x80 || count > 4 || start > bytes.length) throw new Error('a damaged length');
  const end = start + (count === 0 ? first : bytes.readUIntBE(at + 2, count));
  if (end > bytes.length) throw new Error('a length beyond its end');
  return { start, end };
}

/** @throws where the element is not there or is another */
export function expect(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new Error(`0x${tag.toString(16)} is missing`);
  return element.content;
}

/** INTEGER and ENUMERATED, as far as LDAP uses them: not negative, 31 bits. */
export function toNumber(content: Buffer): number {
  const value = content.length > 0 && content.length <= 4 ? content.readIntBE(0, content.length) : -1;
  if (value < 0) throw new Error('a damaged number');
  return value;
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OCTETS = 0x04;
export const INTEGER = 0x02;
export const ENUMERATED = 0x0a;
export const BOOLEAN = 0x01;
