import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { ConfigParts } from '../../config/parts.ts';
import type { NetworkConfig } from '../../config/schema.ts';
import { badAt, type Finding, good, netWords, quoteForeign, TRY_MS } from './finding.ts';
import { webSocketTrouble } from './web-socket.ts';

/** How long a server may think before its silence counts. */
const SILENCE_MS = 2_000;
const MAX_GREETING = 4_096;

/** Whether each IRC server accepts a connection, has a certificate that holds, and speaks IRC. Registers nobody. */
export async function checkIrc(parts: ConfigParts): Promise<Finding[]> {
  return Promise.all(parts.servers.map(({ id, path, server }) => checkServer(parts, id, path, server)));
}

async function checkServer(
  parts: ConfigParts,
  id: string,
  path: ConfigParts['servers'][number]['path'],
  server: NetworkConfig['server'],
): Promise<Finding> {
  const bad = badAt(parts, path);
  const place = `${server.host}:${server.port}`;
  const socket = server.tls
    ? connectTls({
        host: server.host,
        port: server.port,
        rejectUnauthorized: false,
        ...(/^[\d.:a-f]+$/i.test(server.host) ? {} : { servername: server.host }),
      })
    : connectPlain({ host: server.host, port: server.port });
  try {
    const trouble = await connected(socket, server.tls ? 'secureConnect' : 'connect');
    if (trouble !== undefined) {
      const noTls = server.tls && /EPROTO|wrong version|packet length|record/i.test(trouble);
      if (noTls)
        return bad(
          `${place} does not speak TLS.`,
          'Use its TLS port (6697, as a rule), or set tls: false on the same machine.',
        );
      return bad(
        `No IRC server at ${place}: ${trouble}.`,
        'Start it, or correct host and port. In Docker, use the name of the service, not localhost.',
      );
    }
    const certificate = server.tls ? certificateTrouble(socket as TLSSocket, server) : undefined;
    if (certificate !== undefined) return bad(certificate.text, certificate.remedy);
    if (server.webSocket !== undefined) return await checkWebSocket(id, server, bad);
    const greeting = await greet(socket);
    const refused = /^(?::\S+ )?ERROR :?(.*)/m.exec(greeting)?.[1];
    if (refused !== undefined)
      return bad(
        `${place} turns us away: ${quoteForeign(refused.trim())}.`,
        'Ask its operators; too many connections in a short time are a usual reason.',
      );
    if (greeting === '' && !server.tls) {
      return bad(
        `${place} accepts the connection and says nothing, as a TLS port does.`,
        'Set tls: true, or use its plain port (6667, as a rule).',
      );
    }
    return good('network', `${id}: ${place} answers${server.tls ? ' with TLS' : ''}`);
  } finally {
    socket.destroy();
  }
}

async function checkWebSocket(
  id: string,
  { host, port, tls, webSocket }: NetworkConfig['server'],
  bad: ReturnType<typeof badAt>,
): Promise<Finding> {
  const url = `${tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${webSocket}`;
  const trouble = await webSocketTrouble(url);
  return trouble === undefined
    ? good('network', `${id}: ${url} answers`)
    : bad(
        `No IRC over the WebSocket ${url}: ${trouble}.`,
        'Correct port and server.webSocket (freeq: /irc on its web port).',
      );
}

/** Waits for the connection; what prevents it, in words. */
function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.setTimeout(TRY_MS, () => resolve(`no answer within ${TRY_MS / 1000} s`));
    socket.once(event, () => resolve(undefined));
    socket.once('error', (error) => resolve(netWords(error)));
    socket.once('close', () => resolve('the connection was cut'));
  });
}

/** Asks for the capabilities, which every server answers before anybody is registered, if only by an error. */
function greet(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    socket.setTimeout(SILENCE_MS, () => resolve(heard));
    socket.once('close', () => resolve(heard));
    socket.on('error', () => resolve(heard));
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      const answered = /^(?::\S+ )?(CAP|ERROR|4\d\d) /m.test(heard) && heard.endsWith('\n');
      if (answered || heard.length > MAX_GREETING) resolve(heard);
    });
    socket.write('CAP LS 302\r\n');
  });
}

type Trouble = { readonly text: string; readonly remedy: string };

function certificateTrouble(socket: TLSSocket, server: NetworkConfig['server']): Trouble | undefined {
  const certificate = socket.getPeerCertificate(true);
  const fingerprint = certificate.fingerprint256?.replaceAll(':', '').toLowerCase();
  if (server.tlsFingerprint !== undefined) {
    if (fingerprint === server.tlsFingerprint) return undefined;
    return {
      text: `${server.host} shows another certificate than tlsFingerprint names.`,
      remedy: `Its fingerprint is ${fingerprint}: write it only if its operators confirm it.`,
    };
  }
  if (socket.authorized) return undefined;
  const code = String(
    (socket.authorizationError as (Error & { code?: string }) | undefined)?.code ?? socket.authorizationError,
  );
  return (CERTIFICATE[code] ?? unknownTrouble)(server.host, certificate, code);
}

type Explain = (host: string, certificate: DetailedPeerCertificate, code: string) => Trouble;

const pin: Explain = (host, { fingerprint256 }) => ({
  text: `${host}: the certificate is self-signed.`,
  remedy: `Ask its operators, then trust exactly this one by tlsFingerprint: ${fingerprint256}`,
});
const unknownTrouble: Explain = (host, _certificate, code) => ({
  text: `${host}: the certificate does not hold (${code.slice(0, 80)}).`,
  remedy: 'Ask its operators, or trust exactly this one by tlsFingerprint.',
});
const CERTIFICATE: Readonly<Record<string, Explain>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: pin,
  SELF_SIGNED_CERT_IN_CHAIN: pin,
  CERT_HAS_EXPIRED: (host, { valid_to }) => ({
    text: `${host}: the certificate expired ${Math.max(0, Math.floor((Date.now() - Date.parse(valid_to)) / 86_400_000))} days ago.`,
    remedy: 'Its operators have to renew it.',
  }),
  CERT_NOT_YET_VALID: (host, { valid_from }) => ({
    text: `${host}: the certificate is valid from ${valid_from}.`,
    remedy: 'Look at the clock of this machine.',
  }),
  ERR_TLS_CERT_ALTNAME_INVALID: (host, { subjectaltname }) => ({
    text: `${host}: the certificate is for ${quoteForeign(subjectaltname ?? 'another name')}.`,
    remedy: 'Use a host name that it is for.',
  }),
};
