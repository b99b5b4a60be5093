import assert from 'node:assert/strict';
import { test } from 'node:test';
import { farewellError } from '../../src/irc/puppets/farewell.ts';

/** What servers say last, each in its own words. */
const WORDS: ReadonlyArray<readonly [text: string, code: string]> = [
  ['You have been banned from this server (spam)', 'irc_banned'],
  ['Closing Link: al[h.example] (K-Lined: go away)', 'irc_banned'],
  ['Closing link: (al@h.example) [G-lined: go away]', 'irc_banned'],
  ['Closing Link: 192.0.2.1 (D-lined)', 'irc_banned'],
  ['Closing link: (al@h.example) [Z-Line: go away]', 'irc_banned'],
  ['KLINE: go away', 'irc_banned'],
  ['Closing Link: h.example (User has been AKILLed)', 'irc_banned'],
  ['Closing Link: [192.0.2.1] (Listed in the DNSBL dnsbl.example)', 'irc_banned'],
  ['Killed (oper (stop it))', 'irc_killed'],
  ['Closing Link: al by oper (Killed (oper (stop it)))', 'irc_killed'],
  ['Closing Link: al (Excess Flood)', 'irc_closed'],
  ['Closing Link: al (Ping timeout: 240 seconds)', 'irc_closed'],
  ['Server going down', 'irc_closed'],
  ['Trying to reconnect too fast, throttled', 'irc_closed'],
];

test('the last word of a server tells a ban from a kill, and both from a line that broke', () => {
  assert.deepEqual(
    WORDS.map(([text]) => [text, farewellError(text).code]),
    WORDS,
  );
});
