import { type Casemapping, fold } from '../../core/irc/casemap.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import { type Isupport, targetsPerLine } from '../../core/irc/isupport.ts';
import { refusalToError } from '../../core/irc/numerics.ts';
import { backoffMs } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChannelWish } from '../../ports/network.ts';
import type { ChannelView } from './channel-view.ts';

/** One channel that the listener shall be in. */
export type Wished = {
  readonly channel: string;
  key: string | undefined;
  readonly view: ChannelView;
  /** `barred`: the server keeps us out; tried again at `retryAtMs`. */
  state: 'out' | 'asked' | 'joined' | 'barred';
  problem: string | undefined;
  failures: number;
  retryAtMs: number;
  askedMs: number;
  /** Since when nothing of it was heard, until its view is live again. */
  awayFromMs: number | undefined;
};

/** Numerics that refuse a JOIN; the channel is the parameter after our nick. */
const JOIN_REFUSALS: ReadonlySet<string> = new Set(
  '403 405 437 470 471 473 474 475 476 477 479 480 489 500 520 531'.split(' '),
);
/** Channels asked for in one go: some ten lines, which no server takes for a flood. */
const MAX_AT_ONCE = 200;
/** Bytes of the list of channels and keys in one JOIN. */
const MAX_LIST_BYTES = 400;

export const isJoinRefusal = (command: string): boolean => JOIN_REFUSALS.has(command);

/** The channels that the listener wants, and how far it got with each. */
export class Joins {
  readonly #clock: Clock;
  readonly #rules: { readonly firstMs: number; readonly maxMs: number; readonly floor: number };
  readonly #makeView: (channel: string) => ChannelView;
  #mapping: Casemapping;
  #wished = new Map<string, Wished>();

  constructor(
    clock: Clock,
    retry: { firstMs: number; maxMs: number },
    mapping: Casemapping,
    makeView: (channel: string) => ChannelView,
  ) {
    this.#mapping = mapping;
    this.#clock = clock;
    this.#rules = { ...retry, floor: 0.5 };
    this.#makeView = makeView;
  }

  all(): IterableIterator<Wished> {
    return this.#wished.values();
  }

  get(channel: string): Wished | undefined {
    return this.#wished.get(fold(channel, this.#mapping));
  }

  setCasemapping(mapping: Casemapping): void {
    if (mapping === this.#mapping) return;
    this.#mapping = mapping;
    this.#wished = new Map([...this.#wished.values()].map((wished) => [fold(wished.channel, mapping), wished]));
  }

  /** @returns channels that are wished no longer */
  set(wishes: readonly ChannelWish[]): readonly Wished[] {
    const keep = new Set<string>();
    for (const { channel, key } of wishes) {
      const folded = fold(channel, this.#mapping);
      keep.add(folded);
      const known = this.#wished.get(folded);
      if (known === undefined) this.#wished.set(folded, this.#make(channel, key));
      else if (known.key !== key) {
        known.key = key;
        if (known.state === 'barred') known.retryAtMs = 0;
      }
    }
    const dropped = [...this.#wished].filter(([folded]) => !keep.has(folded));
    for (const [folded] of dropped) this.#wished.delete(folded);
    return dropped.map(([, wished]) => wished);
  }

  /** The connection is gone: we are in none of them. */
  lost(heardMs: number): void {
    for (const wished of this.#wished.values()) {
      if (wished.view.live) wished.awayFromMs = heardMs;
      wished.state = 'out';
      wished.view.left();
    }
  }

  /** Thrown out, or moved: entered again after a wait. */
  expelled(wished: Wished, why: string, atMs: number): void {
    if (wished.view.live) wished.awayFromMs = atMs;
    wished.view.left();
    this.#bar(wished, why);
  }

  refused(wished: Wished, numeric: string, reason: string): void {
    if (wished.state !== 'asked') return;
    const refusal = { code: numeric, command: 'JOIN', target: wished.channel, reason };
    this.#bar(wished, refusalToError(refusal).text);
  }

  entered(wished: Wished): void {
    wished.state = 'joined';
    wished.problem = undefined;
    // A channel that throws us out again and again is entered more and more rarely.
    wished.retryAtMs = this.#clock.nowMs();
  }

  /** Channels to ask for now; they count as asked. */
  due(nowMs: number, answerMs: number): readonly Wished[] {
    const due: Wished[] = [];
    for (const wished of this.#wished.values()) {
      const unanswered = wished.state === 'asked' && nowMs - wished.askedMs > answerMs;
      const again = wished.state === 'barred' && nowMs >= wished.retryAtMs;
      if (wished.state === 'joined' && wished.failures > 0 && nowMs - wished.retryAtMs > FORGIVEN_MS)
        wished.failures = 0;
      if (wished.state !== 'out' && !unanswered && !again) continue;
      if (due.length >= MAX_AT_ONCE) break;
      wished.state = 'asked';
      wished.askedMs = nowMs;
      due.push(wished);
    }
    return due;
  }

  #bar(wished: Wished, problem: string): void {
    wished.state = 'barred';
    wished.problem = problem;
    const waitMs = backoffMs(this.#rules, wished.failures, this.#clock.random());
    wished.failures++;
    wished.retryAtMs = this.#clock.nowMs() + waitMs;
  }

  #make(channel: string, key: string | undefined): Wished {
    return {
      channel,
      key,
      view: this.#makeView(channel),
      state: 'out',
      problem: undefined,
      failures: 0,
      retryAtMs: 0,
      askedMs: 0,
      awayFromMs: undefined,
    };
  }
}

/** A channel in which we stayed so long does not remember that it threw us out. */
const FORGIVEN_MS = 600_000;

/** JOIN lines for these channels, as few as fit: those with keys first, since keys are matched by position. */
export function joinLines(
  channels: ReadonlyArray<{ readonly channel: string; readonly key: string | undefined }>,
  isupport: Isupport,
): readonly OutgoingLine[] {
  const most = Math.min(targetsPerLine('JOIN', isupport), 50);
  const lines: OutgoingLine[] = [];
  let names: string[] = [];
  let keys: string[] = [];
  let bytes = 0;
  const flush = () => {
    if (names.length > 0)
      lines.push({ command: 'JOIN', params: [names.join(','), ...(keys.length > 0 ? [keys.join(',')] : [])] });
    names = [];
    keys = [];
    bytes = 0;
  };
  for (const { channel, key } of [...channels].sort(
    (a, b) => Number(b.key !== undefined) - Number(a.key !== undefined),
  )) {
    const cost = Buffer.byteLength(channel) + Buffer.byteLength(key ?? '') + 2;
    if (names.length >= most || bytes + cost > MAX_LIST_BYTES) flush();
    names.push(channel);
    if (key !== undefined) keys.push(key);
    bytes += cost;
  }
  flush();
  return lines;
}
