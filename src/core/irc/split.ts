/**
 * Cuts a line of text into pieces that an IRC server passes on whole. What happens to a longer one differs by server:
 * refused (Ergo), cut in silence (InspIRCd), cut and marked, or the connection closed (ngIRCd).
 */
import {
  codeAt,
  type FormattingState,
  formattingAfter,
  isPlainState,
  maskCodes,
  openingCodes,
  PLAIN,
} from '../text/irc-formatting.ts';

/** Fewer bytes could not hold every character. */
const MIN_PIECE_BYTES = 4;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * @param text one line, already sanitised; may hold formatting codes
 * @param maxBytes most UTF-8 bytes of a piece; see {@link bodyBudget}; below 4 counts as 4
 * @returns at least one piece. A cut falls at a space if the word after it fits a piece of its own (so a URL that
 * fits is never cut), else between graphemes, else between code points; never inside a character or a formatting
 * code. Of a text that has to be cut exactly this is lost: the run of spaces at a cut, and codes behind the last
 * visible character. Exactly this is added: the formatting that is on at a cut, written again at the start of the
 * next piece, unless it would leave no room for text.
 */
export function splitText(text: string, maxBytes: number): readonly string[] {
  const max = Math.max(maxBytes, MIN_PIECE_BYTES);
  if (Buffer.byteLength(text) <= max) return [text];
  const pieces = piecesOf(text, max).map(({ opening, body }) => opening + body);
  return pieces.length === 0 ? [''] : pieces;
}

const SPACE_AND_RESET_BYTES = 2;

/**
 * The same for readers who put the pieces together again: a run of spaces at a cut is one space, and each piece ends with its formatting
 * closed, since the next one opens it.
 */
export function splitForJoining(text: string, maxBytes: number): readonly string[] {
  if (Buffer.byteLength(text) <= maxBytes) return [text];
  const pieces = piecesOf(text, Math.max(maxBytes - SPACE_AND_RESET_BYTES, MIN_PIECE_BYTES));
  return pieces.map(({ opening, body, isOpen, lostSpace }, index) => {
    const isLast = index === pieces.length - 1;
    return opening + body + (lostSpace && !isLast ? ' ' : '') + (isOpen && !isLast ? '\x0f' : '');
  });
}

type Piece = {
  readonly opening: string;
  readonly body: string;
  /** Formatting is on at its end. */
  readonly isOpen: boolean;
  /** Spaces stood between it and the next one. */
  readonly lostSpace: boolean;
};

function piecesOf(text: string, max: number): readonly Piece[] {
  const textEnd = maskCodes(text).replace(/\x02+$/, '').length;
  const pieces: Piece[] = [];
  let state = PLAIN;
  let at = 0;
  while (at < textEnd) {
    const opening = openingFor(state, text, at, max);
    const end = fittingEnd(text, at, max - opening.length);
    const cut = end >= textEnd ? { end: textEnd, next: textEnd } : chooseCut(text, at, end, state, max);
    const body = text.slice(at, cut.end);
    state = formattingAfter(state, text, at, cut.end);
    if (hasVisibleText(body))
      pieces.push({ opening, body, isOpen: !isPlainState(state), lostSpace: cut.next > cut.end });
    at = cut.next;
  }
  return pieces;
}

type Cut = { readonly end: number; readonly next: number };

/** @param end where the piece would end if characters alone counted */
function chooseCut(text: string, at: number, end: number, state: FormattingState, max: number): Cut {
  if (text[end] === ' ') return cutAtSpaces(text, at, end);
  const space = text.lastIndexOf(' ', end - 1);
  if (space > at) {
    const wordStart = space + 1;
    const opening = openingFor(formattingAfter(state, text, at, space), text, wordStart, max);
    const wordEnd = fittingEnd(text, wordStart, max - opening.length);
    const nextSpace = text.indexOf(' ', wordStart);
    if (wordEnd >= (nextSpace < 0 ? text.length : nextSpace)) return cutAtSpaces(text, at, space);
  }
  const boundary = graphemeBoundary(text, at, end);
  if (text[boundary - 1] === ' ') return cutAtSpaces(text, at, boundary - 1);
  return { end: boundary, next: boundary };
}

