import { setTimeout as delay } from 'node:timers/promises';
import { type KeyHolder, makeKeyHolder } from './did-key.ts';
import { FreeqPerson, type PersonOptions } from './person.ts';
import { hostOf } from './session.ts';
import { keyId } from './signed-document.ts';
import { readLine } from './wire.ts';

/** Where a conversation is held: a scripted server or a real one, or two of either that are linked. */
export type Stage = {
  /** By the server's letter: A, and B where there are two. */
  readonly ports: Readonly<Record<string, number>>;
  /** How long a line may be on its way between two servers. */
  readonly crossingMs: number;
  /** SIGKILL and a start with the same data. */
  readonly restart: () => Promise<void>;
  /** Lets so much time pass on the servers. */
  readonly pass: (ms: number) => Promise<void>;
};

/** Five messages in two seconds are too many for one person. */
const PAUSE_MS = 2_100;

/**
 * What people say to a server and what it answers, line by line, so that two servers can be compared: whatever differs from run to run is
 * replaced by a name, tags are sorted, and PINGs left out.
 */
export class Conversation {
  readonly lines: string[] = [];
  readonly #stage: Stage;
  readonly #people = new Map<string, { readonly person: FreeqPerson; read: number }>();
  readonly #keys = new Map<string, KeyHolder>();
  readonly #ids: string[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The same key for the same name. */
  key(name: string): KeyHolder {
    const key = this.#keys.get(name) ?? makeKeyHolder();
    this.#keys.set(name, key);
    return key;
  }

  /** Connected and silent; `bob@B` is at the server B. */
  async open(name: string, options: Partial<PersonOptions> = {}): Promise<FreeqPerson> {
    const person = await FreeqPerson.open(this.#port(name), { nick: bare(name), ...options });
    this.#people.set(name, { person, read: 0 });
    return person;
  }

  /** Logged in and in their channels: what they heard until then is not told. @param key they have one of their own */
  async join(name: string, channels: string, options: Partial<PersonOptions> & { readonly withKey?: boolean } = {}) {
    const { withKey = false, ...rest } = options;
    this.lines.push(`${name} joins ${channels}`);
    const person = await FreeqPerson.connect(this.#port(name), {
      nick: bare(name),
      channels: channels.split(' '),
      ...(withKey ? { key: this.key(bare(name)) } : {}),
      ...rest,
    });
    await person.flush();
    this.#people.set(name, { person, read: person.lines.length });
    await this.settle();
    return person;
  }

  /** Sends and tells what came of it. */
  async say(name: string, ...lines: readonly string[]): Promise<void> {
    for (const line of lines) this.lines.push(`${name}> ${this.#named(line)}`);
    this.#person(name).send(...lines);
    await this.settle(name);
  }

