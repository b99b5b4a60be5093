import type { BridgeError } from '../../core/errors.ts';
import { backoffMs } from '../../core/pace.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LinkEnd } from '../wire/link.ts';

/** A connection that lasted so long starts the back-off anew. */
const STABLE_MS = 20_000;
/** A server that takes no connections is being restarted: it is asked often at first. */
const RESTART_MS = 120_000;
const RESTART_RETRY = { firstMs: 250, maxMs: 1000, floor: 0.4 };

/** A server that bans us is not pestered, and a ban may be lifted any time. */
const BANNED_RETRY = { firstMs: 60_000, maxMs: 900_000, floor: 0.8 };

const BANNED = 'irc_banned';

/** Whether nothing speaks against trying often for a while: the server took no connection, or had us and lost us. */
export const mayBeRestart = ({ wasOpen, wasReady, error }: LinkEnd): boolean =>
  error?.code !== BANNED && (!wasOpen || wasReady);

/** When the listener tries again. */
export class Comeback {
  readonly #clock: Clock;
  readonly #rules: { readonly firstMs: number; readonly maxMs: number; readonly floor: number };
  #failures = 0;
  #bans = 0;
  #downSinceMs: number;

  constructor(clock: Clock, { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number }) {
    this.#clock = clock;
    // A server that takes connections and sends us away wants to see us less often.
    this.#rules = { firstMs: firstMs * 4, maxMs, floor: 0.3 };
    this.#downSinceMs = clock.nowMs();
  }

  /** @param wasUpSinceMs when the connection that ended now had been let in */
  lost(wasUpSinceMs: number): void {
    this.#downSinceMs = this.#clock.nowMs();
    if (this.#downSinceMs - wasUpSinceMs <= STABLE_MS) return;
    this.#failures = 0;
    this.#bans = 0;
  }

  /**
   * @param mayBeRestart nothing speaks against trying often for a while
   * @param error why there is no connection
   * @returns how long to wait
   */
  waitMs(mayBeRestart: boolean, error: Pick<BridgeError, 'code'>): number {
    if (error.code === BANNED) return backoffMs(BANNED_RETRY, this.#bans++, this.#clock.random());
    const restarting = mayBeRestart && this.#clock.nowMs() - this.#downSinceMs < RESTART_MS;
    return backoffMs(restarting ? RESTART_RETRY : this.#rules, this.#failures++, this.#clock.random());
  }
}

/** Of OpenSSL and Node: the chain, the name, the dates. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ALTNAME/;
const OTHER_CERTIFICATE = 'certificate has the fingerprint ';

/** What became of the listener's connection, where the server itself gave no reason. */
export const lostError = (server: { readonly host: string; readonly port: number }, end: LinkEnd): BridgeError => ({
  code: 'irc_lost',
  text: lostWords(`IRC server ${server.host}:${server.port}`, end),
  retry: 'later',
  notify: 'log',
});

function lostWords(server: string, { why, wasOpen }: LinkEnd): string {
  if (wasOpen) return `The connection to the ${server} was lost (${why}); the bridge connects again.`;
  if (why.startsWith(OTHER_CERTIFICATE))
    return `What answers as the ${server} shows another certificate than server.tlsFingerprint names, so nothing was said to it. Ask its operators before you write the new one: ${why.slice(OTHER_CERTIFICATE.length)}`;
  if (CERTIFICATE.test(why))
    return `The certificate of the ${server} does not hold here (${why}), so nothing was said to it. Ask its operators; a self-signed one can be trusted by server.tlsFingerprint.`;
  return `The ${server} does not answer (${why}); the bridge tries again. Check that it runs.`;
}
