import net from 'node:net';
import tls from 'node:tls';
import { BindRequest, ExtendedRequest, type Message, UnbindRequest } from 'ldapts';
import type { Clock } from '../../ports/clock.ts';
import { type Answer, answer, clean, type Unknown, unknown } from '../unknown.ts';
import { decode, type Received } from './decode.ts';
import { fromResultCode } from './failures.ts';
import { Frames } from './frames.ts';
import { readCa } from './read-ca.ts';

export type Target = {
  /** `ldap://` or `ldaps://`. Beyond this machine, `ldap://` is used with StartTLS or not at all. */
  readonly url: string;
  readonly bindDn: string | undefined;
  readonly password: string | undefined;
  /** File with the certificates (PEM) to trust in place of those that Node trusts. */
  readonly caFile: string | undefined;
};

export type Result = Extract<Received, { op: 'result' }>;
/** What comes between a request and its end. */
export type Between = Exclude<Received, Result>;

const CONNECT_MS = 5_000;
/** Longest silence of a server that owes an answer. */
const SILENCE_MS = 10_000;
const START_TLS = '1.3.6.1.4.1.1466.20037';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

type Pending = {
  readonly between: (received: Between) => void;
  readonly end: (answer: Answer<Result>) => void;
  readonly silenceMs: number;
};

/** One connection, bound. Several requests may be under way at once. */
export class LdapConnection {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #socket: net.Socket;
  #frames = new Frames();
  #nextId = 1;
  #lost: Unknown | undefined;
  #cancelSilence = (): void => {};

  private constructor(socket: net.Socket, clock: Clock) {
    this.#clock = clock;
    this.#socket = socket;
    this.#listen();
  }

