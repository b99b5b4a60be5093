import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Assembled } from '../../core/irc/batch-parts.ts';
import { stripFormatting } from '../../core/text/strip.ts';
import type { Puppet } from './puppet.ts';

/** RFC 2812 §3.1.2, and what Ergo, InspIRCd and ngIRCd say besides: too fast, not now, not in this channel, restricted. */
const REFUSALS: ReadonlySet<string> = new Set(['431', '432', '433', '436', '437', '438', '447', '484']);
const MAX_REASON_CHARS = 200;

/**
 * Asks the server for another nick, and waits for its word.
 * @returns the nick that the connection has then
 */
export async function askNick(puppet: Puppet, nick: string, deadlineMs: number): Promise<Result<string>> {
  const { link } = puppet;
  if (link.nick === nick) return ok(nick);
  const before = puppet.wantedNick;
  const answer = puppet.replies.expect(deadlineMs, (item) => readAnswer(item, puppet, nick));
  puppet.changeNick(nick);
  const answered = (await answer) ?? fail(UNANSWERED);
  if (!answered.ok) puppet.wantedNick = before;
  return answered;
}

function readAnswer(item: Assembled, puppet: Puppet, nick: string): Result<string> | undefined {
  if (item.kind !== 'line') return undefined;
  const { command, params } = item.line;
  if (command === 'NICK' && params[0] === puppet.link.nick) {
    // The line is ours alone to hear once it was an answer.
    puppet.renamedFrom(item.line);
    return ok(puppet.link.nick);
  }
  const isRefused = REFUSALS.has(command) || (command === 'FAIL' && params[0] === 'NICK');
  return isRefused ? fail(refused(nick, params.at(-1) ?? '')) : undefined;
}

const refused = (nick: string, reason: string): BridgeError => {
  const words = stripFormatting(reason).trim().slice(0, MAX_REASON_CHARS).toWellFormed();
  return {
    code: 'irc_nick_refused',
    text: `The server does not give you ${nick}${words === '' ? '.' : `: ${words}`}`,
    retry: 'never',
    notify: 'sender',
  };
};

const UNANSWERED: BridgeError = {
  code: 'irc_nick_unanswered',
  text: 'The server did not answer. Say `!causeway nick` to see what you are called.',
  retry: 'later',
  notify: 'sender',
};
