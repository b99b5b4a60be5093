import type { BridgeError } from '../../core/errors.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { isRefusal } from '../../core/irc/numerics.ts';

/** Codes that may answer a message when they carry no label; others with a channel in them answer something else. */
const ANSWERS_MESSAGE: ReadonlySet<string> = new Set(
  '401 402 403 404 407 411 412 413 414 415 417 439 263 442 477 482 486 489 494 520 531 573 716'.split(' '),
);
const MESSAGE_COMMANDS: ReadonlySet<string> = new Set([
  'PRIVMSG',
  'NOTICE',
  'RELAYMSG',
  'TAGMSG',
  'REDACT',
  'EDIT',
  'DELETE',
  '*',
]);
const ERROR = /^[45]\d\d$/;
/** The server has a message with the id that we gave: it arrived before. */
export const ID_IN_USE = 'EVENTID_IN_USE';
/** Codes that may mean our pace. */
export const FLOODED: ReadonlySet<string> = new Set(['404', '439', '263', '407', '477', 'RATE_LIMITED']);

/** What is no line is answered by an ACK, or by itself with the label. */
export const ANSWERS: ReadonlySet<string> = new Set(['ACK', 'TAGMSG', 'REDACT', 'KICK', 'MODE', '341']);

/** `:server 404 me #c :reason` and `FAIL PRIVMSG CODE … :reason`. */
export function readRefusal({
  command,
  params,
  tags,
}: IrcLine):
  | { readonly code: string; readonly command: string; readonly target: string; readonly reason: string }
  | undefined {
  const reason = params.at(-1) ?? '';
  if (command === 'FAIL') {
    const [of = '*', code = ''] = params;
    if (!MESSAGE_COMMANDS.has(of)) return undefined;
    return { code, command: of, target: params.length > 3 ? (params[2] ?? '') : '', reason };
  }
  // With a label there is no doubt what is refused; a code that we do not know would be waited for without end.
  const known = tags.has('label') ? isRefusal(command) || ERROR.test(command) : ANSWERS_MESSAGE.has(command);
  if (!known) return undefined;
  return { code: command, command: 'PRIVMSG', target: params.length > 2 ? (params[1] ?? '') : '', reason };
}

export const unanswered = (why: string): BridgeError => ({
  code: 'irc_unconfirmed',
  text: `It is not known whether the line reached IRC: ${why}. The bridge looks whether it did.`,
  retry: 'lookup',
  notify: 'log',
});

export const unsent = (why: string): BridgeError => ({
  code: 'irc_not_sent',
  text: `Not sent to IRC yet: ${why}. The bridge sends it when it is back.`,
  retry: 'later',
  notify: 'log',
});

/** Of what will not be said, or not to its end. */
export const cutOff = ({ touched }: { readonly touched: boolean }, why: string): BridgeError =>
  touched ? unanswered(why) : unsent(why);
