/**
 * What it means when an IRC server refuses something: one row per numeric and per FAIL code, with words for the
 * person concerned.
 * Source: modern.ircdocs.horse "Numerics", IRCv3 standard-replies, measured servers.
 */
import type { BridgeError } from '../errors.ts';
import { stripFormatting } from '../text/strip.ts';

export type Refusal = {
  /** Numeric, or the code of a FAIL: `INVALID_UTF8`. */
  readonly code: string;
  /** What was refused. */
  readonly command: string;
  /** Channel or nick concerned, as the server writes it. */
  readonly target: string;
  /** The server's own words. */
  readonly reason: string;
};

type Row = {
  /** `{target}` stands for the channel or nick. A whole sentence, and what to do. */
  readonly text: string;
  readonly retry: BridgeError['retry'];
  readonly notify: BridgeError['notify'];
  readonly waitMs?: number;
};

const never = (text: string, notify: BridgeError['notify'] = 'sender'): Row => ({ text, retry: 'never', notify });
const later = (text: string, waitMs: number, notify: BridgeError['notify'] = 'log'): Row => ({
  text,
  retry: 'later',
  waitMs,
  notify,
});
/** Whether it arrived has to be looked up. */
const inDoubt = (text: string): Row => ({ text, retry: 'lookup', notify: 'log' });
/** To be tried again at once, in another way (another nick, a shorter line). */
const now = (text: string): Row => ({ text, retry: 'now', notify: 'log' });

const TOO_LONG = 'The line was too long for the IRC server. Send it in shorter parts.';
const NEEDS_ACCOUNT = '{target} takes only people with an IRC account. Log in to one, or ask its operators.';
const BANNED = 'You are banned on {target}. Talk to its operators.';

