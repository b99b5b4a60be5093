import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Accept } from './listeners.ts';
import { reset } from './reset.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [CONTINUATION, TEXT, CLOSE, PING, PONG] = [0, 1, 8, 9, 10];

/** The server's side of a WebSocket, as much of it as a client of freeq needs: one IRC line is one text frame (RFC 6455 §5). */
export function acceptWebSocket(request: IncomingMessage, socket: Socket, accept: Accept): void {
  socket.on('error', () => undefined);
  const take = accept(
    {
      address: `${socket.remoteAddress}:${socket.remotePort}`,
      write: (line) => void socket.write(frame(TEXT, Buffer.from(`${line}\r\n`))),
      close: () => void socket.end(frame(CLOSE, Buffer.alloc(0))),
      reset: () => reset(socket),
    },
    true,
  );
  if (take === undefined) {
    socket.end('HTTP/1.1 429 Too Many Requests\r\n\r\n');
    return;
  }
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
  socket.setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let bytes = Buffer.alloc(0);
  let text: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let read = readFrame(bytes); read !== undefined; read = readFrame(bytes)) {
      bytes = bytes.subarray(read.length);
      if (read.opcode === PING) socket.write(frame(PONG, read.payload));
      else if (read.opcode === CLOSE) socket.end(frame(CLOSE, Buffer.alloc(0)));
      else if (read.opcode === TEXT || read.opcode === CONTINUATION) {
        text.push(read.payload);
        if (!read.isLast) continue;
        take(
          Buffer.concat(text)
            .toString('utf8')
            .replace(/\r?\n$/, ''),
        );
        text = [];
      }
    }
  });
  socket.on('close', () => take(undefined));
}

function frame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length]) : Buffer.from([0x80 | opcode, 126, 0, 0]);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

type ReadFrame = {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  readonly length: number;
};

/** The first frame of these bytes; undefined while it is not whole. Frames of clients are masked. */
function readFrame(bytes: Buffer): ReadFrame | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  let size = second & 0x7f;
  let at = 2;
  if (size === 126) {
    if (bytes.length < 4) return undefined;
    size = bytes.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (bytes.length < 10) return undefined;
    size = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const mask = (second & 0x80) === 0 ? undefined : bytes.subarray(at, at + 4);
  if (mask !== undefined) at += 4;
  if (bytes.length < at + size) return undefined;
  const payload = Buffer.from(bytes.subarray(at, at + size));
  if (mask !== undefined)
    for (let index = 0; index < size; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload, length: at + size };
}
