import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * At most so many are connected at once. A newcomer takes the place of whoever has been there longest and never said the token:
 * nobody keeps the homeserver out by taking all places.
 */
export class ConnectionLimit {
  readonly #most: number;
  readonly #open = new Set<Socket>();
  readonly #strangers = new Set<Socket>();

  constructor(server: Server, most: number) {
    this.#most = most;
    server.on('connection', (socket: Socket) => this.#came(socket));
  }

  /** Whoever is connected here said the token. */
  admit(socket: Socket): void {
    this.#strangers.delete(socket);
  }

  #came(socket: Socket): void {
    this.#open.add(socket);
    this.#strangers.add(socket);
    socket.once('close', () => this.#gone(socket));
    if (this.#open.size <= this.#most) return;
    const [oldest = socket] = this.#strangers;
    this.#gone(oldest);
    oldest.destroy();
  }

  #gone(socket: Socket): void {
    this.#open.delete(socket);
    this.#strangers.delete(socket);
  }
}
