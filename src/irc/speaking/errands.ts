import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Assembled } from '../../core/irc/batch-parts.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Link } from '../wire/link.ts';
import { WINDOW } from '../wire/pacing.ts';
import type { Replies } from '../wire/replies.ts';
import type { Throttle } from '../wire/throttle.ts';

/** Lines of an answer that are looked at: a list of bans may be longer than any server's limit only by mistake. */
const MAX_HEARD = 50_000;

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
  /** Lines that wait for the pace. */
  readonly #urgent: Array<() => void> = [];
  readonly #patient: Array<() => void> = [];
  #isWaiting = false;

  constructor(link: Link, replies: Replies, throttle: Throttle, clock: Clock, answerMs: number) {
    this.#link = link;
    this.#replies = replies;
    this.#throttle = throttle;
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /**
   * @param urgent goes before all that is not, where the pace makes lines wait
   * @returns all that the server said meanwhile, in order; an error when the connection ended or a line could not be written
   */
  async run(lines: readonly OutgoingLine[], urgent = false): Promise<Result<readonly IrcLine[]>> {
    const heard: IrcLine[] = [];
    const encoded = this.#encode(lines);
    if (!encoded.ok) return encoded;
    let rest = encoded.value;
    while (rest.length > 0) {
      const portion = portionOf(rest);
      if (!this.#link.ready) return fail(LOST);
      if (!(await this.#ask(portion, urgent, heard))) return fail(this.#link.ready ? UNANSWERED : LOST);
      rest = rest.slice(portion.length);
    }
    return ok(heard);
  }

  /** Whether a refusal answers what is asked here, and no message: only servers without labels leave that open. */
  claims({ command, tags }: IrcLine): boolean {
    return this.#open > 0 && command === '482' && !tags.has('label');
  }

  /** @returns whether the server has worked off the portion */
  async #ask(portion: readonly string[], urgent: boolean, heard: IrcLine[]): Promise<boolean> {
    const token = `errand-${++this.#count}`;
    const { answer, until } = this.#replies.collect((item) => hear(item, token, heard));
    this.#open++;
    for (const line of portion) {
      await this.#leave(urgent);
      this.#link.write([line]);
    }
    this.#link.send({ command: 'PING', params: [token] });
    until(this.#clock.nowMs() + this.#answerMs);
    const answered = await answer;
    this.#open--;
    return answered !== undefined;
  }

  /** Waits until the pace lets one more line out. */
  #leave(urgent: boolean): Promise<void> {
    return new Promise((resolve) => {
      (urgent ? this.#urgent : this.#patient).push(resolve);
      if (!this.#isWaiting) this.#giveLeave();
    });
  }

  #giveLeave(): void {
    this.#isWaiting = false;
    while (this.#urgent.length + this.#patient.length > 0) {
      const waitMs = this.#link.ready ? this.#throttle.takeCommand(this.#clock.nowMs()) : 0;
      if (waitMs > 0) {
        this.#isWaiting = true;
        this.#clock.after(waitMs, () => this.#giveLeave());
        return;
      }
      (this.#urgent.shift() ?? this.#patient.shift())?.();
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
