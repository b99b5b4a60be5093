import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  failureToError,
  type Refusal,
  refusalToError,
  TOKEN_UNKNOWN_TEXT,
  waitMs,
} from '../../src/matrix/http-errors.ts';

describe('a refusal of the homeserver', () => {
  const cases: ReadonlyArray<readonly [string, Refusal, 'repeatable' | 'once', string, string, string]> = [
    ['429', { status: 429 }, 'once', 'matrix.limited', 'later', 'log'],
    ['an unknown token', { status: 401, errcode: 'M_UNKNOWN_TOKEN' }, 'once', 'matrix.token', 'later', 'log'],
    [
      'a ghost that Dendrite does not know, or forgets while it stops',
      { status: 403, errcode: 'M_FORBIDDEN', said: 'appservice has not registered this user' },
      'once',
      'matrix.ghost-unknown',
      'later',
      'log',
    ],
    ['403', { status: 403, errcode: 'M_FORBIDDEN', said: 'not in room' }, 'once', 'matrix.forbidden', 'never', 'room'],
    [
      'an unknown room, to whoever reads it',
      { status: 403, errcode: 'M_FORBIDDEN', said: 'room does not exist' },
      'repeatable',
      'matrix.room-unknown',
      'never',
      'log',
    ],
    [
      'the same from a proxy',
      { status: 403, said: 'room does not exist' },
      'once',
      'matrix.not-matrix',
      'later',
      'log',
    ],
    [
      'a room in which we never were',
      { status: 403, errcode: 'M_FORBIDDEN', said: 'Unknown room "!a:x" or user "@b:x" has never joined this room' },
      'repeatable',
      'matrix.forbidden',
      'never',
      'room',
    ],
    [
      'an unknown room',
      { status: 400, errcode: 'M_UNSUPPORTED_ROOM_VERSION' },
      'once',
      'matrix.room-unknown',
      'never',
      'log',
    ],
    ['413', { status: 413, errcode: 'M_BAD_JSON' }, 'once', 'matrix.too-large', 'never', 'sender'],
    ['404', { status: 404, errcode: 'M_NOT_FOUND' }, 'repeatable', 'matrix.not-found', 'never', 'log'],
    ['500 to a send', { status: 500 }, 'once', 'matrix.server-error', 'lookup', 'log'],
    ['504 to a send', { status: 504 }, 'once', 'matrix.server-error', 'lookup', 'log'],
    ['500 to a question', { status: 500 }, 'repeatable', 'matrix.server-error', 'later', 'log'],
    ['200 with a body that is none', { status: 200 }, 'once', 'matrix.answer-unreadable', 'lookup', 'log'],
    ['any other refusal', { status: 400, errcode: 'M_BAD_JSON' }, 'once', 'matrix.refused', 'never', 'log'],
  ];
  for (const [name, refusal, kind, code, retry, notify] of cases)
    test(`${name} means ${code}, to be tried again ${retry}`, () => {
      const error = refusalToError(refusal, kind);
      assert.deepEqual([error.code, error.retry, error.notify], [code, retry, notify]);
    });

  test('of our token says what to do about it', () => {
    assert.equal(refusalToError({ status: 401 }, 'once').text, TOKEN_UNKNOWN_TEXT);
  });

  test("quotes the server's words without control characters, and not for ever", () => {
    const { text } = refusalToError(
      { status: 400, errcode: 'M_BAD_JSON', said: `a\r\nb\u0007${'x'.repeat(5000)}` },
      'once',
    );
    assert.equal(text, `The homeserver does not take this (400: “a b ${'x'.repeat(196)}”).`);
  });

  test('is always one sentence or more for a person, whatever the server writes', () => {
    fc.assert(
      fc.property(
        fc.record({ status: fc.integer({ min: 100, max: 999 }), errcode: fc.string(), said: fc.string() }),
        fc.constantFrom('repeatable' as const, 'once' as const),
        (refusal, kind) => {
          const error = refusalToError(refusal, kind);
          assert.match(error.text, /[.”)]$/);
          assert.ok(error.text.length < 700);
        },
      ),
    );
  });
});

describe('the time to wait', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const cases: ReadonlyArray<readonly [string, Omit<Refusal, 'status'>, number]> = [
    ['seconds in the header', { retryAfter: '2' }, 2_000],
    ['a date in the header', { retryAfter: 'Thu, 01 Jan 2026 00:00:03 GMT' }, 3_000],
    ['the header before the body', { retryAfter: '1', retryAfterMs: 9_000 }, 1_000],
    ['the body without a header', { retryAfterMs: 700 }, 700],
    ['nothing said', {}, 500],
    ['nonsense', { retryAfter: 'soon', retryAfterMs: {} }, 500],
    ['absurdly long', { retryAfter: '99999999' }, 300_000],
    ['absurdly short', { retryAfterMs: -5 }, 100],
    ['a date long past', { retryAfter: 'Thu, 01 Jan 1970 00:00:03 GMT' }, 100],
  ];
  for (const [name, said, expected] of cases)
    test(`${name}: ${expected} ms`, () => assert.equal(waitMs({ status: 429, ...said }, now), expected));
});

describe('an answer that never came', () => {
  test('to a request that never left is tried again', () => {
    const { retry, code } = failureToError({ sent: false, reason: 'ECONNREFUSED' }, 'once');
    assert.deepEqual([code, retry], ['matrix.unreachable', 'later']);
  });
  test('to a send that left is looked up', () => {
    const { retry, code } = failureToError({ sent: true, reason: 'ECONNRESET' }, 'once');
    assert.deepEqual([code, retry], ['matrix.answer-lost', 'lookup']);
  });
  test('to a harmless request that left is tried again', () => {
    assert.equal(failureToError({ sent: true, reason: 'ECONNRESET' }, 'repeatable').retry, 'later');
  });
});
