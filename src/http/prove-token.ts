import type { RequestHandler, Response } from 'express';
import { proofHeader, readHello, readProof } from '../config/command-talk.ts';
import { endOf, isProof, proofOf } from '../config/proof.ts';
import { Nonces } from './nonces.ts';
import { words } from './words.ts';

/**
 * Lets on who proves to know the token, before a body is read, and proves it to whoever says hello. The proof names where we were reached, so
 * that a program elsewhere cannot pass it on as its own.
 */
export function proveToken(token: string): RequestHandler {
  const nonces = new Nonces();
  return (request, response, next) => {
    const said = request.get('authorization') ?? '';
    const hello = readHello(said);
    if (token !== '' && hello !== undefined) {
      const { localAddress, localPort } = request.socket;
      const nonce = nonces.make();
      const proof = proofOf(token, 'bridge', hello, nonce, endOf(localAddress, localPort));
      response.set('WWW-Authenticate', proofHeader(nonce, proof));
      return words(response, 401, 'Hello. Prove that you can read the registration of this bridge.');
    }
    const { nonce = '', proof = '' } = readProof(said) ?? {};
    const isProven = isProof(proof, proofOf(token, 'command line', nonce));
    if (token === '' || !isProven || !nonces.use(nonce)) return stranger(response);
    next();
  };
}

const stranger = (response: Response): void => {
  response.set('WWW-Authenticate', 'Causeway realm="Causeway"');
  words(response, 401, 'Show that you can read the registration of this bridge: name its configuration with --config.');
};
