/**
 * Asking for capabilities: what each kind of connection wants, in requests that fit a line, one by one where the server
 * refuses a request as a whole.
 */
import type { CapState } from './caps.ts';

/** Spellings of one capability, the best first. Only one of them is asked for. */
export type CapWish = readonly [string, ...string[]];

/** What any connection of ours can use. */
const COMMON: readonly CapWish[] = [
  ['batch'],
  ['cap-notify'],
  ['message-tags'],
  ['server-time'],
  ['echo-message'],
  ['labeled-response'],
  ['account-notify'],
  ['chghost'],
  ['setname'],
  ['standard-replies', 'inspircd.org/standard-replies'],
  ['draft/multiline'],
  ['draft/message-redaction'],
];

/** The listener sees everything for everybody: identities, membership, history. */
export const LISTENER_CAPS: readonly CapWish[] = [
  ...COMMON,
  ['account-tag'],
  ['extended-join'],
  ['away-notify'],
  ['multi-prefix'],
  ['userhost-in-names'],
  ['invite-notify'],
  ['extended-monitor'],
  ['draft/chathistory', 'chathistory'],
  ['draft/relaymsg'],
  ['draft/channel-rename'],
];

/** A puppet only speaks, and hears what is said to it alone: no list of names when it joins. */
export const PUPPET_CAPS: readonly CapWish[] = [
  ...COMMON,
  ['account-tag'],
  ['no-implicit-names', 'draft/no-implicit-names'],
];

/**
 * Those of the wishes that the server offers and that are not on, each in the spelling it knows. `sasl` is added by
 * who has credentials.
 */
export function capsToRequest(wishes: readonly CapWish[], { available, enabled }: CapState): readonly string[] {
  return wishes.flatMap((spellings) => {
    const name = spellings.find((spelling) => available.has(spelling));
    return name === undefined || enabled.has(name) ? [] : [name];
  });
}

/** Ergo answers a CAP REQ beyond a line's length with 417 and nothing else: registration would hang. */
const MAX_REQUEST_BYTES = 450;

/** Requests whose answers are still to come, in the order of sending: servers answer in that order. */
export type CapNegotiation = {
  readonly inFlight: ReadonlyArray<readonly string[]>;
  readonly refused: ReadonlySet<string>;
};

export const NO_NEGOTIATION: CapNegotiation = { inFlight: [], refused: new Set() };

/** The next state, and the last parameter of each `CAP REQ` to send now. */
export type CapStep = { readonly negotiation: CapNegotiation; readonly requests: readonly string[] };

/** Asks for these besides what was asked before (`CAP NEW` brings later ones). Refused ones are not asked for again. */
export function requestCaps(negotiation: CapNegotiation, names: readonly string[]): CapStep {
  const asked = new Set([...negotiation.refused, ...negotiation.inFlight.flat()]);
  return send(negotiation, chunk(names.filter((name) => !asked.has(name))));
}

/**
 * The server's ACK or NAK to the oldest request. A NAK of several makes each of them a request of its own; one that
 * is refused alone stays so. Which of an ACK's names are on is read by applyCap; here it only counts as an answer.
 * @param more the ACK goes on in another line
 */
export function answerCaps(negotiation: CapNegotiation, answer: 'ACK' | 'NAK', more = false): CapStep {
  const [answered, ...inFlight] = negotiation.inFlight;
  if (answered === undefined || more) return { negotiation, requests: [] };
  if (answer === 'ACK') return { negotiation: { ...negotiation, inFlight }, requests: [] };
  if (answered.length > 1) {
    return send(
      { ...negotiation, inFlight },
      answered.map((name) => [name]),
    );
  }
  return { negotiation: { inFlight, refused: new Set([...negotiation.refused, ...answered]) }, requests: [] };
}

/** Every request is answered: registration may go on. */
export const isSettled = (negotiation: CapNegotiation): boolean => negotiation.inFlight.length === 0;

function send(negotiation: CapNegotiation, requests: ReadonlyArray<readonly string[]>): CapStep {
  return {
    negotiation: { ...negotiation, inFlight: [...negotiation.inFlight, ...requests] },
    requests: requests.map((names) => names.join(' ')),
  };
}

function chunk(names: readonly string[]): ReadonlyArray<readonly string[]> {
  const chunks: string[][] = [];
  let bytes = MAX_REQUEST_BYTES;
  for (const name of names) {
    const cost = Buffer.byteLength(name) + 1;
    if (bytes + cost > MAX_REQUEST_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(name);
    bytes += cost;
  }
  return chunks;
}
