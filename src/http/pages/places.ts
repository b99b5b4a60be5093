import type { IncomingMessage } from 'node:http';

/** Files that are on their way at once, altogether and to one address. */
export type PlaceLimits = { readonly total: number; readonly perAddress: number };

/** Who takes a file has a place until it is there; somebody with many slow connections takes no more than a few. */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** @returns gives the place back, once; undefined where there is none */
  take(address: string): (() => void) | undefined {
    const here = this.#byAddress.get(address) ?? 0;
    if (this.#taken >= this.#limits.total || here >= this.#limits.perAddress) return undefined;
    this.#taken++;
    this.#byAddress.set(address, here + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken--;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}

/** Of a proxy on this machine or a network like ours; whoever comes from elsewhere may write what they like. */
const NEAR = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i;
const MAX_ADDRESS = 64;

/** Where a request comes from: what the proxy next to us says, which is the last that is written. */
export function addressOf({ socket, headers }: IncomingMessage): string {
  const peer = socket.remoteAddress ?? '';
  const passedOn = headers['x-forwarded-for'];
  if (passedOn === undefined || !NEAR.test(peer)) return peer;
  const said = (Array.isArray(passedOn) ? passedOn.join(',') : passedOn).split(',').at(-1)?.trim() ?? '';
  return said === '' ? peer : said.slice(0, MAX_ADDRESS);
}
