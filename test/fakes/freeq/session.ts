import type { Clock } from '../../../src/ports/clock.ts';
import type { Channel } from './state.ts';
import { type Tags, writeLine } from './wire.ts';

/** The wire under a connection: a socket, or a WebSocket with a line per frame. */
export type Wire = {
  /** `ip:port` of the client, which is also the session's id. */
  readonly address: string;
  readonly write: (line: string) => void;
  readonly close: () => void;
  /** As a machine that is gone: RST. */
  readonly reset: () => void;
};

/** A line that some see with tags, some with the time, some with the account. */
export type Delivery = {
  readonly tags: Tags;
  /** Shown to who negotiated server-time; freeq's federated lines have none. */
  readonly time?: string;
  /** Shown to who negotiated account-tag. */
  readonly account?: string | null | undefined;
  readonly prefix: string;
  readonly command: string;
  readonly params: readonly string[];
};

/** One connection, as the server sees it. */
export class Session {
  readonly id: string;
  readonly caps = new Set<string>();
  /** What the client sent, and what was sent to it, whole lines without their end. */
  readonly received: string[] = [];
  readonly sent: string[] = [];
  nick: string | undefined;
  user: string | undefined;
  realname: string | undefined;
  did: string | undefined;
  away: string | undefined;
  actorClass: string | undefined;
  registered = false;
  isNegotiating = false;
  isLoggingIn = false;
  loginFailures = 0;
  challenge: Buffer | undefined;
  isOpen = true;
  isReset = false;
  /** When messages of the last two seconds were said, and what is left of the bucket for commands. */
  messageTimesMs: number[] = [];
  commandTokens = 10;
  commandsAtMs = 0;
  readonly batches = new Map<string, OpenBatch>();
  /** Channels that it took over from a connection that was gone, to be told of behind the welcome. */
  reclaimed: Channel[] = [];
  readonly #wire: Wire;
  readonly #clock: Clock;
  #held: string[] | undefined;

  constructor(wire: Wire, clock: Clock) {
    this.id = wire.address;
    this.#wire = wire;
    this.#clock = clock;
  }

  get nickOrStar(): string {
    return this.nick ?? '*';
  }

  get host(): string {
    return hostOf(this.did);
  }

  get prefix(): string {
    return `${this.nickOrStar}!${this.user ?? '~u'}@${this.host}`;
  }

  send(...lines: readonly string[]): void {
    for (const line of lines) {
      if (!this.isOpen) return;
      if (this.#held !== undefined) this.#held.push(line);
      else this.#write(line);
    }
  }

  #write(line: string): void {
    this.sent.push(line);
    this.#wire.write(line);
  }

  /** Nothing goes out until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const line of held) this.#write(line);
  }

  /** With the tags that this client negotiated; a client without tags gets the bare line. */
  deliver({ tags, time, account, prefix, command, params }: Delivery): void {
    const shown = new Map(this.caps.has('message-tags') ? tags : []);
    if (this.caps.has('message-tags')) {
      if (time !== undefined && this.caps.has('server-time')) shown.set('time', time);
      if (typeof account === 'string' && this.caps.has('account-tag')) shown.set('account', account);
      this.send(writeLine({ tags: shown, prefix, command, params }, () => this.#clock.random()));
    } else this.send(`:${prefix} ${command} ${params.slice(0, -1).join(' ')} :${params.at(-1)}`);
  }

  close(): void {
    this.#wire.close();
  }

  /** What was on its way to the server is lost, too. */
  reset(): void {
    this.isReset = true;
    this.#wire.reset();
  }
}

export type OpenBatch = {
  readonly target: string;
  readonly tags: Tags;
  readonly lines: { readonly body: string; readonly concat: boolean }[];
  command: string | undefined;
  bytes: number;
};

/** `freeq/key/z6MkrQpK`; nobody can choose it, but the user name before it anybody. */
export function hostOf(did: string | undefined): string {
  if (did === undefined) return 'freeq/guest';
  const [, method = '', id = ''] = /^did:([^:]*):(.*)$/s.exec(did) ?? [];
  return method === '' ? 'freeq/did' : `freeq/${method}/${id.slice(0, 8)}`;
}
