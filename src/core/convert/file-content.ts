import type { NetworkMedia, SendToMatrix } from '../events.ts';
import { shownFileName } from '../text/file-name.ts';

/** A file of a network as it was fetched, and where the homeserver has it. */
export type StoredFile = {
  readonly mxc: string;
  /** What the server that it came from says, without parameters, lower case. */
  readonly type: string;
  readonly sizeBytes: number;
};

const MAX_SIDE = 100_000;
const MSGTYPES = { image: 'm.image', video: 'm.video', audio: 'm.audio' } as const;
/** Pictures that clients do not show as pictures, or should not: they may hold scripts. */
const NO_PICTURE: ReadonlySet<string> = new Set(['image/svg+xml']);

/** Names for files without one, by their kind. */
const NAMES = { 'm.image': 'picture', 'm.video': 'video', 'm.audio': 'recording', 'm.file': 'file' } as const;

/**
 * What makes a message with a file of the text that stands for it; laid over its content. Its text becomes the caption (MSC2530: `body`
 * beside `filename`), without the address, which the file itself now is.
 */
export function fileContent(effect: SendToMatrix, media: NetworkMedia, file: StoredFile) {
  const kind = file.type.split('/', 1)[0] ?? '';
  const isShown = (kind === 'image' || kind === 'video' || kind === 'audio') && !NO_PICTURE.has(file.type);
  const msgtype = isShown ? MSGTYPES[kind] : 'm.file';
  const filename = shownFileName(media.filename ?? nameIn(media.url), NAMES[msgtype]);
  const caption = effect.body
    .replaceAll(media.url, '')
    .replace(/\(\s*\)|<\s*>|\[\s*\]/g, '')
    .trim();
  const hasCaption = caption !== '' && caption !== filename && caption !== media.alt;
  const [w, h] = [side(media.width), side(media.height)];
  return {
    msgtype,
    body: hasCaption ? caption : (media.alt ?? filename),
    filename,
    url: file.mxc,
    info: { mimetype: file.type, size: file.sizeBytes, ...(w !== undefined && h !== undefined && { w, h }) },
    // The text's own formatting still holds the address.
    format: undefined,
    formatted_body: undefined,
  };
}

const side = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isSafeInteger(value) && value > 0 && value <= MAX_SIDE ? value : undefined;

/** The last part of an address's path. */
function nameIn(url: string): string {
  const path = /^https?:\/\/[^/?#]+(\/[^?#]*)?/.exec(url)?.[1] ?? '';
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch {
    return '';
  }
}