/** A row by code, or by `code command` where the same code means something else there. */
const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  // Delivering
  ['401', never('Nobody on IRC is called {target} now. They may have left or changed their name.')],
  ['402', never('The IRC server {target} is not there.')],
  [
    '403',
    never(
      'There is no channel {target} on the IRC server, or its name is not allowed there. An admin has to check the link.',
      'room',
    ),
  ],
  [
    '404',
    never('Not delivered to {target}: only some people may speak there now. Ask an operator of the channel for voice.'),
  ],
  ['407', never('Not delivered: {target} stands for too many people.')],
  ['411', never('Not delivered: the IRC server missed whom it was for. That is a mistake of the bridge.', 'log')],
  ['412', never('Not delivered: after conversion nothing was left to send.')],
  ['413', never('Not delivered: {target} is not a name that a message may go to.')],
  ['414', never('Not delivered: {target} is not a name that a message may go to.')],
  ['415', never('Not delivered: {target} is not a name that a message may go to.')],
  ['416', never('Not delivered: the IRC server found too many answers.', 'log')],
  ['417', never(TOO_LONG)],
  ['442', later('The bridge was no longer in {target}; it joins again.', 5_000)],
  ['477', never(NEEDS_ACCOUNT)],
  ['482', never('Only operators of {target} may do that on IRC.')],
  ['486', never('{target} takes messages only from people with an IRC account.')],
  [
    '489',
    never('{target} takes only people on encrypted connections. An admin has to set tls for this network.', 'room'),
  ],
  ['494', never('{target} does not take messages from people it has not accepted.')],
  ['520', never('{target} is for IRC operators only.')],
  ['531', never('{target} does not take messages from you.')],
  ['573', never('The IRC server refused the relayed name.', 'log')],
  ['716', never('{target} takes messages only from people they have accepted. They have been asked.')],
  ['717', later('{target} was told that you wrote. Try again when they have accepted you.', 60_000, 'sender')],
  // Joining
  ['405', never('The IRC server allows no more channels on one connection, so {target} could not be joined.')],
  ['437', later('{target} is not to be had for the moment; the bridge tries again.', 60_000)],
  [
    '470',
    never(
      '{target} sends people on to another channel, and the bridge does not follow there. Link that channel instead.',
      'room',
    ),
  ],
  ['471', later('{target} is full. The bridge tries again.', 300_000, 'sender')],
  ['473', never('{target} is for invited people. Ask its operators for an invitation.')],
  ['474', never(BANNED)],
  [
    '475',
    never('{target} has a key, and the one set here is wrong. An admin has to put it into the configuration.', 'room'),
  ],
  [
    '476',
    never('{target} is not a name that a channel can have on this server. An admin has to check the link.', 'room'),
  ],
  [
    '479',
    never('{target} is not a name that a channel can have on this server. An admin has to check the link.', 'room'),
  ],
  ['480', later('{target} takes no more people for the moment; the bridge tries again.', 30_000)],
  ['500', later('Too many people joined {target} just now; the bridge tries again.', 30_000)],
  // Keeping a channel
  ['441', never('{target} is not in the channel.', 'log')],
  ['443', never('{target} is in the channel already.', 'log')],
  ['472', never('The IRC server does not know the mode {target}.', 'log')],
  ['478', never('A list of {target} is full: an operator of the channel has to take something out.', 'log')],
  ['484 KICK', never('{target} belongs to the network and cannot be kicked.', 'log')],
  ['485 KICK', never('{target} belongs to the network and cannot be kicked.', 'log')],
  ['696', never('The IRC server does not take an entry of a list of {target}.', 'log')],
  ['697', never('An entry was in the list of {target} already.', 'log')],
  ['698', never('An entry was not in the list of {target}.', 'log')],
  // Names
  ['431', now('No nick was given.')],
  ['432', now('The IRC server does not take the nick {target}; another is tried.')],
  ['433', now('The nick {target} is in use; another is tried.')],
  ['436', now("The nick {target} collided with another server's; another is tried.")],
  ['437 NICK', now('The nick {target} is not to be had for the moment; another is tried.')],
  ['438', later('The IRC server wants more time between changes of nick.', 60_000)],
  ['440', later('Services are away.', 60_000)],
  ['447', later('Nicks may not be changed while in {target}.', 300_000)],
  ['484', never('The IRC server does not let this connection change its nick.', 'log')],
  // Registering
  ['421', never('The IRC server does not know the command {target}.', 'log')],
  ['451', later('The IRC server had not let the connection in yet.', 5_000)],
  ['461', never('The IRC server missed parts of the command. That is a mistake of the bridge.', 'log')],
  ['462', never('The connection was logged in already.', 'log')],
  ['463', never('This host may not connect to the IRC server.', 'room')],
  ['464', never('The password for the IRC server is wrong. An admin has to check the configuration.', 'room')],
  ['465', never('The IRC server has banned this connection. Talk to its operators.', 'room')],
  ['466', never('The IRC server is about to ban this connection. Talk to its operators.', 'room')],
  ['902', never('The IRC account may not be used now: it is locked.')],
  ['904', never('Login to the IRC account failed: name or password is wrong.')],
  ['905', never('Login to the IRC account failed: the answer was too long.', 'log')],
  ['906', later('Login to the IRC account was broken off.', 30_000)],
  ['907', never('The connection was logged in already.', 'log')],
  ['908', never('The IRC server does not know this way of logging in. An admin has to choose another.', 'room')],
  // Pace
  ['263', later('The IRC server is busy; the bridge tries again.', 10_000)],
  ['439', later('The IRC server wants more time between messages; the bridge tries again.', 10_000)],

  // FAIL codes of standard replies
  [
    'ACCOUNT_REQUIRED',
    never('The IRC server lets in only people with an account. An admin has to set sasl for this network.', 'room'),
  ],
  ['INVALID_UTF8', never('The IRC server found text that is not UTF-8. That is a mistake of the bridge.', 'log')],
  ['NEED_MORE_PARAMS', never('The IRC server missed parts of the command. That is a mistake of the bridge.', 'log')],
  ['INVALID_PARAMS', never('The IRC server did not understand the command. That is a mistake of the bridge.', 'log')],
  ['INVALID_TARGET', never('Not delivered: {target} is not there, or not open to you.')],
  ['NICKNAME_RESERVED', now("The nick {target} belongs to somebody's account; another is tried.")],
  ['RATE_LIMITED', later('The IRC server wants more time; the bridge tries again.', 10_000)],
  ['TIMEOUT', later('The IRC server waited too long for the rest of a message.', 5_000)],
  ['TEMPORARILY_UNAVAILABLE', later('The IRC server cannot do that for the moment; the bridge tries again.', 30_000)],
  ['MULTILINE_MAX_BYTES', now(TOO_LONG)],
  ['MULTILINE_MAX_LINES', now('The message had too many lines for the IRC server.')],
  ['MULTILINE_INVALID_TARGET', now('The IRC server did not take several lines as one message.')],
  ['MULTILINE_INVALID', now('The IRC server did not take several lines as one message.')],
  ['INVALID_REFTAG', now('The IRC server did not take several lines as one message.')],
  ['UNKNOWN_TYPE', now('The IRC server did not take several lines as one message.')],
  ['REDACT_FORBIDDEN', never('The IRC server does not let you remove this message.')],
  ['REDACT_WINDOW_EXPIRED', never('This message is too old to be removed on IRC.')],
  ['UNKNOWN_MSGID', never('The IRC server does not know this message any more.', 'log')],
  ['MESSAGE_ERROR', later('The IRC server could not read its history; the bridge tries again.', 10_000)],
  ['INVALID_MSGREFTYPE', now('The IRC server does not find messages by this kind of reference.')],
  ['INVALID_NICK', now('The IRC server refused the relayed name; another is tried.')],
  [
    'PRIVS_NEEDED',
    never('The bot may not relay on IRC: it has to be operator of {target}, or have the right to relay.', 'room'),
  ],
  [
    'NOT_ENABLED',
    never('The IRC server does not relay messages. An admin has to choose another mode for puppets.', 'room'),
  ],
  ['BLANK_MSG', never('Not delivered: after conversion nothing was left to send.')],
  // freeq
  [
    'EVENTID_CLOCK_SKEW',
    inDoubt("The message's id is too far from the server's clock; the bridge gives it a new one."),
  ],
  ['EVENTID_IN_USE', inDoubt('The server has a message of this id already; the bridge looks whether it is this one.')],
  ['INVALID_EVENTID', never('The server does not take the ids of the bridge. That is a mistake of the bridge.', 'log')],
  ['EVENTID_NOT_AUTHENTICATED', later('The connection is not logged in any more; the bridge tries again.', 1_000)],
  ['SIGNATURE_REQUIRED', never('The server wants that changes are signed. That is a mistake of the bridge.', 'log')],
  ['SIGNATURE_INVALID', never('The server did not accept a signature of the bridge. That is a mistake of it.', 'log')],
  ['AUTHOR_MISMATCH', never('Only whoever wrote a message may change it there.')],
  ['MESSAGE_NOT_FOUND', never('The server does not know this message any more.', 'log')],
  ['TOO_LONG', never('That was too long for the server.')],
  ['BANNED', never(BANNED)],
  ['CHANNEL_BANNED', never(BANNED)],
]);

