import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { helloHeader, proofHeader, readProof } from '../config/command-talk.ts';
import { endOf, isProof, proofOf } from '../config/proof.ts';
import { answerOf, type BridgeAnswer, TIMEOUT_MS, unanswered } from './ask-bridge.ts';

const MAX_CHARS = 8_000_000;

/**
 * Asks the running bridge, once it has proven that it knows the token: a program that took its port while it was down hears neither the
 * token nor what is asked.
 * @param url without a path, of http
 */
export async function askProven(url: string, path: string, token: string, body: object): Promise<BridgeAnswer> {
  const where = `${url}${path}`;
  // What is asked goes over the connection on which the bridge proved itself.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const hello = randomBytes(18).toString('base64url');
    const said = await post(agent, where, helloHeader(hello), '');
    const theirs = readProof(said.authenticate);
    if (theirs === undefined) return answerOf(where, said);
    const wanted = proofOf(token, 'bridge', hello, theirs.nonce, said.from);
    if (!isProof(theirs.proof, wanted)) return { problem: notProven(where) };
    const mine = proofHeader(theirs.nonce, proofOf(token, 'command line', theirs.nonce));
    return answerOf(where, await post(agent, where, mine, JSON.stringify(body)));
  } catch (error) {
    return { problem: unanswered(where, error) };
  } finally {
    agent.destroy();
  }
}

const notProven = (where: string): string =>
  `What answers at ${where} did not prove that it knows the registration of this bridge, so it was asked nothing. Either it is a bridge of another registration (name its configuration with --config), or a program that took its place.`;

type Heard = { readonly status: number; readonly text: string; readonly authenticate: string; readonly from: string };

/** Not `fetch`, which does not tell who answered. */
function post(agent: Agent, where: string, authorization: string, body: string): Promise<Heard> {
  const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const asking = request(where, { method: 'POST', headers, signal, agent }, (response) => {
      const from = endOf(response.socket.remoteAddress, response.socket.remotePort);
      const authenticate = response.headers['www-authenticate'] ?? '';
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MAX_CHARS) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, authenticate, from }));
    });
    asking.on('error', reject).end(body);
  });
}
