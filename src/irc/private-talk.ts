import { parseCtcp } from '../core/irc/ctcp.ts';
import type { OutgoingLine } from '../core/irc/encode.ts';
import type { IrcLine } from '../core/irc/line.ts';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../core/pace.ts';
import type { NetworkSink } from '../ports/network.ts';
import { makeTurns } from './wire/turns.ts';

/** Questions that are answered at all: whoever asks more often waits for nobody but themselves, and costs the others nothing. */
const RULES: BucketRules = { burst: 6, refillMs: 1_500 };
const MAX_PEOPLE = 1_000;
const MAX_LINES = 16;
const MAX_LINE_CHARS = 350;
/** Questions under way at the same time. Nicks cost nothing: whoever asks beyond that is not answered, and may ask again. */
const MAX_OPEN = 20;

/** What people say to the bot in private, and what it answers: a NOTICE, which no program answers in turn (RFC 2812 §3.3.2). */
export class PrivateTalk {
  readonly #sink: Pick<NetworkSink, 'asked'>;
  readonly #buckets = new Map<string, Bucket>();
  readonly #turn = makeTurns(() => 1);
  #open = 0;

  constructor(sink: Pick<NetworkSink, 'asked'>) {
    this.#sink = sink;
  }

  /**
   * Answers, one person after the other: servers put out whoever writes too much at once, and with the bot all that it hears.
   * @param say resolves once the server has taken the lines
   */
  async reply(
    line: IrcLine,
    account: string | null,
    nowMs: number,
    say: (lines: readonly OutgoingLine[]) => Promise<unknown>,
  ): Promise<void> {
    if (this.#open >= MAX_OPEN) return;
    this.#open++;
    try {
      const lines = await this.answer(line, account, nowMs);
      if (lines.length > 0) await this.#turn(() => say(lines));
    } finally {
      this.#open--;
    }
  }

  /**
   * @param line a PRIVMSG to the bot alone
   * @param account that the server vouches for; null where it names none
   */
  async answer(line: IrcLine, account: string | null, nowMs: number): Promise<readonly OutgoingLine[]> {
    const { source, params } = line;
    const text = params[1] ?? '';
    if (source === undefined || parseCtcp(text) !== undefined || !this.#mayAsk(source.nick, nowMs)) return [];
    const answer = await this.#sink.asked({ nick: source.nick, account }, text);
    return answer
      .split('\n')
      .filter((each) => each !== '')
      .slice(0, MAX_LINES)
      .map((each) => ({ command: 'NOTICE', params: [source.nick, each.slice(0, MAX_LINE_CHARS)] }));
  }

  #mayAsk(nick: string, nowMs: number): boolean {
    if (this.#buckets.size >= MAX_PEOPLE) this.#buckets.clear();
    const taken = takeTokens(this.#buckets.get(nick) ?? fullBucket(RULES, nowMs), RULES, nowMs);
    this.#buckets.set(nick, taken.bucket);
    return taken.waitMs === 0;
  }
}
