import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Result } from '../../../src/core/errors.ts';
import { chunkResponse, type SaslCredentials, startSasl, takeChallenge } from '../../../src/core/irc/sasl.ts';
import { type ScramCrypto, scramFirst, scramProve, scramVerify } from '../../../src/core/irc/scram.ts';

const crypto: ScramCrypto = {
  hash: (data) => createHash('sha256').update(data).digest(),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  pbkdf2: (password, salt, iterations) => promisify(pbkdf2)(password, salt, iterations, 32, 'sha256'),
};
const value = <T>(result: Result<T>): T | string => (result.ok ? result.value : result.error.code);
const start = (credentials: SaslCredentials) => startSasl(credentials, 'rOprNGfwEbeRWgbNEkqO', crypto);

describe('mechanisms of one message', () => {
  const vectors: ReadonlyArray<[credentials: SaslCredentials, message: string]> = [
    [{ mechanism: 'PLAIN', user: 'jilles', password: 'sesame' }, '\0jilles\0sesame'],
    [{ mechanism: 'EXTERNAL' }, ''],
    [{ mechanism: 'IRCV3BEARER', type: 'jwt', token: 'a.b.c' }, '\0jwt\0a.b.c'],
  ];
  for (const [credentials, message] of vectors) {
    test(`${credentials.mechanism} says its one message, and nothing to a second challenge`, async () => {
      const exchange = start(credentials);
      assert.equal(exchange.mechanism, credentials.mechanism);
      assert.equal(exchange.serverProven, true);
      assert.equal(value(await exchange.respond('')), message);
      assert.equal(value(await exchange.respond('more')), 'irc_sasl_failed');
    });
  }

  test('a NUL cannot move the border between name and password', async () => {
    assert.equal(
      value(await start({ mechanism: 'PLAIN', user: 'a\0b', password: 'c' }).respond('')),
      'irc_sasl_failed',
    );
    assert.equal(
      value(await start({ mechanism: 'IRCV3BEARER', type: 'jwt', token: 'a\0' }).respond('')),
      'irc_sasl_failed',
    );
  });
});

/** The example of RFC 7677 §3. */
const rfc = {
  user: 'user',
  password: 'pencil',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

describe('SCRAM-SHA-256', () => {
  const login = () => start({ mechanism: 'SCRAM-SHA-256', user: rfc.user, password: rfc.password });

  test('says what RFC 7677 says, and believes the server only when it has proven itself', async () => {
    const exchange = login();
    assert.equal(value(await exchange.respond('')), rfc.clientFirst);
    assert.equal(value(await exchange.respond(rfc.serverFirst)), rfc.clientFinal);
    assert.equal(exchange.serverProven, false);
    assert.equal(value(await exchange.respond(rfc.serverFinal)), '');
    assert.equal(exchange.serverProven, true);
    assert.equal(value(await exchange.respond('')), 'irc_sasl_failed');
  });

  test('does not believe another signature', async () => {
    const exchange = login();
    await exchange.respond('');
    await exchange.respond(rfc.serverFirst);
    assert.equal(value(await exchange.respond('v=AAAA')), 'irc_scram_failed');
    assert.equal(exchange.serverProven, false);
  });

  const first = scramFirst(rfc.user, 'abc');
  const badChallenges: ReadonlyArray<[why: string, challenge: string]> = [
    ['another nonce', 'r=abX1,s=AAAA,i=4096'],
    ['only our nonce', 'r=abc,s=AAAA,i=4096'],
    ['too few rounds', 'r=abc1,s=AAAA,i=4095'],
    ['rounds to keep us busy', 'r=abc1,s=AAAA,i=999999999'],
    ['rounds that are no number', 'r=abc1,s=AAAA,i=0x1000'],
    ['no salt', 'r=abc1,s=,i=4096'],
    ['an extension that must be understood', 'm=x,r=abc1,s=AAAA,i=4096'],
    ['an error', 'e=unknown-user'],
    ['nothing', ''],
    ['something else', '{"status":"invalid_token"}'],
  ];
  for (const [why, challenge] of badChallenges) {
    test(`does not answer ${why}`, async () =>
      assert.equal(value(await scramProve(first, challenge, 'x', crypto)), 'irc_scram_failed'));
  }

  for (const final of ['e=invalid-proof', 'v=', '', 'x', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=']) {
    test(`takes ${JSON.stringify(final)} for a failure`, () =>
      assert.equal(value(scramVerify(new Uint8Array(32), final)), 'irc_scram_failed'));
  }

  test('escapes what names may not hold', () => assert.equal(scramFirst('a,b=c', 'n').message, 'n,,n=a=2Cb=3Dc,r=n'));
});

describe('AUTHENTICATE lines', () => {
  test('carry base64 in pieces of 400, and a plus where the last is full or nothing is there', () => {
    assert.deepEqual(chunkResponse(''), ['+']);
    assert.deepEqual(chunkResponse('\0jilles\0sesame'), ['AGppbGxlcwBzZXNhbWU=']);
    assert.deepEqual(
      chunkResponse('x'.repeat(300)).map(({ length }) => length),
      [400, 1],
    );
    assert.equal(chunkResponse('x'.repeat(300)).at(-1), '+');
    assert.deepEqual(
      chunkResponse('x'.repeat(301)).map(({ length }) => length),
      [400, 4],
    );
    assert.deepEqual(
      chunkResponse('x'.repeat(299)).map(({ length }) => length),
      [400, 1],
    );
  });

  test('put a challenge together', () => {
    for (const challenge of ['', 'short', 'x'.repeat(300), 'é'.repeat(500)]) {
      let parts: readonly string[] = [];
      const complete: string[] = [];
      for (const param of chunkResponse(challenge)) {
        const taken = takeChallenge(parts, param);
        assert.ok(taken.ok);
        parts = taken.value.parts;
        if (taken.value.challenge !== undefined) complete.push(taken.value.challenge);
      }
      assert.deepEqual({ complete, parts }, { complete: [challenge], parts: [] });
    }
  });

  test('of a challenge without end are refused', () => {
    let parts: readonly string[] = [];
    let codes = '';
    for (let i = 0; i < 100 && codes === ''; i++) {
      const taken = takeChallenge(parts, 'A'.repeat(400));
      if (taken.ok) parts = taken.value.parts;
      else codes = taken.error.code;
    }
    assert.equal(codes, 'irc_sasl_failed');
    assert.equal(value(takeChallenge([], 'A'.repeat(401))), 'irc_sasl_failed');
    assert.deepEqual(value(takeChallenge([], '!!not base64!!')), {
      parts: [],
      challenge: Buffer.from('notbase64', 'base64').toString('utf8'),
    });
  });
});
