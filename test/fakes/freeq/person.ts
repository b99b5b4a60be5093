import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../../src/sandbox/people/wait.ts';
import { type KeyHolder, rawKey, signBytes } from './did-key.ts';
import {
  EVENT_ID_TAG,
  type Mutation,
  messageDocument,
  mutationDocument,
  SIGNATURE_TAG,
  signDocument,
  venueOf,
} from './signed-document.ts';
import { makeUlid } from './ulid.ts';
import { type Line, readLine, writeLine } from './wire.ts';

export type PersonOptions = {
  readonly nick: string;
  /** Without one they are a guest. */
  readonly key?: KeyHolder;
  /** The user name; the nick unless told. */
  readonly user?: string;
  readonly channels?: readonly string[];
  /** Every one that the server offers and the facts name, unless told. */
  readonly caps?: readonly string[];
};

const CAPS =
  'sasl message-tags server-time echo-message account-tag extended-join batch account-notify away-notify multi-prefix draft/chathistory draft/multiline freeq.at/msgsig'.split(
    ' ',
  );
const ANSWER_MS = 5_000;

/** Somebody on freeq, line by line: for tests on the scripted server and on a real one. */
export class FreeqPerson {
  readonly lines: string[] = [];
  readonly key: KeyHolder | undefined;
  nick: string;
  readonly #socket: Socket;
  #partial = '';
  #isClosed = false;

