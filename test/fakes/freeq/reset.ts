import type { Socket } from 'node:net';

/** A TLS socket has no RST of its own: what is under it goes. */
export const reset = (socket: Socket): void =>
  void ('encrypted' in socket ? socket.destroy() : socket.resetAndDestroy());
