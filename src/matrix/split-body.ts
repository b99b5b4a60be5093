/** What a body turned out to be, once all of it was seen. */
export type BodyEnd = 'complete' | 'broken';

export type BodySplitter = {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => BodyEnd;
};

export type SplitterOptions = {
  /** An array element larger than this is told as oversized, and not kept. */
  readonly maxElementBytes: number;
  /** One element of the array that is the value of `key`, as JSON text, unparsed. */
  readonly element: (key: string, json: string) => void;
  readonly oversized: (key: string) => void;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MAX_KEY_BYTES = 200;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Cuts `{"events": [{…}, {…}], …}` into the elements of its arrays while it arrives. A homeserver's transaction has no
 * bound (when a ghost joins a room of another server, Dendrite pushes all of its state as one), our memory has; and
 * an element that is not JSON spoils itself alone. It finds borders and leaves the judgement of each element to a parser.
 */
export function makeBodySplitter(options: SplitterOptions): BodySplitter {
  let depth = 0;
  let begun = false;
  let finished = false;
  let broken = false;
  let inString = false;
  let escaped = false;

  /** Name of the member we are in; bytes of it while it is read. */
  let key = '';
  let keyBytes: number[] | undefined;
  let awaitsKey = false;

  /** Whether we are in an array right below the top object. */
  let inArray = false;
  let parts: Buffer[] = [];
  let partBytes = 0;
  let tooLarge = false;

  const keep = (bytes: Buffer): void => {
    if (bytes.length === 0 || tooLarge) return;
    partBytes += bytes.length;
    if (partBytes > options.maxElementBytes) {
      tooLarge = true;
      parts = [];
    } else parts.push(bytes);
  };

  const finishElement = (): void => {
    if (tooLarge) options.oversized(key);
    else {
      const json = Buffer.concat(parts).toString('utf8');
      if (json.trim() !== '') options.element(key, json);
    }
    parts = [];
    partBytes = 0;
    tooLarge = false;
  };

  const readString = (byte: number): void => {
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) {
      inString = false;
      if (keyBytes === undefined) return;
      key = Buffer.from(keyBytes).toString('utf8');
      keyBytes = undefined;
      awaitsKey = false;
      return;
    }
    if (keyBytes !== undefined && keyBytes.length < MAX_KEY_BYTES) keyBytes.push(byte);
  };

  /** Outside of everything: one object, once. */
  const begin = (byte: number): void => {
    if (isSpace(byte)) return;
    if (byte !== OPEN_OBJECT || begun) broken = true;
    begun = true;
    depth = 1;
    awaitsKey = true;
  };

  const push = (chunk: Buffer): void => {
    let from = 0;
    for (let i = 0; i < chunk.length && !broken; i++) {
      const byte = chunk[i] ?? 0;
      if (inString) {
        readString(byte);
        continue;
      }
      if (depth === 0) {
        begin(byte);
        continue;
      }
      switch (byte) {
        case QUOTE:
          inString = true;
          if (depth === 1 && awaitsKey) keyBytes = [];
          break;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          if (depth === 1) {
            if (awaitsKey) broken = true;
            inArray = byte === OPEN_ARRAY;
            from = i + 1;
          }
          depth++;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          depth--;
          if (depth === 1) {
            if (inArray) {
              keep(chunk.subarray(from, i));
              finishElement();
            }
            if (inArray !== (byte === CLOSE_ARRAY)) broken = true;
            inArray = false;
          } else if (depth === 0) {
            finished = true;
            if (byte !== CLOSE_OBJECT) broken = true;
          }
          break;
        case COMMA:
          if (depth === 1) awaitsKey = true;
          else if (depth === 2 && inArray) {
            keep(chunk.subarray(from, i));
            finishElement();
            from = i + 1;
          }
          break;
        case COLON:
          if (depth === 1 && awaitsKey) broken = true;
          break;
        default:
      }
    }
    if (inArray) keep(chunk.subarray(from));
  };

  return { push, end: () => (finished && !broken ? 'complete' : 'broken') };
}