/** Words by which servers say that it was only too fast, under codes that mean something else (freeq: 404). */
const FLOOD = /\b(?:flood|throttl|too (?:fast|quickly|many messages)|slow down|rate.?limit)/i;
const FLOOD_ROW: Row = later('Too many messages at once for {target}; the bridge sends it again more slowly.', 5_000);
/** Codes that answer a message and may mean its pace. */
const MAYBE_FLOOD: ReadonlySet<string> = new Set(['404', '439', '263', '407', '477', '480']);

/** Of freeq, as 477, also to people with an account. */
const POLICY_ROW = never(
  '{target} lets in only who meets its policy, and the bridge meets none for you. Ask its operators.',
);

const MAX_REASON_CHARS = 200;

/** Whether this numeric or FAIL code refuses something, or this command at least. */
export const isRefusal = (code: string, command = ''): boolean => ROWS.has(code) || ROWS.has(`${code} ${command}`);

/**
 * @returns an error with code `irc_404` or `irc_fail_invalid_utf8`; a code that is not in the table gives a refusal
 * for good in the server's own words: silence would be worse
 */
export function refusalToError({ code, command, target, reason }: Refusal): BridgeError {
  const row = rowFor(code, command, reason);
  const words = stripFormatting(reason).trim().slice(0, MAX_REASON_CHARS).toWellFormed();
  const sentence = row.text.replaceAll('{target}', () => stripFormatting(target).slice(0, 64) || 'IRC');
  return {
    code: /^[0-9]{3}$/.test(code) ? `irc_${code}` : `irc_fail_${code.toLowerCase().slice(0, 40)}`,
    text: words === '' ? sentence : `${sentence} (IRC: ${words})`,
    retry: row.retry,
    ...(row.waitMs === undefined ? {} : { waitMs: row.waitMs }),
    notify: row.notify,
  };
}

function rowFor(code: string, command: string, reason: string): Row {
  if (MAYBE_FLOOD.has(code) && FLOOD.test(reason)) return FLOOD_ROW;
  if (code === '477' && /policy/i.test(reason)) return POLICY_ROW;
  return ROWS.get(`${code} ${command}`) ?? ROWS.get(code) ?? never(`The IRC server refused ${command} for {target}.`);
}
