import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Answer, answer, unknown } from '../unknown.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = 'authority.ldap.caFile';

/** The certificates of `authority.ldap.caFile`, read anew for each connection, since they run out and are replaced. */
export async function readCa(file: string | undefined): Promise<Answer<readonly string[] | undefined>> {
  if (file === undefined) return answer(undefined);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    return unknown('unauthorized', `The file ${file} (${KEY}) is not there, or may not be read by this user.`);
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    return unknown('malformed', `The file ${file} (${KEY}) has a certificate that is damaged.`);
  }
  return certificates.length === 0
    ? unknown('malformed', `The file ${file} (${KEY}) has no certificate in it (PEM: -----BEGIN CERTIFICATE-----).`)
    : answer(certificates);
}
