import { connect, type Socket } from 'node:net';

/**
 * Connections on which a server does not notice that we leave before it has answered, be it by a `kill -9`.
 *
 * While Go's net/http serves a request it reads on, so as to cancel the work when the connection ends; but once a byte
 * of a next request has come it stops looking (`connReader.backgroundRead`). So another request is begun behind each
 * reading, and never ended. Dendrite v0.15.2 with the SQLite driver that it pins (modernc.org/sqlite v1.34.5) keeps the
 * transaction of a reading open for good when it is cancelled: every write fails from then on (`SQLITE_BUSY`) until it
 * panics. Without this, a bridge that was killed in traffic took such a homeserver with it nearly every time.
 */
export class UnnoticedConnections {
  /** By host and port: the connection of the last poll, kept to see whether the server closes it. */
  readonly #polls = new Map<string, Socket>();

  /** A connection for one poll. */
  open(url: URL): Socket {
    return connect({ host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port || 80), noDelay: true });
  }

  /** To be called when the request has been written. */
  beginNext(socket: Socket): void {
    if (!socket.destroyed) socket.write(BEGINNING);
  }

  /** Keeps the connection of a poll that was answered, until the next. */
  keep(url: URL, socket: Socket): void {
    this.#polls.get(url.host)?.destroy();
    this.#polls.set(url.host, socket);
    socket.on('error', () => {});
    socket.once('end', () => socket.destroy());
    socket.resume();
    // Nobody waits for it.
    socket.unref();
  }

  /** Whether the server has kept the connection of the last poll open; ends it. */
  letGo(url: URL): boolean {
    const last = this.#polls.get(url.host);
    this.#polls.delete(url.host);
    const kept = last !== undefined && !last.destroyed;
    last?.destroy();
    return kept;
  }
}

/** What a Go server reads ahead of the request it serves (bufio's default); what lies beyond is left in the socket. */
const READ_AHEAD_BYTES = 4_096;
const BEGINNING = `GET / HTTP/1.1\r\nX-Unfinished: ${'-'.repeat(READ_AHEAD_BYTES)}`;
