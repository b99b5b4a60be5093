import type { MatrixEvent, NetworkMedia } from '../../events.ts';
import { parseMxc } from '../../mxc.ts';
import { type PageMaker, type SharedPage, sharePage } from '../../pages.ts';
import { shownFileName, shownSize } from '../../text/file-name.ts';
import { objectIn } from './view.ts';

/** What people of a channel are told of a file: an action of whoever sent it, and the text that came with it. */
export type MediaLine = {
  /** What the sender wrote beside the file (MSC2530), before the action. */
  readonly caption: string | undefined;
  /** `sent a picture: cat.jpg (120 kB) https://…` */
  readonly action: string;
  /** The page behind the link of the action. */
  readonly page: SharedPage | undefined;
  /** What is known of the file behind the link. */
  readonly media: NetworkMedia | undefined;
};

type Kind = { readonly what: string; readonly name: string };

const KINDS: ReadonlyMap<unknown, Kind> = new Map([
  ['m.image', { what: 'sent a picture', name: 'picture' }],
  ['m.video', { what: 'sent a video', name: 'video' }],
  ['m.audio', { what: 'sent a recording', name: 'recording' }],
  ['m.file', { what: 'sent a file', name: 'file' }],
]);
const VOICE: Kind = { what: 'sent a voice message', name: 'voice message' };

/**
 * A message with a file in it, as a line; undefined for every other message.
 * @param content what the event says: of an edit, what it says anew
 */
export function mediaLine(
  event: MatrixEvent,
  content: MatrixEvent['content'],
  pages: PageMaker | undefined,
): MediaLine | undefined {
  const kind = KINDS.get(content.msgtype);
  if (kind === undefined) return undefined;
  const isVoice = content.msgtype === 'm.audio' && 'org.matrix.msc3245.voice' in content;
  const { what, name: fallback } = isVoice ? VOICE : kind;
  const { body, filename } = content;
  const hasName = typeof filename === 'string' && filename !== '';
  const caption = hasName && typeof body === 'string' && body !== filename && body.trim() !== '' ? body : undefined;
  const given = hasName ? filename : typeof body === 'string' ? body : '';
  const name = shownFileName(given, '');
  const info = objectIn(content.info);
  const size = wholeNumber(info.size);
  const page = pageOf(event, content.url, pages, name === '' ? fallback : name, size);
  const facts = [isVoice || content.msgtype === 'm.video' ? length(info.duration) : '', size > 0 ? shownSize(size) : '']
    .filter((fact) => fact !== '')
    .join(', ');
  // Nobody names a voice message; its file name says nothing.
  const called = isVoice || name === '' ? '' : `: ${name}`;
  const action = `${what}${called}${facts === '' ? '' : ` (${facts})`}${why(content, pages, page, size)}`;
  const media = page === undefined ? undefined : { url: page.url, ...factsOf(info, name, size), ...altOf(caption) };
  return { caption, action, page, media };
}

/** Only what a sender of good will says; a network's tags have bounds of their own. */
function factsOf(
  { mimetype, w, h }: Readonly<Record<string, unknown>>,
  name: string,
  sizeBytes: number,
): Omit<NetworkMedia, 'url' | 'alt'> {
  const [width, height] = [wholeNumber(w), wholeNumber(h)];
  return {
    ...(typeof mimetype === 'string' && mimetype.length <= MAX_TYPE && { mimetype }),
    ...(name !== '' && { filename: name }),
    ...(sizeBytes > 0 && { sizeBytes }),
    ...(width > 0 && height > 0 && { width, height }),
  };
}

const MAX_TYPE = 100;
const MAX_ALT = 400;

/** Matrix has no words for those who do not see a picture; what was written beside it says most. */
const altOf = (caption: string | undefined): Pick<NetworkMedia, 'alt'> =>
  caption === undefined ? {} : { alt: caption.slice(0, MAX_ALT) };

function pageOf(
  event: MatrixEvent,
  url: unknown,
  pages: PageMaker | undefined,
  name: string,
  size: number,
): SharedPage | undefined {
  if (pages === undefined || typeof url !== 'string' || parseMxc(url) === undefined) return undefined;
  return size > pages.maxBytes ? undefined : sharePage(event, pages, { kind: 'file', mxc: url, name });
}

/** The link, or why there is none. */
function why(
  content: MatrixEvent['content'],
  pages: PageMaker | undefined,
  page: SharedPage | undefined,
  size: number,
): string {
  if (page !== undefined) return ` ${page.url}`;
  if (typeof content.file === 'object' && content.file !== null) return ', encrypted: it can only be opened on Matrix';
  if (pages !== undefined && size > pages.maxBytes) return ', too large to be passed on';
  return '';
}

const wholeNumber = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;

const MAX_SECONDS = 360_000;

/** `0:12` */
function length(durationMs: unknown): string {
  const seconds = Math.round(wholeNumber(durationMs) / 1000);
  if (seconds === 0 || seconds > MAX_SECONDS) return '';
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
