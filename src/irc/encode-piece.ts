import { ok, type Result } from '../core/errors.ts';
import type { Piece } from './job.ts';
import type { Link } from './link.ts';

/**
 * The lines that say a piece: behind a line's last piece a PING where the server echoes nothing.
 * @param barrier names that PING
 */
export function encodePiece(link: Link, piece: Piece, barrier: () => string): Result<readonly string[]> {
  const { wire } = piece.utterance;
  piece.label = link.label();
  const tags = new Map(wire.tags);
  if (piece.label !== undefined) tags.set('label', piece.label);
  const encoded = link.encode({ ...wire, tags });
  if (!encoded.ok) return encoded;
  const isEchoed = link.hasCap('echo-message') && piece.utterance.isGesture !== true;
  if (piece.label !== undefined || isEchoed) return ok([encoded.value]);
  piece.barrier = barrier();
  const ping = link.encode({ command: 'PING', params: [piece.barrier] });
  return ping.ok ? ok([encoded.value, ping.value]) : ping;
}
