import type { BridgeError } from '../../core/errors.ts';
import type { Log, LogFields } from '../../ports/log.ts';

/** Causes told apart in one outage; servers that find ever new words are heard no longer. */
const MAX_CAUSES = 10;

/** Says what is wrong once per outage and cause: a server that is away for a night is tried ten thousand times. */
export class Outage {
  readonly #log: Log;
  readonly #said = new Set<string>();
  #sinceMs: number | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param fields what goes with it into the log */
  failed({ code, text }: Pick<BridgeError, 'code' | 'text'>, nowMs: number, fields: LogFields): void {
    this.#sinceMs ??= nowMs;
    const cause = `${code} ${text.replace(/[0-9]+/g, '0')}`;
    const isNew = !this.#said.has(cause) && this.#said.size < MAX_CAUSES;
    if (!isNew) this.#log.debug(text, fields);
    else {
      this.#said.add(cause);
      this.#log.warn(text, fields);
    }
  }

  /** @returns for how long it was out, in milliseconds; undefined where it was not */
  over(nowMs: number): number | undefined {
    const lastedMs = this.#sinceMs === undefined ? undefined : Math.max(nowMs - this.#sinceMs, 0);
    this.#said.clear();
    this.#sinceMs = undefined;
    return lastedMs;
  }

  /** The connection that was out, or was never there before, stands. */
  connected(nowMs: number, fields: LogFields): void {
    const awayMs = this.over(nowMs);
    if (awayMs === undefined) this.#log.info('Connected to IRC.', fields);
    else this.#log.info('Connected to IRC again.', { ...fields, awayMs });
  }
}
