/**
 * The socket under one connection: bytes to lines and back, and nothing else. Bounded: a peer that never ends a line
 * costs one line's memory, and a paused reader leaves the rest in the kernel.
 *
 * Written on node:net and node:tls rather than on irc-framework: that one buffers without bound, throws on odd lines
 * and keeps 27 KiB of heap for each connection; docs/dependencies.md.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { ClientCertificate } from './client-certificate.ts';

export type Endpoint = Partial<ClientCertificate> & {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Path of a WebSocket that carries the lines, `/irc`; a plain connection without it. */
  readonly webSocket?: string | undefined;
  /** SHA-256 of the only certificate to trust, 64 lower-case hex digits. */
  readonly fingerprint?: string | undefined;
};

export interface TransportOwner {
  /** Connected, and the certificate is good. */
  opened(): void;
  /** One line without its ending. Must not throw. */
  line(text: string): void;
  /** Whether a line is worth decoding; asked with the bytes of the line in a shared buffer, to be read at once. */
  wants?(bytes: Uint8Array, start: number, end: number): boolean;
  /** Once, whatever happened. */
  closed(why: string): void;
}

/** A connection that carries lines. */
export interface Transport {
  /** Lines that were longer than any line may be. */
  readonly overlong: number;
  /** @param lines encoded, without endings; they leave in one write */
  write(lines: readonly string[]): void;
  pause(): void;
  resume(): void;
  /** Sends what is written, then closes. */
  end(): void;
  destroy(why: string): void;
}

/** 8191 bytes of tags, 512 of the rest, doubled: whatever is longer is dropped up to its end. */
export const MAX_LINE_BYTES = 16_384;

/** A server may talk and not read: our answers to its PINGs would pile up. No list of channels is so long. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
export const DOES_NOT_READ = 'the server does not read what it is sent';

const LF = 10;
const CR = 13;

/** Every socket reads into this one: lines are taken out before the next socket's turn. */
const readBuffer = Buffer.allocUnsafe(65_536);

export class SocketTransport implements Transport {
  readonly #owner: TransportOwner;
  readonly #socket: net.Socket;
  #partial: Buffer | undefined;
  #skipping = false;
  #closed = false;
  #why = '';
  overlong = 0;

  constructor(endpoint: Endpoint, owner: TransportOwner) {
    this.#owner = owner;
    const onread = { buffer: readBuffer, callback: (bytes: number) => this.#read(bytes) };
    this.#socket = endpoint.tls ? this.#secure(endpoint, onread) : this.#plain(endpoint, onread);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#why ||= error.code ?? error.message;
    });
    this.#socket.on('close', () => this.#ended(this.#why || 'closed by the server'));
  }

  write(lines: readonly string[]): void {
    if (this.#closed || lines.length === 0) return;
    this.#socket.write(`${lines.join('\r\n')}\r\n`);
    // Not within the call: whoever writes is not done yet.
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) setImmediate(() => this.destroy(DOES_NOT_READ));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(why: string): void {
    this.#why ||= why;
    this.#socket.destroy();
    this.#ended(this.#why);
  }

  #plain({ host, port }: Endpoint, onread: net.OnReadOpts): net.Socket {
    const socket = net.connect({ host, port, onread });
    socket.on('connect', () => this.#owner.opened());
    return socket;
  }

  #secure(endpoint: Endpoint, onread: net.OnReadOpts): net.Socket {
    const { host, port, fingerprint, cert, key } = endpoint;
    const options: tls.ConnectionOptions & { onread: net.OnReadOpts } = {
      host,
      port,
      onread,
      // A pinned certificate is checked below instead of its chain.
      rejectUnauthorized: fingerprint === undefined,
      ...(net.isIP(host) === 0 && { servername: host }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    };
    const socket = tls.connect(options);
    socket.on('secureConnect', () => {
      const seen = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase();
      if (fingerprint !== undefined && seen !== fingerprint) this.destroy(`certificate has the fingerprint ${seen}`);
      else this.#owner.opened();
    });
    return socket;
  }

  #ended(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#partial = undefined;
    this.#owner.closed(why);
  }

  #read(bytes: number): boolean {
    let from = 0;
    while (from < bytes && !this.#closed) {
      const lf = readBuffer.indexOf(LF, from);
      if (lf < 0 || lf >= bytes) break;
      this.#line(from, lf);
      from = lf + 1;
    }
    if (from < bytes && !this.#closed) this.#keep(from, bytes);
    return true;
  }

  #line(start: number, end: number): void {
    const skipped = this.#skipping || end - start + (this.#partial?.length ?? 0) > MAX_LINE_BYTES;
    const partial = this.#partial;
    this.#skipping = false;
    this.#partial = undefined;
    if (skipped) this.overlong++;
    else if (partial === undefined) this.#deliver(readBuffer, start, end);
    else {
      const whole = Buffer.concat([partial, readBuffer.subarray(start, end)]);
      this.#deliver(whole, 0, whole.length);
    }
  }

  #deliver(buffer: Buffer, start: number, lineEnd: number): void {
    const end = lineEnd > start && buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    if (end === start || this.#owner.wants?.(buffer, start, end) === false) return;
    this.#owner.line(buffer.toString('utf8', start, end));
  }

  /** What follows the last line ending waits for more, copied, since the buffer belongs to everybody. */
  #keep(start: number, end: number): void {
    if (this.#skipping) return;
    const length = (this.#partial?.length ?? 0) + end - start;
    if (length > MAX_LINE_BYTES) {
      this.#skipping = true;
      this.#partial = undefined;
    } else if (this.#partial === undefined) this.#partial = Buffer.from(readBuffer.subarray(start, end));
    else this.#partial = Buffer.concat([this.#partial, readBuffer.subarray(start, end)]);
  }
}
