import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export type SigningKey = {
  readonly kid: string;
  readonly alg: string;
  readonly jwk: Record<string, unknown>;
  /** Signs claims as they are; nothing is added. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
};

export async function makeSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    jwk,
    sign: (claims, header) => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

export type JwksServer = {
  readonly url: string;
  /** How often the set was asked for. */
  readonly requests: number;
  publish(...keys: readonly SigningKey[]): void;
  /** Answers with this instead, from now on. */
  answer(status: number, body?: string): void;
  /** Holds back answers until it is called again without an argument. */
  hold(isHeld: boolean): void;
  close(): Promise<void>;
};

/** Somebody who publishes keys over HTTP, and counts who asks. */
export async function startJwksServer(...keys: readonly SigningKey[]): Promise<JwksServer> {
  let requests = 0;
  let said = { status: 200, body: '' };
  let waiting: (() => void)[] | undefined;
  const server = createServer((_request, response) => {
    requests++;
    const end = (): void => {
      response.writeHead(said.status, { 'content-type': 'application/jwk-set+json' }).end(said.body);
    };
    if (waiting === undefined) end();
    else waiting.push(end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const publish = (...now: readonly SigningKey[]): void => {
    said = { status: 200, body: JSON.stringify({ keys: now.map(({ jwk }) => jwk) }) };
  };
  publish(...keys);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    get requests() {
      return requests;
    },
    publish,
    answer: (status, body = '') => {
      said = { status, body };
    },
    hold(isHeld) {
      const held = waiting ?? [];
      waiting = isHeld ? held : undefined;
      if (!isHeld) for (const end of held) end();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
