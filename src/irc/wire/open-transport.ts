import { type Endpoint, SocketTransport, type Transport, type TransportOwner } from './transport.ts';
import { WebSocketTransport } from './web-socket-transport.ts';

export const openTransport = (endpoint: Endpoint, owner: TransportOwner): Transport =>
  endpoint.webSocket === undefined
    ? new SocketTransport(endpoint, owner)
    : new WebSocketTransport(endpoint, endpoint.webSocket, owner);
