import { addPeer, takeFrame } from './federation.ts';
import type { Frame } from './frames.ts';
import type { Chunk } from './messages.ts';
import type { FreeqServer } from './server.ts';

type Frames = { [Type in Frame['type']]: Extract<Frame, { type: Type }> };
type Open<Type extends Frame['type']> = Omit<Frames[Type], 'origin' | 'type'>;

/** A peer of a scripted server that says what a test tells it to, true or not. It hears what every peer hears. */
export class ScriptedPeer {
  readonly id: string;
  readonly name: string;
  readonly heard: Frame[] = [];
  readonly #server: FreeqServer;

  private constructor(server: FreeqServer, name: string) {
    this.#server = server;
    this.name = name;
    this.id = `${name}-id`;
    addPeer(server, this.id, { name, take: (frame) => this.heard.push(frame), gone: () => undefined });
  }

  static on(server: FreeqServer, name: string): ScriptedPeer {
    return new ScriptedPeer(server, name);
  }

  /** Any frame, in the peer's own name. */
  send<Type extends Frame['type']>(type: Type, frame: Open<Type>): void {
    takeFrame(this.#server, { ...frame, type, origin: this.id } as unknown as Frame);
  }

  join(nick: string, channel: string, did: string | null = null): void {
    this.send('join', { nick, channel, did, isOp: false, actorClass: null });
  }

  /** @returns the message's id, made up where none is given */
  say(nick: string, channel: string, text: string, more: Partial<Open<'privmsg'>> = {}): string {
    const msgid = more.msgid ?? this.#server.mint();
    const plain = { sig: null, account: null, replaces: null, tags: new Map<string, string>(), lines: null };
    this.send('privmsg', { ...plain, ...more, from: nick, target: channel, text, msgid });
    return msgid;
  }

  sayLines(nick: string, channel: string, lines: readonly string[], more: Partial<Open<'privmsg'>> = {}): string {
    const chunks: Chunk[] = lines.map((body) => ({ body, concat: false }));
    return this.say(nick, channel, lines.join('\\n'), {
      tags: new Map([['+freeq.at/multiline', '']]),
      lines: chunks,
      ...more,
    });
  }

  tag(nick: string, channel: string, tags: Readonly<Record<string, string>>, account: string | null = null): void {
    this.send('tagmsg', { from: nick, target: channel, tags: new Map(Object.entries(tags)), account });
  }

  /** The link is gone: its people vanish from the names. */
  leave(): void {
    this.#server.unlink(this.id);
  }
}
