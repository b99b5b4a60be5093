import type { KeyedEffect, NetworkMedia, NetworkMessage } from '../../events.ts';
import { safeLink } from '../../identity/provenance.ts';
import { filesOf, linkTo } from './media.ts';
import { readLines, type Said } from './rich-lines.ts';
import { effectKey, inTheNameOf, type NetworkView } from './view.ts';

const MSGTYPES = { text: 'm.text', action: 'm.emote', notice: 'm.notice' } as const;

/**
 * Most text in one event, in UTF-16 units: a Matrix event may have 65,536 bytes, JSON escapes and three bytes per unit
 * included.
 */
const MAX_BODY_UNITS = 12_000;

/** What somebody said. Of a long one, which becomes several events, the first answers; what replaces a message is never several. */
export function message(event: NetworkMessage, view: NetworkView): KeyedEffect[] {
  if (event.superseded === true) return [];
  const files = event.edits === undefined ? filesOf(event.media) : [];
  const said = withLinks(readLines(event.lines, view), files);
  // A line of formatting codes alone: people of the channel see nothing of it either.
  if (said.body === '') return [];
  const by = inTheNameOf(event, view);
  const link = safeLink(event.link);
  const pieces = event.edits === undefined ? cut(said) : cut(said).slice(0, 1);
  const [file, ...more] = files;
  const parts: (Said & { readonly media?: NetworkMedia })[] = [
    ...pieces.map((piece, part) => (part === 0 && file !== undefined ? { ...piece, media: file } : piece)),
    ...more.map((media) => ({ body: linkTo(media), media })),
  ];
  return parts.map((piece, part) => ({
    key: effectKey(event.network, event.key, part),
    effect: {
      op: 'matrix.message',
      room: view.room,
      ...by,
      msgtype: MSGTYPES[event.style],
      ...piece,
      timeMs: event.timeMs,
      messageKey: event.key,
      ...(link !== undefined && { link }),
      ...(event.replyTo !== undefined && part === 0 && { replyTo: event.replyTo }),
      ...(event.edits !== undefined && { edits: event.edits }),
    },
  }));
}

/** A message that is only a file has no text, or one that does not name it. */
function withLinks(said: Said, [first]: readonly NetworkMedia[]): Said {
  if (first === undefined || said.body.includes(first.url)) return said;
  return { body: said.body === '' ? linkTo(first) : `${said.body}\n${first.url}` };
}

/** Cuts at line ends where it can; never inside a surrogate pair. What has to be cut goes on without its formatting. */
function cut(said: Said): Said[] {
  if (said.body.length <= MAX_BODY_UNITS) return [said];
  const pieces: Said[] = [];
  let rest = said.body;
  while (rest.length > MAX_BODY_UNITS) {
    const lineEnd = rest.lastIndexOf('\n', MAX_BODY_UNITS);
    let end = lineEnd > 0 ? lineEnd : MAX_BODY_UNITS;
    if (lineEnd <= 0 && /[\uD800-\uDBFF]/.test(rest.charAt(end - 1))) end--;
    pieces.push({ body: rest.slice(0, end) });
    rest = rest.slice(lineEnd > 0 ? end + 1 : end);
  }
  pieces.push({ body: rest });
  return pieces;
}
