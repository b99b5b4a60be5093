import { createServer, type Server, type Socket } from 'node:net';
import { waitUntil } from '../../src/sandbox/people/wait.ts';

export type FakeServerOptions = {
  /** In answer to CAP LS; no CAP at all where undefined. */
  readonly caps?: string;
  /** Sent in 005 behind the welcome. */
  readonly isupport?: string;
  /** It keeps its side of a connection open when a client closes the other. */
  readonly keepsOpen?: boolean;
  /** Answers a line; what it returns is sent instead of the usual answer. */
  readonly answer?: (
    client: FakeClient,
    command: string,
    params: readonly string[],
    line: string,
  ) => readonly string[] | undefined;
};

/** An IRC server that says exactly what a test tells it to: as much of the protocol as a client needs to feel at home. */
export class FakeIrcServer {
  readonly clients: FakeClient[] = [];
  readonly #server: Server;
  readonly options: FakeServerOptions;

  private constructor(options: FakeServerOptions) {
    this.options = options;
    this.#server = createServer({ allowHalfOpen: options.keepsOpen === true }, (socket) => {
      const client = new FakeClient(socket, this);
      this.clients.push(client);
      socket.on('close', () => this.clients.splice(this.clients.indexOf(client), 1));
    });
  }

  static async start(options: FakeServerOptions = {}): Promise<FakeIrcServer> {
    const server = new FakeIrcServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', () => resolve()));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The connection that has this nick, once it is registered. */
  async client(nick: string): Promise<FakeClient> {
    return await waitUntil(() => this.clients.find((client) => client.nick === nick && client.registered), {
      what: `a connection of ${nick}`,
    });
  }

  async stop(): Promise<void> {
    for (const client of [...this.clients]) client.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** One connection as the server sees it. */
export class FakeClient {
  readonly lines: string[] = [];
  readonly caps = new Set<string>();
  readonly #socket: Socket;
  readonly #server: FakeIrcServer;
  #partial = '';
  nick = '';
  registered = false;
  #negotiating = false;
  #hasUser = false;

  constructor(socket: Socket, server: FakeIrcServer) {
    this.#socket = socket;
    this.#server = server;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const lines = (this.#partial + chunk.toString('utf8')).split('\r\n');
      this.#partial = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  get prefix(): string {
    return `${this.nick}!u@h.example`;
  }

  send(...lines: readonly string[]): void {
    if (lines.length > 0) this.#socket.write(`${lines.join('\r\n')}\r\n`);
  }

  /** Bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  drop(): void {
    this.#socket.resetAndDestroy();
  }

  /** A line from the client, of those there and those to come. */
  async got(fits: RegExp): Promise<string> {
    return await waitUntil(() => this.lines.find((line) => fits.test(line)), {
      what: `${fits} among ${this.lines.join(' | ')}`,
    });
  }

  #take(line: string): void {
    this.lines.push(line);
    const bare = line.startsWith('@') ? line.slice(line.indexOf(' ') + 1) : line;
    const [head = '', trailing] = bare.split(/ :(.*)/s);
    const [command = '', ...words] = head.split(' ');
    const params = trailing === undefined ? words : [...words, trailing];
    const answer = this.#server.options.answer?.(this, command, params, line);
    if (answer !== undefined) this.send(...answer);
    else this.#usual(command, params);
  }

  #usual(command: string, params: readonly string[]): void {
    const { caps, isupport } = this.#server.options;
    const [first = '', second = ''] = params;
    if (command === 'NICK') {
      if (this.registered) this.send(`:${this.prefix} NICK ${first}`);
      this.nick = first;
    } else if (command === 'USER') this.#hasUser = true;
    else if (command === 'PING') this.send(`:fake.test PONG fake.test ${params.at(-1)}`);
    else if (command === 'JOIN') for (const channel of first.split(',')) this.#join(channel);
    else if (command === 'CAP' && caps !== undefined) {
      this.#negotiating = first !== 'END';
      if (first === 'LS') this.send(`:fake.test CAP * LS :${caps}`);
      if (first === 'REQ') {
        for (const name of second.split(' ')) this.caps.add(name);
        this.send(`:fake.test CAP * ACK :${second}`);
      }
    }
    if (!this.registered && this.nick !== '' && this.#hasUser && !this.#negotiating) {
      this.registered = true;
      this.send(
        `:fake.test 001 ${this.nick} :Welcome`,
        `:fake.test 004 ${this.nick} fake.test fake-1 i n`,
        ...(isupport === undefined ? [] : [`:fake.test 005 ${this.nick} ${isupport} :are supported`]),
        `:fake.test 422 ${this.nick} :No MOTD`,
      );
    }
  }

  #join(channel: string): void {
    this.send(
      `:${this.prefix} JOIN ${channel}`,
      `:fake.test 353 ${this.nick} = ${channel} :${this.nick} @carol`,
      `:fake.test 366 ${this.nick} ${channel} :End`,
    );
  }
}
