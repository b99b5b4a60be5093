import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isRefusal, refusalToError } from '../../../src/core/irc/numerics.ts';

const CODES =
  '263 401 402 403 404 405 411 412 413 417 432 433 436 437 439 465 471 473 474 475 476 477 480 482 489 520'.split(' ');
const FAILS =
  'INVALID_UTF8 ACCOUNT_REQUIRED NICKNAME_RESERVED RATE_LIMITED MULTILINE_MAX_BYTES MULTILINE_MAX_LINES MULTILINE_INVALID MULTILINE_INVALID_TARGET INVALID_REFTAG UNKNOWN_TYPE TIMEOUT REDACT_FORBIDDEN REDACT_WINDOW_EXPIRED UNKNOWN_MSGID INVALID_TARGET MESSAGE_ERROR INVALID_MSGREFTYPE NOT_ENABLED INVALID_NICK BLANK_MSG PRIVS_NEEDED BANNED'.split(
    ' ',
  );

describe('a refusal', () => {
  for (const code of [...CODES, ...FAILS]) {
    test('a policy is not an account that is missing', () => {
      const policy = 'This channel requires policy acceptance — use POLICY <channel> ACCEPT';
      const words = ['Cannot join channel (+r)', policy].map(
        (reason) => refusalToError({ code: '477', command: 'JOIN', target: '#c', reason }).text.split('.')[0],
      );
      assert.deepEqual(words, [
        '#c takes only people with an IRC account',
        '#c lets in only who meets its policy, and the bridge meets none for you',
      ]);
    });

    test(`${code} is told in a sentence with the channel's name where it matters`, () => {
      assert.equal(isRefusal(code), true);
      const error = refusalToError({ code, command: 'PRIVMSG', target: '#garden', reason: '' });
      assert.match(error.text, /^[A-Z#].*\.$/);
      assert.doesNotMatch(error.text, /[{}]/);
      assert.equal(error.retry === 'later', error.waitMs !== undefined);
    });
  }

  test("of a moderated channel goes to its sender, with the server's words", () => {
    assert.deepEqual(
      refusalToError({ code: '404', command: 'PRIVMSG', target: '#garden', reason: 'Cannot send to channel (+m)' }),
      {
        code: 'irc_404',
        text: 'Not delivered to #garden: only some people may speak there now. Ask an operator of the channel for voice. (IRC: Cannot send to channel (+m))',
        retry: 'never',
        notify: 'sender',
      },
    );
  });

  test('for being too fast is to be tried again, whatever its code', () => {
    for (const reason of ['Flood protection: slow down', 'Message throttled', 'You are sending too fast']) {
      const { retry, waitMs } = refusalToError({ code: '404', command: 'PRIVMSG', target: '#c', reason });
      assert.deepEqual({ retry, waitMs }, { retry: 'later', waitMs: 5000 });
    }
    assert.equal(
      refusalToError({ code: '474', command: 'JOIN', target: '#flood', reason: 'banned for flooding' }).retry,
      'never',
    );
  });

  test('means another thing for another command', () => {
    const of = (command: string) => refusalToError({ code: '437', command, target: 'x', reason: '' }).retry;
    assert.deepEqual([of('NICK'), of('JOIN')], ['now', 'later']);
  });

  test('of a FAIL has a code of its own', () => {
    assert.equal(
      refusalToError({ code: 'INVALID_UTF8', command: 'PRIVMSG', target: '#c', reason: 'x' }).code,
      'irc_fail_invalid_utf8',
    );
  });

  test('that nobody knows is told all the same', () => {
    assert.equal(isRefusal('499'), false);
    assert.deepEqual(refusalToError({ code: '499', command: 'MODE', target: '#c', reason: 'Only owners' }), {
      code: 'irc_499',
      text: 'The IRC server refused MODE for #c. (IRC: Only owners)',
      retry: 'never',
      notify: 'sender',
    });
  });

  test('with hostile words stays one bounded sentence', () => {
    const { text, code } = refusalToError({
      code: 'X'.repeat(999),
      command: 'JOIN',
      target: `#\x0304{target}$&${'c'.repeat(999)}`,
      reason: `\x02a\x1b[2J${'b'.repeat(9999)}`,
    });
    assert.ok(text.length < 400 && code.length < 60);
    assert.doesNotMatch(text, /[\x00-\x1f]/);
    assert.match(text, /\{target\}\$&/);
  });
});
