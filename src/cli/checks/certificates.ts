import { readCa } from '../../authority/ldap/read-ca.ts';
import type { ConfigParts } from '../../config/parts.ts';
import { readClientCertificate } from '../../irc/wire/client-certificate.ts';
import { badAt, type Finding } from './finding.ts';

const REMEDY = 'Without it no connection is made.';

/** Whether the certificates that the configuration names can be used. */
export async function checkCertificates(parts: ConfigParts): Promise<Finding[]> {
  const shown = parts.servers.map(async ({ path, bot }) => {
    const { certFile, keyFile } = bot?.sasl ?? {};
    if (certFile === undefined || keyFile === undefined) return undefined;
    const read = await readClientCertificate(certFile, keyFile);
    if (read.ok) return undefined;
    const [networks = 'networks', at = 0] = path;
    return badAt(parts, [networks, at, 'bot', 'sasl', 'certFile'])(read.error.text, REMEDY);
  });
  const ca = parts.authority?.source === 'ldap' ? await readCa(parts.authority.ldap?.caFile) : undefined;
  const trusted = ca?.kind === 'unknown' ? badAt(parts, ['authority', 'ldap', 'caFile'])(ca.text, REMEDY) : undefined;
  return [...(await Promise.all(shown)), trusted].filter((finding) => finding !== undefined);
}
