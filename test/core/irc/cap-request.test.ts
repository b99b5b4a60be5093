import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  answerCaps,
  type CapStep,
  capsToRequest,
  isSettled,
  LISTENER_CAPS,
  NO_NEGOTIATION,
  PUPPET_CAPS,
  requestCaps,
} from '../../../src/core/irc/cap-request.ts';
import { applyCap, NO_CAPS } from '../../../src/core/irc/caps.ts';

const offering = (...tokens: string[]) => applyCap(NO_CAPS, { subcommand: 'LS', more: false, tokens });

describe('what is asked for', () => {
  test('is what is wanted, offered and not on', () => {
    const state = applyCap(offering('batch', 'sasl=PLAIN', 'setname', 'x'), {
      subcommand: 'ACK',
      more: false,
      tokens: ['batch'],
    });
    assert.deepEqual(capsToRequest(LISTENER_CAPS, state), ['setname']);
  });

  test('is spelled as the server spells it, once', () => {
    assert.deepEqual(capsToRequest(PUPPET_CAPS, offering('draft/no-implicit-names')), ['draft/no-implicit-names']);
    assert.deepEqual(capsToRequest(PUPPET_CAPS, offering('draft/no-implicit-names', 'no-implicit-names')), [
      'no-implicit-names',
    ]);
    assert.deepEqual(capsToRequest(LISTENER_CAPS, offering('inspircd.org/standard-replies')), [
      'inspircd.org/standard-replies',
    ]);
  });

  test('never holds what would mix history into live events', () => {
    for (const wishes of [LISTENER_CAPS, PUPPET_CAPS])
      assert.equal(wishes.flat().includes('draft/event-playback'), false);
  });
});

describe('asking', () => {
  const answers = (step: CapStep, ...given: ('ACK' | 'NAK')[]) =>
    given.reduce<CapStep>((last, answer) => answerCaps(last.negotiation, answer), step);

  test('is settled when everything is granted', () => {
    const step = requestCaps(NO_NEGOTIATION, ['a', 'b']);
    assert.deepEqual(step.requests, ['a b']);
    assert.equal(isSettled(step.negotiation), false);
    assert.deepEqual(answers(step, 'ACK'), { negotiation: { inFlight: [], refused: new Set() }, requests: [] });
  });

  test('for nothing sends nothing', () => {
    const step = requestCaps(NO_NEGOTIATION, []);
    assert.deepEqual(step, { negotiation: NO_NEGOTIATION, requests: [] });
    assert.equal(isSettled(step.negotiation), true);
  });

  test('goes one by one after a refusal, and gives up on those refused alone', () => {
    const asked = requestCaps(NO_NEGOTIATION, ['a', 'b']);
    const again = answers(asked, 'NAK');
    assert.deepEqual(again.requests, ['a', 'b']);
    const done = answers(again, 'NAK', 'ACK');
    assert.deepEqual(done.negotiation, { inFlight: [], refused: new Set(['a']) });
    assert.deepEqual(requestCaps(done.negotiation, ['a', 'c']).requests, ['c']);
  });

  test('does not ask twice for what is on its way', () => {
    assert.deepEqual(requestCaps(requestCaps(NO_NEGOTIATION, ['a']).negotiation, ['a', 'b']).requests, ['b']);
  });

  test('waits for the rest of an answer that goes on', () => {
    const step = requestCaps(NO_NEGOTIATION, ['a', 'b']);
    assert.equal(isSettled(answerCaps(step.negotiation, 'ACK', true).negotiation), false);
  });

  test('survives answers to nothing', () => {
    assert.deepEqual(answerCaps(NO_NEGOTIATION, 'NAK'), { negotiation: NO_NEGOTIATION, requests: [] });
  });

  test('keeps each request within 450 bytes and leaves none out', () => {
    const names = Array.from({ length: 80 }, (_, i) => `vendor.example/capability-${i}`);
    const { requests } = requestCaps(NO_NEGOTIATION, names);
    assert.ok(requests.length > 1);
    assert.ok(requests.every((request) => Buffer.byteLength(request) <= 450));
    assert.deepEqual(
      requests.flatMap((request) => request.split(' ')),
      names,
    );
  });

  test('for all that Ergo offers to a listener takes one line', () => {
    const step = requestCaps(NO_NEGOTIATION, [...LISTENER_CAPS.map(([name]) => name), 'sasl']);
    assert.equal(step.requests.length, 1);
  });
});
