import { encodeCtcp, parseCtcp } from '../core/irc/ctcp.ts';
import type { OutgoingLine } from '../core/irc/encode.ts';
import type { BucketRules } from '../core/pace.ts';
import { type Bucket, fullBucket, takeTokens } from '../core/pace.ts';

const RULES: BucketRules = { burst: 3, refillMs: 5000 };
const MAX_ECHO_CHARS = 60;

type Answer = (args: string, nowMs: number) => string;

const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['VERSION', () => 'Causeway, a bridge to Matrix'],
  ['PING', (args) => args.slice(0, MAX_ECHO_CHARS)],
  ['TIME', (_, nowMs) => new Date(nowMs).toISOString()],
  ['SOURCE', () => 'https://matrix.org/bridges'],
  ['CLIENTINFO', () => 'ACTION CLIENTINFO PING SOURCE TIME VERSION'],
]);

/** Answers to what clients ask of a client (CTCP); only the bot gives them, and only a few. */
export class CtcpAnswers {
  #bucket: Bucket | undefined;

  /** @param body of a PRIVMSG to the bot alone; nothing is ever answered to a NOTICE */
  answer(nick: string, body: string, nowMs: number): OutgoingLine | undefined {
    const ctcp = parseCtcp(body);
    const answer = ANSWERS.get(ctcp?.command ?? '');
    if (ctcp === undefined || answer === undefined) return undefined;
    const taken = takeTokens(this.#bucket ?? fullBucket(RULES, nowMs), RULES, nowMs);
    this.#bucket = taken.bucket;
    if (taken.waitMs > 0) return undefined;
    return { command: 'NOTICE', params: [nick, encodeCtcp(ctcp.command, answer(ctcp.args, nowMs))] };
  }
}
