import { foldAccount } from '../../core/authority/member.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Side } from './proofs.ts';

type Pending = { readonly from: Side; readonly who: string; readonly group: string; readonly untilMs: number };

const CODE_VALID_MS = 10 * 60_000;
/** Wrong codes that one side may try before it has to wait; the codes themselves have 40 bits. */
const MAX_TRIES = 5;
/** Nicks without account can be changed at will, so those who have one share a bound of their own. */
const MAX_IN_GROUP = 1_000;
const MAX_TRIED = 10_000;

/**
 * Codes that wait to be said on the other side: one for each person, for ten minutes. Nobody's code goes because others ask for
 * theirs; where too many wait, the next one is refused.
 */
export class LinkCodes {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #makeCode: () => string;
  readonly #fold: (network: NetworkId, name: string) => string;
  /** By code, oldest first. */
  readonly #pending = new Map<string, Pending>();
  readonly #codeOf = new Map<string, string>();
  readonly #groups = new Map<string, number>();
  readonly #tries = new Map<string, { readonly count: number; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, 'nowMs'>, makeCode: () => string, fold: (network: NetworkId, name: string) => string) {
    this.#clock = clock;
    this.#makeCode = makeCode;
    this.#fold = fold;
  }

  /** @returns a code in place of the one they had; undefined where too many wait */
  begin(from: Side): string | undefined {
    const nowMs = this.#clock.nowMs();
    this.#forgetOld(nowMs);
    const who = this.#who(from);
    this.#forgetOf(who);
    const group = groupOf(from);
    const others = this.#groups.get(group) ?? 0;
    if (others >= MAX_IN_GROUP) return undefined;
    const code = this.#makeCode();
    this.#pending.set(code, { from, who, group, untilMs: nowMs + CODE_VALID_MS });
    this.#codeOf.set(who, code);
    this.#groups.set(group, others + 1);
    return code;
  }

  /** Who asked for this code. It stays: {@link spend} takes it. */
  of(code: string): Side | undefined {
    this.#forgetOld(this.#clock.nowMs());
    return this.#pending.get(code.toUpperCase())?.from;
  }

  spend(code: string): void {
    this.#forget(code.toUpperCase());
  }

  /** Counts a try. @returns whether it may be made */
  mayTry(here: Side): boolean {
    const nowMs = this.#clock.nowMs();
    const who = this.#who(here);
    const tries = this.#tries.get(who);
    const count = tries === undefined || tries.untilMs < nowMs ? 1 : tries.count + 1;
    this.#tries.delete(who);
    this.#tries.set(who, { count, untilMs: nowMs + CODE_VALID_MS });
    const oldest = this.#tries.keys().next();
    if (this.#tries.size > MAX_TRIED && oldest.done !== true) this.#tries.delete(oldest.value);
    return count <= MAX_TRIES;
  }

  /** Whoever has this nick from now on did not ask for the code. */
  nickGone(network: NetworkId, nick: string): void {
    this.#forgetOf(this.#nickKey(network, nick));
  }

  /** Nobody sees any more who has which nick. */
  nicksGone(network: NetworkId): void {
    const group = nicksOf(network);
    for (const [code, pending] of this.#pending) if (pending.group === group) this.#forget(code);
  }

  #forgetOld(nowMs: number): void {
    for (const [code, { untilMs }] of this.#pending) {
      if (untilMs >= nowMs) return;
      this.#forget(code);
    }
  }

  #forgetOf(who: string): void {
    const code = this.#codeOf.get(who);
    if (code !== undefined) this.#forget(code);
  }

  #forget(code: string): void {
    const pending = this.#pending.get(code);
    if (pending === undefined) return;
    this.#pending.delete(code);
    this.#codeOf.delete(pending.who);
    const left = (this.#groups.get(pending.group) ?? 0) - 1;
    if (left > 0) this.#groups.set(pending.group, left);
    else this.#groups.delete(pending.group);
  }

  #who(side: Side): string {
    if (side.kind === 'matrix') return side.userId;
    if (side.account === null) return this.#nickKey(side.network, side.nick);
    return `account ${side.network} ${foldAccount(side.account)}`;
  }

  #nickKey(network: NetworkId, nick: string): string {
    return `nick ${network} ${this.#fold(network, nick)}`;
  }
}

const nicksOf = (network: NetworkId): string => `nick ${network}`;

const groupOf = (side: Side): string =>
  side.kind === 'matrix' ? 'matrix' : side.account === null ? nicksOf(side.network) : `account ${side.network}`;
