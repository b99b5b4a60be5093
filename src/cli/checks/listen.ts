import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { listenAddress } from '../../config/listen.ts';
import type { ConfigParts } from '../../config/parts.ts';
import { isProof, proofOf } from '../../config/proof.ts';
import { ask } from './ask.ts';
import { badAt, type Finding, good, goodRunning } from './finding.ts';

/** Whether the places where Causeway will listen are free, or Causeway itself answers there already. */
export async function checkListen(parts: ConfigParts): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { appservice, http } = parts;
  let running = false;
  if (appservice !== undefined) {
    const trouble = await tryBind(appservice.listen);
    running = trouble === 'EADDRINUSE' && (await isOurs(parts, appservice.listen));
    findings.push(tellListen(parts, ['appservice', 'listen'], appservice.listen, running ? 'ours' : trouble));
  }
  if (http !== undefined) {
    const trouble = await tryBind(http.listen);
    const ours = trouble === 'EADDRINUSE' && running && (await answersHealth(http.listen));
    findings.push(tellListen(parts, ['http', 'listen'], http.listen, ours ? 'ours' : trouble));
  }
  return findings;
}

export function tellListen(
  parts: ConfigParts,
  path: readonly [string, string],
  listen: string,
  trouble: string | undefined,
): Finding {
  const bad = badAt(parts, path);
  const name = path.join('.');
  if (trouble === undefined) return good('listen', `${listen} is free (${name})`);
  if (trouble === 'ours') return goodRunning('listen', `${listen} is answered by Causeway, which is running (${name})`);
  if (trouble === 'EADDRINUSE') {
    return bad(
      `${listen} is used by another program.`,
      path[0] === 'appservice'
        ? 'Choose another port, also in appservice.url, then run `causeway register --force`.'
        : 'Choose another port.',
    );
  }
  if (trouble === 'EADDRNOTAVAIL')
    return bad(`${listen} is no address of this machine.`, 'Use 127.0.0.1, an address of its own, or :PORT for all.');
  if (trouble === 'EACCES') return bad(`This user may not listen on ${listen}.`, 'Choose a port from 1024 on.');
  return bad(`Listening on ${listen} fails (${trouble}).`, 'Choose another address.');
}

/** The code of what prevents listening; undefined where nothing does. */
export function tryBind(listen: string): Promise<string | undefined> {
  const { host, port } = listenAddress(listen);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

export const baseUrl = (listen: string): string => {
  const { host, port } = listenAddress(listen);
  const reachable =
    host === '::' ? '[::1]' : host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${reachable}:${port}`;
};

async function isOurs(parts: ConfigParts, listen: string): Promise<boolean> {
  if (parts.registration === undefined) return false;
  return isCauseway(baseUrl(listen), parts.registration.hsToken);
}

/** Whether a running Causeway of this registration answers below the URL: it proves that it knows the hs_token, which is not shown to it. */
export const isCauseway = async (url: string, hsToken: string): Promise<boolean> => {
  const challenge = randomBytes(18).toString('base64url');
  const answer = await ask(`${url}/_matrix/app/v1/ping`, { challenge, post: {} }).catch(() => undefined);
  return answer?.proof !== undefined && isProof(answer.proof, proofOf(hsToken, 'appservice', challenge));
};

async function answersHealth(listen: string): Promise<boolean> {
  const answer = await ask(`${baseUrl(listen)}/healthz`).catch(() => undefined);
  return answer !== undefined && [200, 503].includes(answer.status);
}
