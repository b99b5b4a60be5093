import { connect } from 'node:net';

/** Whether somebody accepts connections on this port of the loopback address. */
export const accepts = (port: number): Promise<boolean> => isAlive(port, 'connect');

/** Whether somebody answers anything to a line of text on this port. */
export const replies = (port: number, line: string): Promise<boolean> => isAlive(port, 'data', line);

function isAlive(port: number, sign: 'connect' | 'data', line?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once(sign, answer(true));
    socket.once('error', answer(false));
    socket.once('close', answer(false));
    socket.once('timeout', answer(false));
    if (line !== undefined) socket.write(`${line}\r\n`);
  });
}

/** Whether a GET of this address is answered with a success, within a second. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  await response.arrayBuffer();
  return response.ok;
}
