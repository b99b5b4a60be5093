/**
 * Messages of several lines as one (IRCv3 draft/multiline). Such a message is kept as one text: line feeds between its lines, vertical tabs where a line
 * that is too long for the server goes on in the next command. Text of people has neither (see sanitizeText).
 */
export type MultilineLimits = { readonly maxBytes: number; readonly maxLines: number };

const LINE = '\n';
const GOES_ON = '\v';

/** What a server lets a client send; undefined where its word makes no sense. @param value of the capability: `max-bytes=4096,max-lines=100` */
export function multilineLimits(value: string): MultilineLimits | undefined {
  const read = (name: string): number | undefined => {
    const digits = new RegExp(`(?:^|,)${name}=(\\d{1,9})(?:,|$)`).exec(value)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const maxBytes = read('max-bytes');
  // The number of lines may be left out; then only the bytes count.
  const maxLines = read('max-lines') ?? maxBytes;
  return maxBytes === undefined || maxLines === undefined || maxBytes < 512 || maxLines < 2
    ? undefined
    : { maxBytes, maxLines };
}

/**
 * @param lines each as the commands that it takes, in order
 * @returns as few messages as the limits allow; a line that does not fit any more begins the next one
 */
export function packMultiline(lines: readonly (readonly string[])[], limits: MultilineLimits): readonly string[] {
  const packed: string[] = [];
  let text = '';
  let count = 0;
  let bytes = 0;
  for (const pieces of lines) {
    for (const [index, piece] of pieces.entries()) {
      // Servers differ in whether what stands between lines counts.
      const size = Buffer.byteLength(piece) + 1;
      const isFull = count > 0 && (count >= limits.maxLines || bytes + size > limits.maxBytes);
      if (isFull) {
        packed.push(text);
        [text, count, bytes] = ['', 0, 0];
      }
      text += (count === 0 ? '' : index === 0 ? LINE : GOES_ON) + piece;
      count++;
      bytes += size;
    }
  }
  return count === 0 ? packed : [...packed, text];
}

export type MultilinePiece = {
  readonly text: string;
  /** Goes on the line before (`draft/multiline-concat`). */
  readonly goesOn: boolean;
};

/** The commands of a message; one for a text of one line. */
export const unpackMultiline = (text: string): readonly MultilinePiece[] =>
  text.split(LINE).flatMap((line) => line.split(GOES_ON).map((piece, index) => ({ text: piece, goesOn: index > 0 })));

/** The text as a reader puts it together again. */
export const joinedMultiline = (text: string): string => text.replaceAll(GOES_ON, '');
