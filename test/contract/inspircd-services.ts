import { connect, type Socket } from 'node:net';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { type Inspircd, startInspircd } from '../servers/inspircd.ts';
import { waitUntil } from '../servers/people.ts';

/** InspIRCd with accounts: this is as much of a services package as says who is logged in to what, and makes operators. */
export class Services {
  readonly #socket: Socket;
  /** Ids of connections by nick. */
  readonly #ids = new Map<string, string>();
  /** Creation times of channels, without which the server takes no modes for them. */
  readonly #channels = new Map<string, string>();
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (this.#rest + String(chunk)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines)
        this.#take(
          line
            .trim()
            .replace(/^@\S+ /, '')
            .split(' '),
        );
    });
  }

  /** Links with the server by its own protocol (1205, InspIRCd 3). */
  static async link(port: number): Promise<Services> {
    const socket = connect({ port, host: '127.0.0.1' });
    const services = new Services(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    const now = Math.floor(Date.now() / 1000);
    services.#send('CAPAB START 1205', 'CAPAB END', `SERVER services.insp.test pw 0 ${SID} :services`);
    services.#send(`BURST ${now}`, `:${SID} ENDBURST`);
    return services;
  }

  /** @param account undefined logs them out */
  async logIn(nick: string, account: string | undefined): Promise<void> {
    const id = await this.#idOf(nick);
    this.#send(`:${SID} METADATA ${id} accountname :${account ?? ''}`);
  }

  async op(channel: string, nick: string, mode = '+o'): Promise<void> {
    const id = await this.#idOf(nick);
    const since = await waitUntil(() => this.#channels.get(channel), { what: `${channel} at the services` });
    this.#send(`:${SID} FMODE ${channel} ${since} ${mode} ${id}`);
  }

  unlink(): void {
    this.#socket.destroy();
  }

  #idOf(nick: string): Promise<string> {
    return waitUntil(() => this.#ids.get(nick), { what: `${nick} at the services` });
  }

  #take(words: readonly string[]): void {
    const [source = '', command, first = '', second = '', third = ''] = words;
    if (command === 'UID') this.#ids.set(third, first);
    if (command === 'NICK') this.#ids.set(first, source.slice(1));
    if (command === 'FJOIN') this.#channels.set(first, second);
    if (command === 'PING') this.#send(`:${SID} PONG ${SID} ${first}`);
  }

  #send(...lines: readonly string[]): void {
    this.#socket.write(`${lines.join('\n')}\n`);
  }
}

const SID = '9SV';

export type InspircdWithServices = { readonly server: Inspircd; readonly services: () => Promise<Services> };

export async function startInspircdWithServices(dir: string): Promise<InspircdWithServices> {
  const port = await freePort();
  const server = await startInspircd({
    dir,
    more: `
<module name="spanningtree">
<bind address="127.0.0.1" port="${port}" type="servers">
<link name="services.insp.test" ipaddr="127.0.0.1" port="${port}" allowmask="127.0.0.0/8" sendpass="pw" recvpass="pw" timeout="10">
<uline server="services.insp.test" silent="yes">`,
  });
  return { server, services: () => Services.link(port) };
}
