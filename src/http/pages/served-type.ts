/** How a file is given to a browser. */
export type ServedType = { readonly type: string; readonly disposition: 'inline' | 'attachment' };

/**
 * What a browser may show by itself, under the one name that it gets. Nothing of it can hold a script: no HTML, no SVG, no XML,
 * no PDF. Everything else is only there to be saved.
 */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/apng', 'image/bmp'].map(itself),
  ...['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime'].map(itself),
  ...['audio/mp4', 'audio/mpeg', 'audio/ogg', 'audio/webm', 'audio/aac', 'audio/flac', 'audio/wav'].map(itself),
  ['image/jpg', 'image/jpeg'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-m4a', 'audio/mp4'],
  ['audio/opus', 'audio/ogg'],
  ['audio/wave', 'audio/wav'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/x-flac', 'audio/flac'],
  ['application/ogg', 'audio/ogg'],
  ['text/plain', 'text/plain; charset=utf-8'],
]);

/** @param claimed as whoever uploaded it said, with parameters and in any case */
export function servedType(claimed: string | undefined): ServedType {
  const plain = (claimed ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const shown = SHOWN.get(plain);
  return shown === undefined
    ? { type: 'application/octet-stream', disposition: 'attachment' }
    : { type: shown, disposition: 'inline' };
}

function itself(type: string): [string, string] {
  return [type, type];
}

/** With the name for every browser: in ASCII, and as it is (RFC 6266 §4.3, RFC 8187). */
export function contentDisposition(disposition: ServedType['disposition'], name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${disposition}; filename="${ascii}"; filename*=UTF-8''${exact}`;
}
