import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { refusalToError } from '../../core/irc/numerics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Failpoint } from '../../ports/failpoint.ts';
import type { Receipt, Sending } from '../../ports/network.ts';
import type { Link } from '../wire/link.ts';
import { type Pacing, WINDOW } from '../wire/pacing.ts';
import type { Throttle } from '../wire/throttle.ts';
import type { Attempts } from './attempts.ts';
import { encodePiece } from './encode-piece.ts';
import { blamedIn, echoedIn, filedKey, type Job, makeJob, mintedIn, type Piece } from './job.ts';
import { isMultilineRefusal, MULTILINE } from './multiline.ts';
import { ANSWERS, cutOff, FLOODED, ID_IN_USE, readRefusal, unanswered, unsent } from './refusals.ts';
import type { Sightings } from './sightings.ts';
import type { Utterance } from './speech.ts';

export type OutgoingTools = {
  readonly clock: Clock;
  readonly failpoint: Failpoint;
  readonly pacing: Pacing;
  readonly makeThrottle: (pacing: Pacing) => Throttle;
  /** Undefined where the speaking connection is the listener itself. */
  readonly sightings: Sightings | undefined;
  readonly confirmMs: number;
  readonly sightMs: number;
  readonly attempts: Attempts;
};

/**
 * The lines that go out over one connection: in order, within its pace and window, each until the server has answered for it.
 * The answer is the labelled echo, else the echo, else the listener seeing the line, else the PONG to a PING behind it with no
 * refusal in between.
 */
export class Outgoing {
  readonly #link: Link;
  readonly #tools: OutgoingTools;
  #queue: Piece[] = [];
  #flight: Piece[] = [];
  #flightBytes = 0;
  readonly #labels = new Map<string, Piece>();
  /** Jobs that the server accepted and the listener has not seen. */
  readonly #unseen = new Set<Job>();
  /** Reference of a labelled answer of several lines → its label. */
  readonly #answers = new Map<string, string>();
  #barriers = 0;
  #pumping = false;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly throttle: Throttle;
  readonly #same = (a: string, b: string): boolean => this.#link.same(a, b);

  constructor(link: Link, tools: OutgoingTools) {
    this.#link = link;
    this.#tools = tools;
    this.throttle = tools.makeThrottle(tools.pacing);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#flight.length === 0;
  }

