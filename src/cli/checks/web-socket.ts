import { TRY_MS } from './finding.ts';

/** Whether IRC is spoken over the WebSocket there: what prevents it, in words; undefined where nothing does. */
export function webSocketTrouble(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let isOpen = false;
    const end = (trouble: string | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(trouble);
    };
    const timer = setTimeout(
      () => end(isOpen ? 'it opens, and says nothing' : `no answer within ${TRY_MS / 1000} s`),
      TRY_MS,
    );
    socket.addEventListener('open', () => {
      isOpen = true;
      socket.send('CAP LS 302');
    });
    socket.addEventListener('message', ({ data }) =>
      end(/^(?::\S+ )?(CAP|4\d\d) /.test(String(data)) ? undefined : 'what answers does not speak IRC'),
    );
    socket.addEventListener('error', () => end('it does not open'));
    socket.addEventListener('close', () => end('it was closed'));
  });
}
