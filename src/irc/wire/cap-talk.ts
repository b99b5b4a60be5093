import {
  answerCaps,
  type CapNegotiation,
  type CapWish,
  capsToRequest,
  isSettled,
  NO_NEGOTIATION,
  requestCaps,
} from '../../core/irc/cap-request.ts';
import { applyCap, type CapState, NO_CAPS, parseCap } from '../../core/irc/caps.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';

/** The capability side of one connection, from `CAP LS` to whatever the server adds or takes away later. */
export class CapTalk {
  readonly #wishes: readonly CapWish[];
  #negotiation: CapNegotiation = NO_NEGOTIATION;
  state: CapState = NO_CAPS;

  constructor(wishes: readonly CapWish[]) {
    this.#wishes = wishes;
  }

  /** Nothing asked is unanswered. */
  get settled(): boolean {
    return isSettled(this.#negotiation);
  }

  has(name: string): boolean {
    return this.state.enabled.has(name);
  }

  /** @returns what to send because of one CAP line; empty while a list goes on */
  take(params: readonly string[]): readonly OutgoingLine[] {
    const message = parseCap(params);
    if (message === undefined) return [];
    this.state = applyCap(this.state, message);
    const { subcommand, more } = message;
    if (subcommand === 'ACK' || subcommand === 'NAK') {
      const step = answerCaps(this.#negotiation, subcommand, more);
      this.#negotiation = step.negotiation;
      return step.requests.map(capRequest);
    }
    const complete = (subcommand === 'LS' && !more) || subcommand === 'NEW';
    if (!complete) return [];
    const step = requestCaps(this.#negotiation, capsToRequest(this.#wishes, this.state));
    this.#negotiation = step.negotiation;
    return step.requests.map(capRequest);
  }

  /** Gives the memory of the lists to a copy that connections of one server share. */
  share(shared: (state: CapState) => CapState): void {
    this.state = shared(this.state);
  }
}

const capRequest = (names: string): OutgoingLine => ({ command: 'CAP', params: ['REQ', names] });
