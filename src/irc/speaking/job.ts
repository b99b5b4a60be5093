import type { Result } from '../../core/errors.ts';
import { keyFromMsgid, type MessageKey } from '../../core/ids.ts';
import type { Receipt, Sending } from '../../ports/network.ts';
import type { Link } from '../wire/link.ts';
import type { Utterance } from './speech.ts';

/** Of a command around its text, roughly: command, target, tags are not counted by servers' buffers of lines. */
const OVERHEAD_BYTES = 40;

/** A line on its way. */
export type Job = {
  readonly id: string;
  /** Who says it. */
  readonly userId: string;
  readonly keys: Map<number, MessageKey>;
  readonly written: () => void;
  readonly settle: (result: Result<Receipt>) => void;
  readonly pieces: Piece[];
  /** Pieces not yet accepted by the server. */
  open: number;
  /** Something of it was written. */
  touched: boolean;
  settled: boolean;
  /** When the server had accepted all of it; then only the listener's sight is waited for. */
  acceptedMs: number | undefined;
  /** Pieces not yet seen by the listener. */
  unseen: number;
};

export type Piece = {
  readonly job: Job;
  readonly utterance: Utterance;
  readonly last: boolean;
  readonly bytes: number;
  writtenMs: number;
  label: string | undefined;
  /** Token of the PING behind it, where the server echoes nothing. */
  barrier: string | undefined;
  accepted: boolean;
  forget: (() => void) | undefined;
};

/** @returns a line about to go out, and the promises that its sender gets */
export function makeJob(
  id: string,
  userId: string,
  utterances: readonly Utterance[],
): { readonly job: Job; readonly sending: Sending } {
  const written = Promise.withResolvers<void>();
  const confirmed = Promise.withResolvers<Result<Receipt>>();
  const job: Job = {
    id,
    userId,
    keys: new Map(),
    written: () => written.resolve(),
    settle: confirmed.resolve,
    pieces: [],
    open: utterances.length,
    unseen: utterances.length,
    touched: false,
    settled: false,
    acceptedMs: undefined,
  };
  for (const [index, utterance] of utterances.entries()) {
    job.pieces.push({
      job,
      utterance,
      last: index === utterances.length - 1,
      bytes: Buffer.byteLength(utterance.body) + OVERHEAD_BYTES,
      writtenMs: 0,
      label: undefined,
      barrier: undefined,
      accepted: false,
      forget: undefined,
    });
  }
  return { job, sending: { written: written.promise, confirmed: confirmed.promise } };
}

/** Names what was said by the id that the server gave, where it is found by that again. */
export const filedKey = (link: Link, { wire }: Utterance, msgid: string | undefined): MessageKey | undefined =>
  msgid === undefined || !link.dialect.isFiled({ command: wire.command, source: undefined })
    ? undefined
    : keyFromMsgid(msgid);

/** The piece that has this id of ours. */
export const mintedIn = (flight: readonly Piece[], msgid: string | undefined): Piece | undefined =>
  msgid === undefined ? undefined : flight.find(({ utterance }) => utterance.msgid === msgid);

type Same = (a: string, b: string) => boolean;

/** Which piece an unlabelled refusal answers: the oldest one to its target. */
export const blamedIn = (flight: readonly Piece[], same: Same, { target }: { readonly target: string }) =>
  target === '' ? flight[0] : flight.find(({ utterance }) => same(utterance.channel, target));

/** The oldest piece that this unlabelled echo repeats. */
export function echoedIn(
  flight: readonly Piece[],
  same: Same,
  nick: string | undefined,
  [target, body]: readonly string[],
): Piece | undefined {
  if (nick === undefined || target === undefined) return undefined;
  return flight.find(
    ({ accepted, utterance }) =>
      !accepted &&
      utterance.msgid === undefined &&
      utterance.body === body &&
      same(utterance.nick, nick) &&
      same(utterance.channel, target),
  );
}
