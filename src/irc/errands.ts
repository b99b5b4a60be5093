import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import type { Assembled } from '../core/irc/batch-parts.ts';
import type { OutgoingLine } from '../core/irc/encode.ts';
import type { IrcLine } from '../core/irc/line.ts';
import type { Clock } from '../ports/clock.ts';
import type { Link } from './link.ts';
import { WINDOW } from './pacing.ts';
import type { Replies } from './replies.ts';
import type { Throttle } from './throttle.ts';

/** Lines of an answer that are looked at: a list of bans may be longer than any server's limit only by mistake. */
const MAX_HEARD = 20_000;

/**
 * Commands of the listener's connection that are no messages. They go out in portions, each with a PING behind it: what the server says
 * until the PONG answers them. Keeps to the pace of the connection, which they share with messages.
 */
export class Errands {
  readonly #link: Link;
  readonly #replies: Replies;
  readonly #throttle: Throttle;
  readonly #clock: Clock;
  readonly #answerMs: number;
  #count = 0;
  #open = 0;

  constructor(link: Link, replies: Replies, throttle: Throttle, clock: Clock, answerMs: number) {
    this.#link = link;
    this.#replies = replies;
    this.#throttle = throttle;
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /** @returns all that the server said meanwhile, in order; an error when the connection ended or a line could not be written */
  async run(lines: readonly OutgoingLine[]): Promise<Result<readonly IrcLine[]>> {
    const heard: IrcLine[] = [];
    const encoded = this.#encode(lines);
    if (!encoded.ok) return encoded;
    let rest = encoded.value;
    while (rest.length > 0) {
      const portion = portionOf(rest);
      for (const line of portion.slice(0, -1)) {
        await this.#leave();
        this.#link.write([line]);
      }
      await this.#leave();
      if (!this.#link.ready) return fail(LOST);
      const answered = await this.#ask(portion.at(-1) ?? '', heard);
      if (!answered) return fail(this.#link.ready ? UNANSWERED : LOST);
      rest = rest.slice(portion.length);
    }
    return ok(heard);
  }

  /** Whether a refusal answers what is asked here, and no message: only servers without labels leave that open. */
  claims({ command, tags }: IrcLine): boolean {
    return this.#open > 0 && command === '482' && !tags.has('label');
  }

  async #ask(line: string, heard: IrcLine[]): Promise<boolean> {
    const token = `errand-${++this.#count}`;
    const answered = this.#replies.expect(this.#clock.nowMs() + this.#answerMs, (item) => hear(item, token, heard));
    const ping = this.#link.encode({ command: 'PING', params: [token] });
    this.#open++;
    this.#link.write(ping.ok ? [line, ping.value] : [line]);
    const answer = await answered;
    this.#open--;
    return answer !== undefined;
  }

  /** Waits until the pace lets one more line out. */
  async #leave(): Promise<void> {
    for (;;) {
      const waitMs = this.#throttle.take(this.#clock.nowMs());
      if (waitMs === 0 || !this.#link.ready) return;
      await new Promise<void>((resolve) => void this.#clock.after(waitMs, resolve));
    }
  }

  #encode(lines: readonly OutgoingLine[]): Result<readonly string[]> {
    const encoded: string[] = [];
    for (const line of lines) {
      const label = this.#link.label();
      const result = this.#link.encode(label === undefined ? line : { ...line, tags: new Map([['label', label]]) });
      if (!result.ok) return result;
      encoded.push(result.value);
    }
    return ok(encoded);
  }
}

/** As much as may be written before the server has answered. */
function portionOf(lines: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = lines.findIndex((line, index) => {
    bytes += Buffer.byteLength(line) + 2;
    return index >= WINDOW.lines || (index > 0 && bytes > WINDOW.bytes);
  });
  return end < 0 ? lines : lines.slice(0, end);
}

function hear(item: Assembled, token: string, heard: IrcLine[]): true | undefined {
  if (item.kind === 'batch') {
    for (const inner of item.items) hear(inner, token, heard);
    return undefined;
  }
  if (item.line.command === 'PONG') return item.line.params.at(-1) === token ? true : undefined;
  if (heard.length < MAX_HEARD) heard.push(item.line);
  return undefined;
}

const LOST: BridgeError = {
  code: 'irc_lost',
  text: 'The connection to the IRC server was lost meanwhile; the bridge does it again when it is back.',
  retry: 'later',
  notify: 'log',
};

const UNANSWERED: BridgeError = {
  code: 'irc_unanswered',
  text: 'The IRC server did not answer in time; the bridge asks again.',
  retry: 'later',
  notify: 'log',
};
