import {
  DOES_NOT_READ,
  type Endpoint,
  MAX_LINE_BYTES,
  MAX_UNSENT_BYTES,
  type Transport,
  type TransportOwner,
} from './transport.ts';

/** Received while reading is paused. A WebSocket of Node cannot be told to wait, so beyond this it is closed; history has the rest. */
const MAX_PAUSED_CHARS = 32 * 1024 * 1024;
/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;

/**
 * IRC over a WebSocket, one line in each text frame that we send; several may come back in one (IRCv3 websocket; freeq). Redirects and
 * subprotocols are not for us.
 */
export class WebSocketTransport implements Transport {
  readonly #owner: TransportOwner;
  readonly #socket: WebSocket;
  #held: string[] = [];
  #heldChars = 0;
  #isPaused = false;
  #closed = false;
  #why = '';
  overlong = 0;

  constructor({ host, port, tls }: Endpoint, path: string, owner: TransportOwner) {
    this.#owner = owner;
    const name = host.includes(':') ? `[${host}]` : host;
    this.#socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${name}:${port}${path}`);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => owner.opened());
    this.#socket.addEventListener('message', ({ data }) => this.#frame(data));
    this.#socket.addEventListener('error', () => {
      // Node does not say why.
      this.#why ||= tls ? 'the WebSocket failed, perhaps for its certificate' : 'the WebSocket failed';
    });
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.#ended(this.#why || `the WebSocket was closed (${code}${reason === '' ? '' : ` ${reason.slice(0, 200)}`})`);
    });
  }

  write(lines: readonly string[]): void {
    if (this.#closed || this.#socket.readyState !== WebSocket.OPEN) return;
    for (const line of lines) this.#socket.send(line);
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) setImmediate(() => this.destroy(DOES_NOT_READ));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    this.#heldChars = 0;
    for (const [index, text] of held.entries()) {
      if (this.#isPaused) {
        this.#held.push(...held.slice(index));
        return;
      }
      this.#lines(text);
    }
  }

  end(): void {
    this.#socket.close(NORMAL_CLOSURE);
  }

  destroy(why: string): void {
    this.#why ||= why;
    this.#socket.close();
    this.#ended(this.#why);
  }

  #frame(data: unknown): void {
    const text =
      typeof data === 'string' ? data : data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : '';
    if (this.#closed) return;
    if (!this.#isPaused) {
      this.#lines(text);
      return;
    }
    this.#held.push(text);
    this.#heldChars += text.length;
    if (this.#heldChars > MAX_PAUSED_CHARS) this.destroy('more came than could be stored');
  }

  #lines(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      if (this.#closed || line === '') continue;
      if (line.length > MAX_LINE_BYTES) this.overlong++;
      else this.#deliver(line);
    }
  }

  #deliver(line: string): void {
    if (this.#owner.wants !== undefined) {
      const bytes = Buffer.from(line);
      if (!this.#owner.wants(bytes, 0, bytes.length)) return;
    }
    this.#owner.line(line);
  }

  #ended(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#held = [];
    this.#owner.closed(why);
  }
}