  say(id: string, userId: string, utterances: readonly Utterance[]): Sending {
    const { job, sending } = makeJob(id, userId, utterances);
    if (utterances.length === 0) this.#settle(job, ok({ keys: [] }));
    else if (this.#closed) this.#settle(job, fail(unsent('the connection was lost')));
    else {
      this.#queue.push(...job.pieces);
      this.#pump();
    }
    return sending;
  }

  /** What this person said, and is not written yet, is not said. @param channel where; anywhere if left out */
  drop(userId: string, channel?: string): void {
    const isTheirs = ({ job, utterance }: Piece) =>
      job.userId === userId && (channel === undefined || this.#same(utterance.channel, channel));
    for (const { job } of this.#queue.filter(isTheirs)) this.#refuse(job, cutOff(job, 'the person may not speak now'));
  }

  /** @returns whether the line was an answer to something said here, and means nothing else */
  take(line: IrcLine): boolean {
    const { tags, command, params, source } = line;
    const label = tags.get('label') ?? this.#answers.get(tags.get('batch') ?? '');
    if (command === 'BATCH') return this.#takeBatch(line);
    if (isMultilineRefusal(command, params)) return this.#refuseMultiline();
    const labelled = label === undefined ? undefined : this.#labels.get(label);
    if (command === 'PRIVMSG' || command === 'NOTICE') {
      // What carries a label that is answered already repeats nothing else.
      const piece =
        label !== undefined
          ? labelled
          : (mintedIn(this.#flight, tags.get('msgid')) ?? echoedIn(this.#flight, this.#same, source?.nick, params));
      if (piece !== undefined) this.#accept(piece, tags.get('msgid'));
      return false;
    }
    if (ANSWERS.has(command)) {
      if (labelled !== undefined) this.#accept(labelled, undefined);
      return labelled !== undefined;
    }
    if (command === 'PONG') return this.#ponged(params.at(-1) ?? '');
    const refusal = readRefusal(line);
    if (refusal === undefined) return false;
    const piece = labelled ?? (label === undefined ? blamedIn(this.#flight, this.#same, refusal) : undefined);
    if (piece === undefined) return false;
    if (refusal.code === ID_IN_USE && piece.utterance.msgid !== undefined) {
      this.#accept(piece, piece.utterance.msgid);
      return true;
    }
    const error = refusalToError({ ...refusal, target: piece.utterance.channel });
    if (error.waitMs !== undefined && FLOODED.has(refusal.code))
      this.#tools.pacing.complained(this.#tools.clock.nowMs());
    this.#refuse(piece.job, error);
    return true;
  }

  tick(nowMs: number): void {
    const { confirmMs, sightMs } = this.#tools;
    for (const piece of [...this.#flight]) {
      if (nowMs - piece.writtenMs < confirmMs) break;
      this.#refuse(piece.job, unanswered('the server has not confirmed it'));
      this.#link.watchdog.doubt();
    }
    for (const job of [...this.#unseen]) {
      if (!this.#isWatched(job) || nowMs - (job.acceptedMs ?? nowMs) >= sightMs) this.#done(job);
    }
  }

  /** The connection is gone: what was written may have arrived. @param farewell the server's last words, if any */
  closed(farewell = ''): void {
    this.#closed = true;
    if (/flood|recvq/i.test(farewell)) this.#tools.pacing.complained(this.#tools.clock.nowMs());
    this.#wake?.();
    for (const job of [...this.#unseen]) this.#done(job);
    for (const { job } of [...this.#flight, ...this.#queue]) {
      this.#refuse(job, cutOff(job, 'the connection was lost'));
    }
  }

  /** Writes what pace and window allow, all of it at once. */
  #pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    const nowMs = this.#tools.clock.nowMs();
    const lines: string[] = [];
    const written: Job[] = [];
    for (let piece = this.#next(nowMs); piece !== undefined; piece = this.#next(nowMs)) {
      this.#queue.shift();
      const encoded = encodePiece(this.#link, piece, () => `said-${++this.#barriers}`);
      if (encoded.ok) {
        lines.push(...encoded.value);
        this.#launch(piece, nowMs);
        if (piece.last) written.push(piece.job);
      } else {
        this.throttle.answered(nowMs);
        this.#refuse(piece.job, encoded.error);
      }
    }
    this.#pumping = false;
    if (lines.length === 0) return;
    this.#link.write(lines);
    this.#tools.failpoint('after-socket-write');
    for (const job of written) job.written();
  }

  /** The next piece that may go out now. */
  #next(nowMs: number): Piece | undefined {
    const piece = this.#queue[0];
    if (piece === undefined || !this.#windowOpen(piece)) return undefined;
    const waitMs = this.throttle.take(nowMs);
    if (waitMs === 0) return piece;
    this.#pumpAfter(waitMs);
    return undefined;
  }

  #pumpAfter(waitMs: number): void {
    this.#wake?.();
    this.#wake = this.#tools.clock.after(waitMs, () => {
      this.#wake = undefined;
      this.#pump();
    });
  }

  #windowOpen(piece: Piece): boolean {
    return (
      this.#flight.length === 0 ||
      (this.#flight.length < WINDOW.lines && this.#flightBytes + piece.bytes <= WINDOW.bytes)
    );
  }

  #launch(piece: Piece, nowMs: number): void {
    const { id, channel, nick, body } = piece.utterance;
    piece.writtenMs = nowMs;
    piece.job.touched = true;
    this.#tools.attempts.wrote(piece.job.id, nowMs);
    this.#flight.push(piece);
    this.#flightBytes += piece.bytes;
    if (piece.label !== undefined) this.#labels.set(piece.label, piece);
    const sightings = piece.utterance.isGesture === true ? undefined : this.#tools.sightings;
    piece.forget = sightings?.seek({
      id,
      nick,
      channel,
      body,
      seen: (msgid) => this.#seen(piece, msgid),
    });
    if (piece.forget === undefined) piece.job.unseen--;
  }

  #takeBatch({ tags, params: [ref = '', type] }: IrcLine): boolean {
    const label = tags.get('label') ?? '';
    if (ref.startsWith('-')) return this.#answers.delete(ref.slice(1));
    const labelled = this.#labels.get(label);
    const piece = labelled ?? mintedIn(this.#flight, tags.get('msgid'));
    if (!ref.startsWith('+') || piece === undefined) return false;
    if (labelled !== undefined) this.#answers.set(ref.slice(1), label);
    if (type === MULTILINE) this.#accept(piece, tags.get('msgid'));
    return labelled !== undefined;
  }

  /** Which of several it was, nobody says: that one is looked up, and says its lines one by one when it is said again. */
  #refuseMultiline(): boolean {
    this.#link.multilineRefused = true;
    const piece = this.#flight.find(({ utterance }) => utterance.following !== undefined);
    if (piece !== undefined)
      this.#refuse(piece.job, unanswered('the server refused it as one message of several lines'));
    return true;
  }

  #ponged(token: string): boolean {
    const at = this.#flight.findIndex(({ barrier }) => barrier === token);
    if (at < 0) return false;
    for (const piece of this.#flight.slice(0, at + 1)) this.#accept(piece, undefined);
    return true;
  }

  #seen(piece: Piece, msgid: string | undefined): void {
    const { job } = piece;
    piece.forget = undefined;
    job.unseen--;
    this.#accept(piece, msgid);
    if (job.open === 0 && job.unseen === 0) this.#done(job);
  }

  #accept(piece: Piece, msgid: string | undefined): void {
    const { job, utterance } = piece;
    const key = filedKey(this.#link, utterance, msgid);
    if (key !== undefined) job.keys.set(utterance.part, key);
    if (piece.accepted) return;
    piece.accepted = true;
    this.#land(piece);
    job.open--;
    if (job.open === 0 && !job.settled) {
      this.#tools.failpoint('after-network-confirmed');
      job.acceptedMs = this.#tools.clock.nowMs();
      if (job.unseen <= 0 || !this.#isWatched(job)) this.#done(job);
      else this.#unseen.add(job);
    }
    this.#pump();
  }

  #isWatched({ pieces }: Job): boolean {
    return this.#tools.sightings?.possible(pieces[0]?.utterance.channel ?? '') === true;
  }

  #land(piece: Piece): void {
    const at = this.#flight.indexOf(piece);
    if (at < 0) return;
    this.#flight.splice(at, 1);
    this.throttle.answered(this.#tools.clock.nowMs());
    this.#flightBytes -= piece.bytes;
    if (piece.label !== undefined) this.#labels.delete(piece.label);
  }

  #done(job: Job): void {
    const keys = [...job.keys].sort(([a], [b]) => a - b).map(([, key]) => key);
    this.#tools.attempts.forget(job.id);
    this.#settle(job, ok({ keys }));
  }

  #refuse(job: Job, error: BridgeError): void {
    if (job.settled) return;
    this.#tools.attempts.cut(job.id, job.pieces);
    this.#settle(job, fail(error));
    this.#queue = this.#queue.filter((piece) => piece.job !== job);
    for (const piece of job.pieces) this.#land(piece);
    this.#pump();
  }

  #settle(job: Job, result: Result<Receipt>): void {
    if (job.settled) return;
    job.settled = true;
    this.#unseen.delete(job);
    for (const piece of job.pieces) piece.forget?.();
    job.written();
    job.settle(result);
  }
}
