import { resolve } from 'node:path';
import { commandToken } from '../config/command-token.ts';
import { type ListenAddress, listenAddress, parseListen } from '../config/listen.ts';
import { loadConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { someConfig, USUAL_CONFIGS } from './some-config.ts';
import { printable } from './terminal-text.ts';

/** Where to ask a running bridge, and where that was read. */
export type BridgeAddress = { readonly url: string; readonly source: string };

/** Flags that say which bridge is meant. */
type Which = { readonly config?: unknown; readonly url?: unknown };

/** Where the bridge listens that the flags mean. @returns a sentence where they name none */
export function bridgeAddress(
  { config, url }: Which,
  folder: string,
): Promise<BridgeAddress | { readonly problem: string }> {
  if (typeof url !== 'string') return listeningAddress(typeof config === 'string' ? config : undefined, folder);
  const typed = typedAddress(url) ?? { problem: `--url ${printable(url)} is neither host:port nor a URL.` };
  return Promise.resolve(typed);
}

/**
 * What the bridge that the flags mean and its command line both know.
 * @returns a sentence where its registration cannot be read
 */
export async function bridgeToken({ config }: Which, folder: string): Promise<string | { readonly problem: string }> {
  const named = typeof config === 'string' ? [config] : USUAL_CONFIGS;
  for (const candidate of named) {
    const { parts } = await loadConfig(resolve(folder, candidate));
    if (parts?.registration !== undefined) return commandToken(parts.registration.asToken);
  }
  return {
    problem: `The bridge answers whoever can read its registration, and that of ${named.join(' or ')} could not be read. Name the bridge's configuration with --config, and ask as a user who may read what it names; \`causeway check\` says what is wrong with it.`,
  };
}

/**
 * `http.listen` of a configuration, also where the rest of it has mistakes or its secrets are not at hand: just then
 * people ask for the status.
 * @param path undefined: the usual places, and where none of them is, the default address
 * @returns a sentence where a named file gives no address
 */
async function listeningAddress(
  path: string | undefined,
  folder: string,
): Promise<BridgeAddress | { readonly problem: string }> {
  const found = await someConfig(path, folder);
  const ofDefault = urlOf(listenAddress(configSchema.shape.http.parse({}).listen));
  if (found === undefined) return { url: ofDefault, source: 'the default' };
  if ('problem' in found)
    return { problem: `${found.problem} Name the right one with --config, or an address with --url.` };
  const { name, root, isYaml } = found;
  if (!isYaml) return { url: ofDefault, source: `the default: ${name} is not YAML, \`causeway check\` says where` };
  const http = configSchema.shape.http.safeParse(root.http ?? {});
  if (http.success) return { url: urlOf(listenAddress(http.data.listen)), source: `http.listen of ${name}` };
  return { problem: `http.listen of ${name} is not host:port. Correct it, or give an address with --url.` };
}

/** A server on all addresses is asked on this machine. */
function urlOf({ host, port }: ListenAddress): string {
  const name = host === '::' ? '[::1]' : host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** `host:port` or a URL, as a person types it; undefined for anything else. */
function typedAddress(text: string): BridgeAddress | undefined {
  const address = parseListen(text);
  if (address !== undefined) return { url: urlOf(address), source: '--url' };
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return { url: url.href.replace(/\/(status)?$/, ''), source: '--url' };
}