  private constructor(socket: Socket, { nick, key }: PersonOptions) {
    this.#socket = socket;
    this.nick = nick;
    this.key = key;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
    });
    socket.on('data', (chunk: string) => {
      const lines = (this.#partial + chunk).split('\r\n');
      this.#partial = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  /** Connected, before a word is said. */
  static async open(port: number, options: PersonOptions): Promise<FreeqPerson> {
    const socket = connect(port, '127.0.0.1');
    const person = new FreeqPerson(socket, options);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return person;
  }

  /** Logged in, with the key registered for signatures, and in the channels. */
  static async connect(port: number, options: PersonOptions): Promise<FreeqPerson> {
    const person = await FreeqPerson.open(port, options);
    const { nick, user = nick, key, caps = CAPS, channels = [] } = options;
    person.send('CAP LS 302', `NICK ${nick}`, `USER ${user} 0 * :${nick}`);
    const offered = (await person.got(/ CAP \S+ LS /)).split(' ');
    const wanted = caps.filter((cap) => offered.some((offer) => offer.replace(/^:/, '').split('=')[0] === cap));
    if (wanted.length > 0) {
      person.send(`CAP REQ :${wanted.join(' ')}`);
      await person.got(/ CAP \S+ ACK /);
    }
    if (key !== undefined) await person.logIn(key);
    person.send('CAP END');
    const welcome = await person.got(/ 001 /);
    person.nick = readLine(welcome)?.params[0] ?? nick;
    if (key !== undefined && wanted.includes('freeq.at/msgsig')) await person.registerKey(key);
    for (const channel of channels) await person.join(channel);
    return person;
  }

  /** @param forged signs with this key instead of the one in the DID */
  async logIn(key: KeyHolder, forged: KeyHolder = key): Promise<void> {
    this.send('AUTHENTICATE ATPROTO-CHALLENGE');
    const challenge = Buffer.from((await this.got(/^AUTHENTICATE /)).slice('AUTHENTICATE '.length), 'base64url');
    const answer = { did: key.did, signature: signBytes(challenge, forged.privateKey) };
    this.send(`AUTHENTICATE ${Buffer.from(JSON.stringify(answer)).toString('base64url')}`);
    await this.got(/ 90[34] /);
  }

  async registerKey(key: KeyHolder): Promise<void> {
    this.send(`MSGSIG ${rawKey(key.publicKey).toString('base64url')}`);
    await this.got(/ MSGSIG OK/);
  }

  async join(channel: string, password = ''): Promise<void> {
    this.send(`JOIN ${channel} ${password}`.trim());
    await this.got(new RegExp(` 366 \\S+ ${channel.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} `));
  }

  send(...lines: readonly string[]): void {
    for (const line of lines) this.#socket.write(`${line}\r\n`);
  }

  /** @param tags before it, unescaped */
  say(target: string, text: string, tags: Readonly<Record<string, string>> = {}): void {
    this.send(this.#line('PRIVMSG', [target, text], tags));
  }

  notice(target: string, text: string, tags: Readonly<Record<string, string>> = {}): void {
    this.send(this.#line('NOTICE', [target, text], tags));
  }

  tag(target: string, tags: Readonly<Record<string, string>>): void {
    this.send(this.#line('TAGMSG', [target], tags));
  }

  /** One logical message of several lines, as a batch. */
  sayLines(target: string, lines: readonly string[], tags: Readonly<Record<string, string>> = {}): void {
    this.send(this.#line('BATCH', ['+m', 'draft/multiline', target], tags));
    for (const line of lines) this.send(this.#line('PRIVMSG', [target, line], { batch: 'm' }));
    this.send('BATCH -m');
  }

  /** Of a message, as `+freeq.at/sig` carries it. */
  signature(target: string, msgid: string, text: string, tags: Readonly<Record<string, string>> = {}): string {
    const { did, privateKey, publicKey } = this.#keyHolder();
    const fields = { from: did, msgid, venue: venueOf(target, did) ?? target, body: text };
    return signDocument(
      messageDocument(fields, new Map(Object.entries(tags)), tags['+draft/edit']),
      privateKey,
      publicKey,
    );
  }

  /** With an id and a signature of their own. @returns the id */
  saySigned(target: string, text: string, tags: Readonly<Record<string, string>> = {}): string {
    const msgid = makeUlid(Date.now(), Math.random);
    this.say(target, text, {
      ...tags,
      [EVENT_ID_TAG]: msgid,
      [SIGNATURE_TAG]: this.signature(target, msgid, text, tags),
    });
    return msgid;
  }

  /** Replaces the text of a message; signed where they have a key. */
  edit(target: string, root: string, text: string, tags: Readonly<Record<string, string>> = {}): void {
    if (this.key === undefined) this.say(target, text, { ...tags, '+draft/edit': root });
    else this.saySigned(target, text, { ...tags, '+draft/edit': root });
  }

  /** Deletes, reacts or takes a reaction back; signed where they have a key. */
  change(target: string, mutation: Mutation): void {
    const tags: Record<string, string> =
      mutation.kind === 'delete'
        ? { '+draft/delete': mutation.subject }
        : {
            [mutation.kind === 'react' ? '+react' : '+freeq.at/unreact']: mutation.emoji ?? '',
            '+reply': mutation.subject,
          };
    if (this.key !== undefined) {
      const { did, privateKey, publicKey } = this.key;
      const eventId = makeUlid(Date.now(), Math.random);
      const document = mutationDocument(mutation, did, eventId, venueOf(target, did) ?? target);
      tags[EVENT_ID_TAG] = eventId;
      tags[SIGNATURE_TAG] = signDocument(document, privateKey, publicKey);
    }
    this.tag(target, tags);
  }

  /** A line, of those there and those to come. */
  async got(fits: RegExp, timeoutMs = ANSWER_MS): Promise<string> {
    const recent = () => this.lines.slice(-20).join('\n');
    return await waitUntil(() => this.lines.find((line) => fits.test(line)), {
      timeoutMs,
      what: `${fits} as ${this.nick}`,
    }).catch((error: Error) => {
      throw new Error(`${error.message} Last lines:\n${recent()}`);
    });
  }

  /** The same, taken apart. */
  async gotLine(fits: RegExp, timeoutMs = ANSWER_MS): Promise<Line> {
    const line = readLine(await this.got(fits, timeoutMs));
    if (line === undefined) throw new Error('no line');
    return line;
  }

  /** Everything that the server had to say until now has been read. */
  async flush(): Promise<void> {
    const token = makeUlid(Date.now(), Math.random);
    this.send(`PING ${token}`);
    await this.got(new RegExp(` PONG .*${token}`));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    this.#socket.end('QUIT\r\n');
    await waitUntil(() => this.#isClosed, { timeoutMs: 2_000, what: 'the end of a connection' }).catch(() => {
      this.#socket.destroy();
    });
  }

  /** Gone as a machine that lost its power. */
  vanish(): void {
    this.#socket.resetAndDestroy();
  }

  #keyHolder(): KeyHolder {
    if (this.key === undefined) throw new Error(`${this.nick} has no key`);
    return this.key;
  }

  #line(command: string, params: readonly string[], tags: Readonly<Record<string, string>>): string {
    const line = writeLine({ tags: new Map(Object.entries(tags)), command, params: params.slice(0, -1) }, Math.random);
    const last = params.at(-1) ?? '';
    return command === 'PRIVMSG' ? `${line} :${last}` : `${line} ${last}`;
  }

  #take(line: string): void {
    this.lines.push(line);
    const { command, params } = readLine(line) ?? { command: '', params: [] };
    if (command === 'PING') this.send(`PONG ${params[0] ?? ''}`);
  }
}
