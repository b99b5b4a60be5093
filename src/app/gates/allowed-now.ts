import { behind } from '../../core/convert/message-content.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Effect, KickFromMatrix, NoticeToMatrix } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import type { LineGate, Speaker } from './line-gate.ts';

/** An effect on Matrix as it may be carried out now: whole, under a mark, as something less, or not at all. */
export function allowedNow(gate: LineGate, portal: PortalId, effect: Effect): Result<Effect> {
  if (effect.op === 'matrix.kick' && !gate.mayKick(portal)) return ok(keptAgainstKick(effect));
  const speaker = speakerOf(effect);
  if (speaker === undefined) return ok(effect);
  const takesBack = effect.op === 'matrix.redact' || effect.op === 'matrix.unreact';
  const verdict = gate.toMatrix(portal, speaker, takesBack);
  if (verdict.kind === 'no') return fail(verdict.error);
  for (const other of perhaps(effect, speaker)) {
    const theirs = gate.toMatrix(portal, other);
    if (theirs.kind === 'no') return fail(theirs.error);
  }
  if (effect.op === 'matrix.redact' && !gate.mayKick(portal)) return ok({ ...effect, sparesPeople: true });
  const marked = verdict.mark !== undefined || verdict.spokenFor === true;
  if (effect.op === 'matrix.react' && marked) return fail(UNMARKED);
  if (effect.op !== 'matrix.message') return ok(effect);
  const said = verdict.mark === undefined ? effect : behind(`${verdict.mark} `, effect);
  return ok(verdict.spokenFor === true ? { ...said, spokenFor: true } : said);
}

const UNMARKED: BridgeError = {
  code: 'authority.no-mark',
  text: 'A reaction has no room for the mark under which this person is heard here.',
  retry: 'never',
  notify: 'log',
};

/** In whose name an effect is; undefined for what the bridge does of itself. */
function speakerOf(effect: Effect): Speaker | undefined {
  if (effect.op === 'matrix.redact' && effect.byServer === true) return undefined;
  switch (effect.op) {
    case 'matrix.message':
    case 'matrix.react':
    case 'matrix.unreact':
    case 'matrix.redact':
    case 'matrix.topic':
    case 'matrix.pin':
    case 'matrix.invite':
      return effect.provenance;
    default:
      return undefined;
  }
}

/** Of whom a name in a list may be: nothing of theirs passes that way either. */
function perhaps(effect: Effect, speaker: Speaker): readonly Speaker[] {
  if (effect.op !== 'matrix.react' || effect.tallied === undefined) return [];
  return [{ ...speaker, onlyNamed: true }, ...effect.tallied.map((who) => ({ ...speaker, ...who }))];
}

/** Who is in a room that an authority keeps is not decided on IRC. */
const keptAgainstKick = ({ room, userId, reason }: KickFromMatrix): NoticeToMatrix => ({
  op: 'matrix.notice',
  room,
  cause: `kept|${userId}`,
  body: `${userId} was ${reason}. They stay in this room, and what they say does not reach the channel until they are let in there again.`,
});
