import { fail, ok, type Result } from '../../core/errors.ts';
import type { Link } from '../wire/link.ts';
import type { Piece } from './job.ts';
import { takesMultiline } from './multiline.ts';
import { cutOff } from './refusals.ts';

/**
 * The lines that say a piece: behind a line's last piece a PING where the server echoes nothing.
 * @param barrier names that PING
 */
export function encodePiece(link: Link, piece: Piece, barrier: () => string): Result<readonly string[]> {
  const { wire, following = [] } = piece.utterance;
  // It may have waited for its turn while the server took its word back (CAP DEL).
  if (piece.utterance.following !== undefined && takesMultiline(link) === undefined)
    return fail(cutOff(piece.job, 'the server takes messages of several lines no more'));
  piece.label = link.label();
  const tags = new Map(wire.tags);
  if (piece.label !== undefined) tags.set('label', piece.label);
  const encoded = link.encode({ ...wire, tags });
  if (!encoded.ok) return encoded;
  const isEchoed = link.hasCap('echo-message') && piece.utterance.isGesture !== true;
  const lines = [encoded.value];
  const behind = [...following];
  if (piece.label === undefined && !isEchoed) {
    piece.barrier = barrier();
    behind.push({ command: 'PING', params: [piece.barrier] });
  }
  for (const line of behind) {
    const next = link.encode(line);
    if (!next.ok) return next;
    lines.push(next.value);
  }
  return ok(lines);
}