  /** Connects, encrypts where the target asks for it, and binds. */
  static async open(target: Target, clock: Clock): Promise<Answer<LdapConnection>> {
    if (target.bindDn !== undefined && (target.password ?? '') === '') {
      // RFC 4513 §5.1.2: the server would take it for an anonymous bind, say yes, and show less.
      return unknown('unauthorized', 'authority.ldap.bindDn is set without a password.');
    }
    const url = new URL(target.url);
    const secure = url.protocol === 'ldaps:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port) || (secure ? 636 : 389);
    const ca = await readCa(target.caFile);
    if (ca.kind === 'unknown') return ca;
    const encryption = tlsOptions(host, ca.value);
    const socket = await connectSocket(host, port, secure ? encryption : undefined, clock);
    if (socket.kind === 'unknown') return socket;
    const connection = new LdapConnection(socket.value, clock);
    const ready = await connection.#prepare(
      host,
      target,
      secure || LOOPBACK.test(url.hostname) ? undefined : encryption,
    );
    if (ready.kind === 'ok') return answer(connection);
    connection.close();
    return ready;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * One request. @param between told of entries, references and intermediate answers as they come; must not throw
   * @param silenceMs longest silence; `Infinity` for requests that wait for changes
   * @returns the result, of whatever code; or why none came
   */
  request(
    make: (messageId: number) => Message,
    between: (received: Between) => void = () => {},
    silenceMs = SILENCE_MS,
  ): Promise<Answer<Result>> {
    if (this.#lost !== undefined) return Promise.resolve(this.#lost);
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#pending.set(id, { between, end: resolve, silenceMs });
      this.#socket.write(make(id).write());
      this.#watchSilence();
    });
  }

  /** Everything under way ends as `unknown`. */
  close(): void {
    if (this.#lost === undefined) this.#socket.end(new UnbindRequest({ messageId: this.#nextId++ }).write());
    this.#lose(unknown('unreachable', 'The connection to the directory was closed.'));
  }

  /** @param startTls how to encrypt what is in clear so far; undefined: leave it as it is */
  async #prepare(
    host: string,
    target: Target,
    startTls: tls.ConnectionOptions | undefined,
  ): Promise<Answer<undefined>> {
    if (startTls !== undefined) {
      const secured = await this.#startTls(host, startTls);
      if (secured.kind === 'unknown') return secured;
    }
    const { bindDn: dn, password } = target;
    if (dn === undefined || password === undefined) return answer(undefined);
    const bound = await this.request((messageId) => new BindRequest({ messageId, dn, password }));
    if (bound.kind === 'unknown') return bound;
    const { code, detail } = bound.value;
    return code === 0 ? answer(undefined) : fromResultCode(code, detail);
  }

  async #startTls(host: string, options: tls.ConnectionOptions): Promise<Answer<undefined>> {
    const agreed = await this.request((messageId) => new ExtendedRequest({ messageId, oid: START_TLS }));
    if (agreed.kind === 'unknown') return agreed;
    if (agreed.value.code !== 0) {
      return unknown(
        'unauthorized',
        `The directory at ${host} offers no StartTLS, and no password goes there in clear. Use ldaps://.`,
      );
    }
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    const secured = await secureSocket({ ...options, socket: this.#socket }, host, this.#clock);
    if (secured.kind === 'unknown') return secured;
    this.#socket = secured.value;
    this.#frames = new Frames();
    this.#listen();
    return answer(undefined);
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) =>
      this.#lose(unknown('unreachable', `The connection to the directory broke: ${clean(error.message)}.`)),
    );
    this.#socket.on('close', () =>
      this.#lose(unknown('unreachable', 'The directory closed the connection before it had answered.')),
    );
  }

  #read(chunk: Buffer): void {
    try {
      for (const bytes of this.#frames.push(chunk)) this.#take(decode(bytes));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#lose(unknown('malformed', `The directory sent what is no answer: ${clean(why)}.`));
    }
    this.#watchSilence();
  }

  #take(received: Received): void {
    if (this.#lost !== undefined) return;
    // RFC 4511 §4.4.1: notice of disconnection.
    if (received.id === 0 && received.op === 'result') this.#lose(fromResultCode(received.code, received.detail));
    const pending = this.#pending.get(received.id);
    if (pending === undefined) return;
    if (received.op !== 'result') pending.between(received);
    else {
      this.#pending.delete(received.id);
      pending.end(answer(received));
    }
  }

  #watchSilence(): void {
    this.#cancelSilence();
    const silenceMs = Math.min(...[...this.#pending.values()].map((pending) => pending.silenceMs));
    if (this.#lost !== undefined || !Number.isFinite(silenceMs)) return;
    this.#cancelSilence = this.#clock.after(silenceMs, () =>
      this.#lose(unknown('timeout', `The directory said nothing for ${silenceMs / 1000} s.`)),
    );
  }

  #lose(why: Unknown): void {
    if (this.#lost !== undefined) return;
    this.#lost = why;
    this.#cancelSilence();
    // Ends a moment later, so that an unbind that was just written still leaves.
    this.#clock.after(0, () => this.#socket.destroy());
    for (const { end } of this.#pending.values()) end(why);
    this.#pending.clear();
  }
}

const tlsOptions = (host: string, ca: readonly string[] | undefined): tls.ConnectionOptions => ({
  ...(net.isIP(host) === 0 && { servername: host }),
  ...(ca !== undefined && { ca: [...ca] }),
});

const connectSocket = (
  host: string,
  port: number,
  secure: tls.ConnectionOptions | undefined,
  clock: Clock,
): Promise<Answer<net.Socket>> =>
  secure === undefined
    ? established(net.connect({ host, port }), 'connect', `${host}:${port}`, clock)
    : secureSocket({ ...secure, host, port }, `${host}:${port}`, clock);

const secureSocket = (options: tls.ConnectionOptions, where: string, clock: Clock): Promise<Answer<net.Socket>> =>
  established(tls.connect(options), 'secureConnect', where, clock);

function established(
  socket: net.Socket,
  sign: 'connect' | 'secureConnect',
  where: string,
  clock: Clock,
): Promise<Answer<net.Socket>> {
  return new Promise((resolve) => {
    const settle = (result: Answer<net.Socket>): void => {
      cancel();
      socket.removeAllListeners();
      // Between two owners nobody else hears it.
      socket.on('error', () => {});
      if (result.kind === 'unknown') socket.destroy();
      resolve(result);
    };
    const cancel = clock.after(CONNECT_MS, () =>
      settle(unknown('timeout', `No connection to the directory at ${where} in ${CONNECT_MS / 1000} s.`)),
    );
    socket.once(sign, () => settle(answer(socket)));
    socket.once('close', () => settle(unknown('unreachable', `The directory at ${where} closed the connection.`)));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(
        unknown(
          'unreachable',
          `No connection to the directory at ${where}: ${clean(error.message || (error.code ?? ''))}.`,
        ),
      ),
    );
  });
}
