import { createHmac, randomBytes } from 'node:crypto';
import { isProof } from '../config/proof.ts';

const VALID_MS = 10_000;

/** Numbers used once, for seconds. Only those that came back are kept: whoever asks for thousands takes up nothing. */
export class Nonces {
  readonly #key = randomBytes(32);
  readonly #nowMs: () => number;
  /** When each was used, oldest first. */
  readonly #used = new Map<string, number>();

  /** @param nowMs a clock that is never set */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  make(): string {
    const said = `${Math.round(this.#nowMs()).toString(36)}.${randomBytes(18).toString('base64url')}`;
    return `${said}.${this.#sign(said)}`;
  }

  /** @returns whether it was made here, within seconds, and is used for the first time; to be asked of those who proved themselves */
  use(nonce: string): boolean {
    const nowMs = this.#nowMs();
    for (const [one, atMs] of this.#used) {
      if (nowMs - atMs <= 2 * VALID_MS) break;
      this.#used.delete(one);
    }
    const [at = '', random = '', sign = ''] = nonce.split('.');
    const isOurs = isProof(sign, this.#sign(`${at}.${random}`));
    if (!isOurs || nowMs - Number.parseInt(at, 36) > VALID_MS || this.#used.has(nonce)) return false;
    this.#used.set(nonce, nowMs);
    return true;
  }

  #sign(said: string): string {
    return createHmac('sha256', this.#key).update(said).digest('base64url');
  }
}
