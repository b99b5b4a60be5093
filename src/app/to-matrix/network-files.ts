import type { Config } from '../../config/schema.ts';
import { fileContent, type StoredFile } from '../../core/convert/file-content.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import type { SendToMatrix } from '../../core/events.ts';
import { type Bucket, fullBucket, takeTokens } from '../../core/pace.ts';
import { shownFileName } from '../../core/text/file-name.ts';
import type { Kit } from '../kit.ts';

/** One file may keep its room waiting so long. */
const MAX_WAIT_MS = 10_000;
/** All files of one room together: so much waiting at once, and so much more each minute. Then links stay links. */
const WAITING = { burst: 20_000, refillMs: 4 };
const BYTES_PER_MEGABYTE = 1_000_000;
/** A place that failed is left alone for a while. */
const QUIET_MS = 600_000;
const REMEMBERED = 1_000;

/** Makes files that a network's messages carry into files of the homeserver, without keeping their rooms waiting for long. */
export class NetworkFiles {
  readonly #kit: Kit;
  readonly #media: Config['media'];
  readonly #waited = new Map<string, Bucket>();
  readonly #failedAtMs = new Map<string, number>();
  /** By the message, for a send that is tried again. */
  readonly #stored = new Map<string, StoredFile>();

  constructor(kit: Kit, media: Config['media']) {
    this.#kit = kit;
    this.#media = media;
  }

  /**
   * @param as who says it
   * @returns what is laid over the content of the message; undefined where it stays a text with a link. An error only where the homeserver
   *   is away, and with it the room
   */
  async contentOf(effect: SendToMatrix, as: string): Promise<Result<object | undefined>> {
    const { media } = effect;
    if (media === undefined || effect.edits !== undefined) return ok(undefined);
    const stored = this.#stored.get(effect.messageKey + media.url) ?? (await this.#store(effect, media.url, as));
    if (stored === undefined) return ok(undefined);
    if ('retry' in stored) return fail(stored);
    return ok(fileContent(effect, media, stored));
  }

  async #store(effect: SendToMatrix, url: string, as: string) {
    const kit = this.#kit;
    const { fetcher } = kit;
    const place = placeOf(url);
    if (fetcher === undefined || place === undefined || this.#isQuiet(place)) return undefined;
    const nowMs = (): number => kit.clock.nowMs();
    const before = this.#waited.get(effect.room) ?? fullBucket(WAITING, nowMs());
    if (takeTokens(before, WAITING, nowMs(), MAX_WAIT_MS).waitMs > 0) return undefined;
    const startedMs = nowMs();
    const maxBytes = this.#media.fetchMegabytes * BYTES_PER_MEGABYTE;
    const fetched = await fetcher.fetch(url, { timeoutMs: MAX_WAIT_MS, maxBytes });
    this.#remember(this.#waited, effect.room, takeTokens(before, WAITING, nowMs(), nowMs() - startedMs).bucket);
    if (!fetched.ok) {
      kit.log.info('a file of a network stays a link', { network: effect.network, why: fetched.error.text });
      if (fetched.error.retry === 'later') this.#remember(this.#failedAtMs, place, nowMs());
      return undefined;
    }
    const { bytes, type } = fetched.value;
    const name = shownFileName(effect.media?.filename ?? '', 'file');
    const uploaded = await kit.homeserver.upload(as, bytes, type, name);
    if (!uploaded.ok) return kit.homeserver.health.reachable ? undefined : uploaded.error;
    const stored = { mxc: uploaded.value, type, sizeBytes: bytes.length };
    this.#remember(this.#stored, effect.messageKey + url, stored);
    return stored;
  }

  #isQuiet(place: string): boolean {
    const failedAtMs = this.#failedAtMs.get(place);
    return failedAtMs !== undefined && this.#kit.clock.nowMs() - failedAtMs < QUIET_MS;
  }

  #remember<T>(map: Map<string, T>, key: string, value: T): void {
    map.delete(key);
    map.set(key, value);
    const oldest = map.size > REMEMBERED ? map.keys().next() : undefined;
    if (oldest?.done === false) map.delete(oldest.value);
  }
}

const placeOf = (url: string): string | undefined => /^https?:\/\/([^/?#]+)/.exec(url)?.[1]?.toLowerCase();
