import { lookup as resolve } from 'node:dns';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type BlockList, isIP, type LookupFunction } from 'node:net';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { FetchedFile, FileFetcher } from '../../ports/file-fetcher.ts';
import { addressList, mayReach } from './public-address.ts';

const MAX_REDIRECTS = 3;
const MAX_AT_ONCE = 4;
/** Files are small or they stay links; nobody listens for them on a port of mail or of a database of old. */
const PORTS: ReadonlySet<string> = new Set(['', '80', '443']);
const LEAST_OTHER_PORT = 1024;
/** What may become a file. Pages stay links, also where the network calls them a file. */
const PAGES: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml', 'text/xml', 'application/xml']);

export type FileFetcherOptions = {
  /** Networks beside the public internet from which files may come, as `10.1.0.0/16`. */
  readonly allowed: readonly string[];
  /** Names that are looked up by somebody else, in tests. */
  readonly resolve?: typeof resolve;
};

/** Fetches what strangers name. Each connection goes to an address that was looked at, so that no name can change its mind. */
export function makeFileFetcher(options: FileFetcherOptions): FileFetcher {
  const allowed = addressList(options.allowed);
  const lookup = guardedLookup(allowed, options.resolve ?? resolve);
  let running = 0;
  return {
    async fetch(url, limits) {
      if (running >= MAX_AT_ONCE) return fail(error('Too many files are being fetched now.', 'now'));
      running++;
      const signal = AbortSignal.timeout(limits.timeoutMs);
      try {
        return await follow(url, { allowed, lookup, signal, maxBytes: limits.maxBytes });
      } catch (thrown) {
        const why = signal.aborted ? `it took more than ${limits.timeoutMs / 1000} s` : reasonOf(thrown);
        return fail(error(`The file could not be fetched: ${why}.`, 'later'));
      } finally {
        running--;
      }
    },
  };
}

type Way = {
  readonly allowed: BlockList;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
};

async function follow(first: string, way: Way): Promise<Result<FetchedFile>> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const target = admitted(url, way.allowed);
    if (target === undefined) return fail(error('Its address is none that files are fetched from.', 'never'));
    const response = await get(target, way);
    try {
      const { statusCode = 0, headers } = response;
      const next = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
      if (next === undefined) return await read(response, way.maxBytes);
      url = URL.canParse(next, target.href) ? new URL(next, target.href).href : '';
    } finally {
      response.destroy();
    }
  }
  return fail(error('Its address leads from one to the next without end.', 'never'));
}

/** @returns undefined for an address that is none for files, or of a place that is not to be reached */
function admitted(text: string, allowed: BlockList): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  if (!PORTS.has(url.port) && Number(url.port) < LEAST_OTHER_PORT) return undefined;
  // An address instead of a name is never looked up.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || mayReach(host, allowed) ? url : undefined;
}

function get(url: URL, { lookup, signal }: Way): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      lookup,
      signal,
      agent: false,
      maxHeaderSize: 16_384,
      headers: { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'Causeway' },
    });
    request.once('response', done).on('error', failed).end();
  });
}

async function read(response: IncomingMessage, maxBytes: number): Promise<Result<FetchedFile>> {
  const { statusCode, headers } = response;
  if (statusCode !== 200) return fail(error(`The server that has it answers ${statusCode}.`, 'never'));
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!/^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/.test(type) || PAGES.has(type))
    return fail(error('It is a page and no file.', 'never'));
  if (![undefined, 'identity'].includes(headers['content-encoding']))
    return fail(error('It comes compressed, and may be of any size.', 'never'));
  const tooLarge = error(`It is larger than ${Math.floor(maxBytes / 1_000_000)} MB.`, 'never');
  if (Number(headers['content-length'] ?? 0) > maxBytes) return fail(tooLarge);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return fail(tooLarge);
    chunks.push(chunk);
  }
  if (bytes === 0) return fail(error('It is empty.', 'never'));
  return ok({ bytes: Buffer.concat(chunks), type });
}

/** Every address of a name has to be one that may be reached: one that may not is how somebody tries. */
function guardedLookup(allowed: BlockList, ask: typeof resolve): LookupFunction {
  return (name, options, done) => {
    ask(name, { ...options, all: true }, (trouble, addresses) => {
      const refused = addresses?.some(({ address }) => !mayReach(address, allowed)) ?? false;
      const [first] = addresses ?? [];
      if (trouble !== null) done(trouble, '');
      else if (first === undefined || refused) done(new Error('its address is none that files are fetched from'), '');
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

const error = (text: string, retry: BridgeError['retry']): BridgeError => ({
  code: 'media.fetch',
  text,
  retry,
  notify: 'log',
});

const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return 'the connection broke';
  const { code } = thrown as NodeJS.ErrnoException;
  return code ?? thrown.message;
};
