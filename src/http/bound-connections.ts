import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Asked = { readonly request: IncomingMessage; readonly response: ServerResponse };

/**
 * At most so many are connected at once. A newcomer takes the place of whoever has been there longest and is not being answered: who says
 * nothing, half a request, or does not read, keeps no probe out. Where all are being answered, the newcomer is turned away.
 */
export function boundConnections(server: Server, most: number): void {
  /** By age, with the newest request. */
  const open = new Map<Socket, Asked | undefined>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, undefined);
    socket.once('close', () => open.delete(socket));
    if (open.size <= most) return;
    const slow = oldestSlow(open) ?? socket;
    open.delete(slow);
    slow.destroy();
  });
  server.on('request', (request, response) => {
    if (open.has(request.socket)) open.set(request.socket, { request, response });
  });
}

function oldestSlow(open: ReadonlyMap<Socket, Asked | undefined>): Socket | undefined {
  for (const [socket, asked] of open) if (!isBeingAnswered(asked)) return socket;
  return undefined;
}

/** All that was asked has come, and not all of the answer is written. */
const isBeingAnswered = (asked: Asked | undefined): boolean =>
  asked?.request.complete === true && !asked.response.writableEnded;
