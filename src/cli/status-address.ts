import { resolve } from 'node:path';
import { type ListenAddress, listenAddress, parseListen } from '../config/listen.ts';
import { configSchema } from '../config/schema.ts';
import { readBounded, substituteEnvironment } from '../config/substitute.ts';
import { isTree } from '../config/walk.ts';
import { MAX_FILE_BYTES, readYamlTree } from '../config/yaml-tree.ts';

/** Where to ask a running bridge, and where that was read. */
export type StatusAddress = { readonly url: string; readonly source: string };

/** Looked for where no configuration is named: a bridge's own, then a sandbox's. */
const USUAL_CONFIGS = ['config.yaml', '.sandbox/config.yaml'];

/**
 * `http.listen` of a configuration, also where the rest of it has mistakes or its secrets are not at hand: just then
 * people ask for the status.
 * @param path undefined: the usual places, and where none of them is, the default address
 * @returns a sentence where a named file gives no address
 */
export async function statusAddress(
  path: string | undefined,
  folder: string,
): Promise<StatusAddress | { readonly problem: string }> {
  for (const candidate of path === undefined ? USUAL_CONFIGS : [path]) {
    const read = await readBounded(resolve(folder, candidate), MAX_FILE_BYTES);
    if ('wrong' in read) {
      if (path === undefined) continue;
      return {
        problem: `The configuration ${candidate} ${read.wrong} Name the right one with --config, or an address with --url.`,
      };
    }
    const tree = readYamlTree(candidate, read.text);
    substituteEnvironment(tree, { env: process.env, folder: resolve(folder) }, new Set());
    const root = isTree(tree.value) ? tree.value : {};
    const http = configSchema.shape.http.safeParse(root.http ?? {});
    if (http.success) return { url: urlOf(listenAddress(http.data.listen)), source: `http.listen of ${candidate}` };
    return { problem: `http.listen of ${candidate} is not host:port. Correct it, or give an address with --url.` };
  }
  return { url: urlOf(listenAddress(configSchema.shape.http.parse({}).listen)), source: 'the default' };
}

/** A server on all addresses is asked on this machine. */
function urlOf({ host, port }: ListenAddress): string {
  const name = host === '::' ? '[::1]' : host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** `host:port` or a URL, as a person types it; undefined for anything else. */
export function typedAddress(text: string): StatusAddress | undefined {
  const address = parseListen(text);
  if (address !== undefined) return { url: urlOf(address), source: '--url' };
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return { url: url.href.replace(/\/(status)?$/, ''), source: '--url' };
}
