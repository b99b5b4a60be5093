import type { JWK, JWSHeaderParameters } from 'jose';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';
import { askJson, fromStatus } from '../ask-json.ts';
import { type Answer, answer, type Unknown, unknown } from '../unknown.ts';
import { fixedKeys, type KeyAnswer, type KeySet } from './key-set.ts';
import { publicKeysOf } from './public-keys.ts';

/** Keys are trusted for so long without looking; a key that was taken out of the set ends with it. */
export const TRUST_MS = 300_000;
/** How often the set is asked for at most, whatever keys tokens name and however it fails. */
const PACE: BucketRules = { burst: 3, refillMs: 15_000 };
/** A name that was not there is looked for again after so long. */
const MISSED_MS = 30_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
/** Names of keys that are remembered as not there. */
const MAX_MISSES = 100;

export type RemoteKeysOptions = {
  readonly url: string;
  /** Whose keys they are, for sentences: `The issuer’s key set`. */
  readonly whose: string;
  readonly clock: Clock;
};

type Held = { readonly keys: KeySet; readonly askedAtMs: number };

/**
 * Keys of somebody who publishes them (RFC 7517) and changes them. A name that is not among them is looked for once more in
 * the set as it is now; however many tokens name whatever keys, one question is under way and there are few in a minute.
 * A set that cannot be had is `unknown`: nothing is believed, and nothing refused for good.
 */
export class RemoteKeys implements KeySet {
  readonly #options: RemoteKeysOptions;
  #held: Held | undefined;
  #asking: Promise<Answer<Held>> | undefined;
  #pace: Bucket;
  #failed: Unknown | undefined;
  /** When names were looked for in vain. */
  readonly #misses = new Map<string, number>();

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#pace = fullBucket(PACE, options.clock.nowMs());
  }

  async keyFor(header: JWSHeaderParameters): Promise<KeyAnswer> {
    const held = this.#held;
    if (held !== undefined && this.#options.clock.nowMs() - held.askedAtMs < TRUST_MS) {
      const found = await held.keys.keyFor(header);
      if (found.kind !== 'none' || this.#isMissed(header)) return found;
    }
    const now = await this.#ask();
    if (now.kind === 'unknown') return now;
    const found = await now.value.keys.keyFor(header);
    if (found.kind === 'none') this.#miss(header);
    return found;
  }

  #isMissed(header: JWSHeaderParameters): boolean {
    const missedMs = this.#misses.get(nameOf(header));
    return missedMs !== undefined && this.#options.clock.nowMs() - missedMs < MISSED_MS;
  }

  #miss(header: JWSHeaderParameters): void {
    const [oldest] = this.#misses.size >= MAX_MISSES ? this.#misses.keys() : [];
    if (oldest !== undefined) this.#misses.delete(oldest);
    this.#misses.delete(nameOf(header));
    this.#misses.set(nameOf(header), this.#options.clock.nowMs());
  }

  /** The set as it is now, or why not: those who ask together get one answer. */
  #ask(): Promise<Answer<Held>> {
    if (this.#asking !== undefined) return this.#asking;
    const askedAtMs = this.#options.clock.nowMs();
    const { bucket, waitMs } = takeTokens(this.#pace, PACE, askedAtMs);
    this.#pace = bucket;
    if (waitMs > 0) return Promise.resolve(this.#failed ?? tooSoon(this.#options.whose));
    this.#asking = this.#fetch(askedAtMs).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #fetch(askedAtMs: number): Promise<Answer<Held>> {
    const keys = await readKeys(this.#options);
    this.#failed = keys.kind === 'unknown' ? keys : undefined;
    if (keys.kind === 'unknown') return keys;
    this.#held = { keys: fixedKeys(keys.value), askedAtMs };
    return answer(this.#held);
  }
}

/** The set as it is published now. */
export async function readKeys({ url, whose, clock }: RemoteKeysOptions): Promise<Answer<readonly JWK[]>> {
  const answered = await askJson({ whom: whose, url, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }, clock);
  if (answered.kind === 'unknown') return answered;
  return answered.status === 200 ? publicKeysOf(answered.json, whose) : fromStatus(whose, answered.status);
}

const tooSoon = (whose: string): Unknown =>
  unknown('stale', `${whose} was asked for a moment ago and had no such key; it is asked again in a moment.`);

/** What a token says of its key; tokens without a name ask for the only key there is. */
const nameOf = ({ kid, alg }: JWSHeaderParameters): string => `${alg ?? ''} ${kid ?? ''}`.slice(0, 200);