  /** Something that a person does which is more than lines: told in words. */
  async act(name: string, what: string, act: (person: FreeqPerson) => unknown): Promise<void> {
    this.lines.push(`${name} ${what}`);
    await act(this.#person(name));
    await this.settle(name);
  }

  async leave(name: string): Promise<void> {
    this.lines.push(`${name} vanishes`);
    this.#person(name).vanish();
    this.#people.delete(name);
    await delay(this.#stage.crossingMs + 50);
    await this.settle();
  }

  async restart(): Promise<void> {
    this.lines.push('the server is killed and started again');
    await this.#stage.restart();
    this.#people.clear();
  }

  /** Until the server has forgotten what was said too fast. */
  async pause(): Promise<void> {
    await this.#stage.pass(PAUSE_MS);
  }

  /** What everybody heard until now. @param first whose own answers are told first */
  async settle(first?: string): Promise<void> {
    const order = [...this.#people.keys()].sort((a, b) => (a === first ? -1 : b === first ? 1 : a < b ? -1 : 1));
    for (const name of order)
      await this.#person(name)
        .flush()
        .catch(() => undefined);
    if (this.#stage.crossingMs > 0) {
      await delay(this.#stage.crossingMs);
      for (const name of order)
        await this.#person(name)
          .flush()
          .catch(() => undefined);
    }
    for (const name of order) {
      const known = this.#people.get(name);
      if (known === undefined) continue;
      for (; known.read < known.person.lines.length; known.read++) {
        const line = known.person.lines[known.read] ?? '';
        if (!/^(:\S+ )?(PING|PONG) /.test(line)) this.lines.push(`  ${name}< ${this.#named(line)}`);
      }
      if (known.person.isClosed) {
        this.lines.push(`  ${name} is disconnected`);
        this.#people.delete(name);
      }
    }
  }

  /** The id of a message that somebody heard, by its text. */
  idOf(name: string, text: string): string {
    for (const line of this.#person(name).lines.toReversed()) {
      const read = readLine(line);
      if (read?.params.at(-1) === text && read.tags.has('msgid')) return read.tags.get('msgid') ?? '';
    }
    throw new Error(`${name} heard no «${text}» with an id`);
  }

  end(): void {
    for (const { person } of this.#people.values()) person.vanish();
  }

  #person(name: string): FreeqPerson {
    const known = this.#people.get(name);
    if (known === undefined) throw new Error(`${name} is not here`);
    return known.person;
  }

  #port(name: string): number {
    return this.#stage.ports[name.split('@')[1] ?? 'A'] ?? 0;
  }

  /** The line with names for what is never the same twice. */
  #named(line: string): string {
    let text = sorted(line);
    const [, challenge] = /^AUTHENTICATE ([A-Za-z0-9_-]{40,})$/.exec(text) ?? [];
    if (challenge !== undefined)
      text = `AUTHENTICATE base64url(${Buffer.from(challenge, 'base64url').toString('utf8')})`;
    for (const [name, { did, publicKey }] of this.#keys) {
      text = text.replaceAll(did, `DID-${name}`).replaceAll(hostOf(did), `freeq/key/${name}`);
      text = text.replace(new RegExp(`ed25519:${keyId(publicKey)}:[\\w-]+`, 'g'), `SIGNED-${name}`);
      text = text.replaceAll(did.slice('did:key:'.length, 'did:key:'.length + 8).toLowerCase(), `key-of-${name}`);
    }
    return text
      .replace(/ed25519:[\w-]{22}:[\w-]{86}/g, 'SIGNED-server')
      .replace(
        /\b(hist|cht|ch|ml|)([0-9A-HJKMNP-TV-Z]{26})\b/g,
        (_, kind: string, id: string) => kind + this.#idName(id),
      )
      .replace(/ iroh=[0-9a-f]{64}/g, '')
      .replace(/"signature":"[\w-]{86}"/g, '"signature":"…"')
      .replace(/"nonce":"[\w-]{43}"/g, '"nonce":"…"')
      .replace(/rules_hash=\w{12}, policy_id=\w{12}/, 'rules_hash=…, policy_id=…')
      .replace(/\b[0-9a-f]{64}\b/g, 'HASH')
      .replace(/ACCEPT\([0-9a-f]{12}\.\.\.\)/, 'ACCEPT(…)')
      .replace(/\d{4}-\d\d-\d\dT[\d:]{8}\.\d+\+00:00/, 'TIME')
      .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
      .replace(/\(\d+(s|m \d+s) ago\)/g, '(… ago)')
      .replace(/\b1[789]\d{8}\b/g, 'SECONDS')
      .replace(/\bGuest\d+/g, 'Guest#')
      .replace(/S2S \([0-9a-f]{16}…\)/g, 'S2S (…)')
      .replace(/\u0001/g, '␁');
  }

  #idName(id: string): string {
    if (!this.#ids.includes(id)) this.#ids.push(id);
    return `ID${this.#ids.indexOf(id) + 1}`;
  }
}

const bare = (name: string): string => name.split('@')[0] ?? name;

/** Tags, and names in a channel, come in random order. */
function sorted(line: string): string {
  const [, tags, rest] = /^@(\S+) (.*)$/s.exec(line) ?? [];
  if (tags !== undefined && rest !== undefined) return `@${tags.split(';').sort().join(';')} ${rest}`;
  const [, head, names] = /^(\S+ 353 \S+ = \S+ :?)(.*)$/.exec(line) ?? [];
  return head === undefined || names === undefined ? line : `${head}${names.split(' ').sort().join(' ')}`;
}
