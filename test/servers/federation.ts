import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DendriteOptions } from '../../src/sandbox/servers/dendrite.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';

const run = promisify(execFile);

/**
 * What a Dendrite needs to take part in a federation on this machine. Lists of servers compare names without ports, so each
 * server has a host of its own: `localhost`, `127.0.0.1`, `127.0.0.2`, …
 * @param dir for its certificate, which nobody signed
 */
export async function federationAt(
  host: string,
  dir: string,
): Promise<Required<Pick<DendriteOptions, 'serverName' | 'federation'>>> {
  await mkdir(dir, { recursive: true });
  const [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
  const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=causeway-test', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', cert],
  ]);
  const port = await freePort();
  // Where the name leads to, it listens.
  const federation = { host: host === 'localhost' ? '127.0.0.1' : host, port, cert, key };
  return { serverName: `${host}:${port}`, federation };
}