/** The whole run of spaces around `space` goes: it would hang at the end of one line or indent the next. */
function cutAtSpaces(text: string, at: number, space: number): Cut {
  let end = space;
  while (end > at && text[end - 1] === ' ') end--;
  let next = space;
  while (text[next] === ' ') next++;
  return { end, next };
}

/** End of the longest run of whole characters and codes from `at` within `maxBytes`; at least one of them. */
function fittingEnd(text: string, at: number, maxBytes: number): number {
  let end = at;
  let room = maxBytes;
  while (end < text.length) {
    const unit = unitLength(text, end);
    room -= unit.bytes;
    if (room < 0 && end > at) break;
    end += unit.chars;
  }
  return end;
}

function unitLength(text: string, at: number): { readonly chars: number; readonly bytes: number } {
  const point = text.codePointAt(at) ?? 0;
  if (point < 0x20) {
    const length = Math.max(codeAt(text, at).length, 1);
    return { chars: length, bytes: length };
  }
  if (point < 0x80) return { chars: 1, bytes: 1 };
  if (point < 0x800) return { chars: 1, bytes: 2 };
  return point < 0x10000 ? { chars: 1, bytes: 3 } : { chars: 2, bytes: 4 };
}

/** The last grapheme boundary in `(at, end]`; `end` itself where one grapheme fills the whole piece. */
function graphemeBoundary(text: string, at: number, end: number): number {
  // Masked: a combining mark behind `\x034` would cling to the 4, and the code be cut.
  const window = maskCodes(text.slice(at, end + 64));
  const boundary = graphemes.segment(window).containing(end - at)?.index ?? 0;
  return boundary > 0 ? at + boundary : end;
}

function openingFor(state: FormattingState, text: string, at: number, max: number): string {
  const opening = openingCodes(state, text.slice(at, at + 8));
  return opening.length + MIN_PIECE_BYTES > max ? '' : opening;
}

/** A piece of nothing but spaces and codes is not worth a line; some servers refuse it (412). */
const hasVisibleText = (piece: string): boolean => /[^ \x02]/.test(maskCodes(piece));

export type BodyBudget = {
  readonly lineLen: number;
  /** Who speaks, as others see it; for RELAYMSG the relayed nick. */
  readonly nick: string;
  /** Undefined while our own lines have not come back with it. */
  readonly user: string | undefined;
  readonly host: string | undefined;
  /** Command as others receive it: PRIVMSG also for RELAYMSG. */
  readonly command: string;
  readonly target: string;
  /** Whether each piece is wrapped as `\x01ACTION …\x01`. */
  readonly action: boolean;
};

/**
 * What servers allow at most: a user name has 10 bytes, a host 63 (DNS label; InspIRCd and Ergo default to 64 with
 * its dot).
 */
const UNKNOWN_USER_BYTES = 10;
const UNKNOWN_HOST_BYTES = 63;
const CRLF_BYTES = 2;
/** For what a server puts in besides: `~` before a user name, a STATUSMSG prefix, a longer cloak. */
const SPARE_BYTES = 10;
const ACTION_BYTES = '\x01ACTION \x01'.length;

/**
 * Bytes that a body may have so that `:nick!user@host COMMAND target :body` CR LF, as others receive it, fits the
 * server's line.
 */
export function bodyBudget({ lineLen, nick, user, host, command, target, action }: BodyBudget): number {
  const userBytes = user === undefined ? UNKNOWN_USER_BYTES : Buffer.byteLength(user);
  const hostBytes = host === undefined ? UNKNOWN_HOST_BYTES : Buffer.byteLength(host);
  const prefix = ':!@'.length + Buffer.byteLength(nick) + userBytes + hostBytes;
  const head = prefix + ' '.length + Buffer.byteLength(command) + ' '.length + Buffer.byteLength(target) + ' :'.length;
  return Math.max(lineLen - head - CRLF_BYTES - SPARE_BYTES - (action ? ACTION_BYTES : 0), MIN_PIECE_BYTES);
}
