import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';

/** What proves to a server who connects; PEM. */
export type ClientCertificate = { readonly cert: string; readonly key: string };

/** Read anew for each connection: certificates run out and are replaced, and in between a file may be missing or half written. */
export async function readClientCertificate(certFile: string, keyFile: string): Promise<Result<ClientCertificate>> {
  try {
    const [cert, key] = await Promise.all([certFile, keyFile].map((file) => readFile(file, 'utf8')));
    const both = { cert: cert ?? '', key: key ?? '' };
    createSecureContext(both);
    return ok(both);
  } catch (error) {
    return fail(unusable(certFile, keyFile, error instanceof Error ? error.message : String(error)));
  }
}

const unusable = (certFile: string, keyFile: string, why: string): BridgeError => ({
  code: 'irc_certificate_failed',
  text: `The certificate ${certFile} with the key ${keyFile} cannot be used: ${why}. An admin has to look at both files.`,
  retry: 'later',
  notify: 'log',
});
