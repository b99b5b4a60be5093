/**
 * Messages of several lines as a server tells them to whoever cannot take batches: all that is said of the message stands on its first line, and
 * the others follow at once. They become one again, as if they had come as a batch.
 */
import type { BatchAssembler } from './batch.ts';
import type { Assembled } from './batch-parts.ts';
import type { IrcLine } from './line.ts';

/** Whether a line goes on a message that began with another one: for sure, since what somebody else said must not get into it. */
export type Continues = (first: IrcLine, line: IrcLine) => boolean;

type One = Exclude<Assembled, { kind: 'batch' }>;

/** The rest comes in one go; a first line waits no longer for it. */
const WAIT_MS = 150;
/** More than any server takes. */
const MAX_LINES = 500;
const MAX_SENDERS = 200;

/** As {@link BatchAssembler}, which it has inside. */
export class ContinuedLines {
  readonly #batches: BatchAssembler;
  readonly #continues: Continues;
  #held: { readonly first: One; readonly lines: readonly string[]; readonly atMs: number } | undefined;
  /** First lines of the messages that were given out last, by who said them where. */
  readonly #before = new Map<string, IrcLine>();

  constructor(batches: BatchAssembler, continues: Continues) {
    this.#batches = batches;
    this.#continues = continues;
  }

  push(line: IrcLine, nowMs: number): readonly Assembled[] {
    return [...this.expire(nowMs), ...this.#batches.push(line, nowMs).flatMap((item) => this.#take(item, nowMs))];
  }

  expire(nowMs: number): Assembled[] {
    const late = this.#held !== undefined && nowMs - this.#held.atMs > WAIT_MS ? this.#release() : [];
    return [...late, ...this.#batches.expire(nowMs)];
  }

  #take(item: Assembled, nowMs: number): readonly Assembled[] {
    if (item.kind !== 'line') return [...this.#release(), item];
    const { line } = item;
    const held = this.#held;
    if (held !== undefined && held.lines.length < MAX_LINES && this.#continues(held.first.line, line)) {
      this.#held = { ...held, lines: [...held.lines, textOf(line)] };
      return [];
    }
    const released = this.#release();
    // It comes too late, or behind something else: a message of its own, by the same sender.
    const before = this.#before.get(placeOf(line));
    if (before !== undefined && this.#continues(before, line))
      return [...released, { ...item, line: { ...line, tags: ofSender(before.tags) } }];
    if (!canGoOn(line, this.#continues)) return [...released, item];
    this.#held = { first: item, lines: [textOf(line)], atMs: nowMs };
    return released;
  }

  #release(): readonly Assembled[] {
    const held = this.#held;
    if (held === undefined) return [];
    this.#held = undefined;
    const { line } = held.first;
    if (this.#before.size >= MAX_SENDERS) this.#before.clear();
    this.#before.set(placeOf(line), line);
    return [joined(held.first, held.lines)];
  }
}

/** The same for an answer that is there as a whole. */
export function joinContinued(items: readonly One[], continues: Continues): readonly One[] {
  const out: { readonly first: One; readonly lines: string[] }[] = [];
  for (const item of items) {
    const last = out.at(-1);
    if (item.kind === 'line' && last?.first.kind === 'line' && continues(last.first.line, item.line))
      last.lines.push(textOf(item.line));
    else out.push({ first: item, lines: [textOf(item.line)] });
  }
  return out.map(({ first, lines }) => joined(first, lines));
}

const placeOf = ({ source, params }: IrcLine): string => `${source?.raw} ${params[0]}`;

const textOf = ({ params }: IrcLine): string => params[1] ?? '';

/** Whether anything at all could go on this line: one without any tags would. */
const canGoOn = (line: IrcLine, continues: Continues): boolean => continues(line, { ...line, tags: new Map() });

/** What says who it was and when; what the message was about was done with its beginning. */
const OF_SENDER: ReadonlySet<string> = new Set(['account', 'time', '+freeq.at/origin']);

const ofSender = (tags: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...tags].filter(([tag]) => OF_SENDER.has(tag)));

function joined(first: One, lines: readonly string[]): One {
  if (lines.length === 1) return first;
  const [target = ''] = first.line.params;
  const line = { ...first.line, params: [target, lines.join('\n')] };
  return { kind: 'multiline', line, lines, batch: first.batch, complete: true };
}
