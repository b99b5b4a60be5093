import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { MAX_AGE_MS, makeEventReceiver } from '../../../src/authority/events/receiver.ts';
import { RemoteKeys } from '../../../src/authority/keys/remote-keys.ts';
import { MAX_TOKEN } from '../../../src/authority/keys/verify-token.ts';
import type { SecurityEvent } from '../../../src/ports/security-events.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { silentLog } from '../../fakes/silent-log.ts';
import { servedOperations } from '../../http/operations.ts';
import { makeSigningKey, type SigningKey, startJwksServer } from '../keys/jwks-server.ts';

const ISSUER = 'https://id.willow.example';
const AUDIENCE = 'https://bridge.willow.example';
const SUBJECTS = 'willow.example';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';
const SCIM = 'urn:ietf:params:scim:event';
const TYPE = 'application/secevent+jwt';

type Claims = Readonly<Record<string, unknown>>;
const ada = { format: 'iss_sub', iss: ISSUER, sub: 'ada' };

/** The operations server with a receiver, and an issuer that publishes its keys. */
async function received(t: TestContext) {
  const clock = new ManualClock();
  const key = await makeSigningKey('a');
  const issuer = await startJwksServer(key);
  const taken: SecurityEvent[] = [];
  const refused: string[] = [];
  let isStoreAway = false;
  const port = await servedOperations(t, {
    events: makeEventReceiver({
      issuer: ISSUER,
      audience: AUDIENCE,
      subjects: SUBJECTS,
      keys: new RemoteKeys({ url: issuer.url, whose: 'The key set', clock }),
      sink: {
        async take(event) {
          if (isStoreAway) throw new Error('disk full');
          const isNew = !taken.some(({ id }) => id === event.id);
          if (isNew) taken.push(event);
          return isNew;
        },
        refused: (fault) => refused.push(fault),
      },
      clock,
      log: silentLog,
    }),
  });
  t.after(() => issuer.close());
  const url = `http://127.0.0.1:${port}/events`;
  const nowS = Math.floor(clock.nowMs() / 1000);
  const signed = (claims: Claims, header: Record<string, unknown> = {}, by: SigningKey = key): Promise<string> =>
    by.sign(
      { iss: ISSUER, aud: AUDIENCE, iat: nowS, jti: 'one', events: { [`${CAEP}/session-revoked`]: {} }, ...claims },
      { typ: 'secevent+jwt', ...header },
    );
  async function push(body: string | Buffer, headers: Record<string, string> = {}) {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': TYPE, ...headers } });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? '' : JSON.parse(text),
      language: response.headers.get('content-language'),
      retryAfter: response.headers.get('retry-after'),
    };
  }
  return {
    ...{ clock, key, issuer, taken, refused, url, nowS, signed, push },
    setStoreAway: (is: boolean): void => {
      isStoreAway = is;
    },
  };
}

describe('The receiver of security events', () => {
  test('takes an event, and says 202 with nothing more', async (t) => {
    const { push, signed, taken } = await received(t);
    const { status, body } = await push(await signed({ sub_id: ada }));
    assert.deepEqual([status, body], [202, '']);
    assert.deepEqual(taken, [
      {
        id: 'one',
        kind: 'session-revoked',
        effect: 'shut',
        subjects: [{ iss: SUBJECTS, sub: 'ada' }],
        handles: [],
      },
    ]);
  });

  test('invariant 26: answers what counts for nothing with the code of RFC 8935, and takes nothing', async (t) => {
    const { push, signed, taken, refused, nowS, issuer } = await received(t);
    const stranger = await makeSigningKey('b');
    const forger = await makeSigningKey('a');
    const idToken = await signed({ sub: 'ada', exp: nowS + 300, nonce: 'n', events: undefined }, { typ: 'JWT' });
    const cases: readonly (readonly [what: string, token: string, err: string])[] = [
      ['an ID token', idToken, 'invalid_request'],
      ['an event that says it is a JWT', await signed({}, { typ: 'JWT' }), 'invalid_request'],
      ['an event that does not say what it is', await signed({}, { typ: undefined }), 'invalid_request'],
      ['an expired one', await signed({ exp: nowS - 120 }), 'invalid_request'],
      ['one from the future', await signed({ iat: nowS + 120 }), 'invalid_request'],
      ['one from the day before yesterday', await signed({ iat: nowS - (2 * MAX_AGE_MS) / 1000 }), 'invalid_request'],
      ['one without a name', await signed({ jti: undefined }), 'invalid_request'],
      ['one without events', await signed({ events: {} }), 'invalid_request'],
      ['one whose events are none', await signed({ events: [] }), 'invalid_request'],
      ['one whose event is none', await signed({ events: { a: 'b' } }), 'invalid_request'],
      ['somebody else’s', await signed({ iss: 'https://evil.example' }), 'invalid_issuer'],
      ['one for somebody else', await signed({ aud: 'https://other.example' }), 'invalid_audience'],
      ['an unknown key', await signed({}, { kid: 'b' }, stranger), 'invalid_key'],
      ['a forged one', await signed({}, {}, forger), 'authentication_failed'],
      ['no token at all', 'hello', 'invalid_request'],
    ];
    const said: string[][] = [];
    for (const [what, token] of cases) {
      const { status, body, language } = await push(token);
      assert.deepEqual([status, language, Object.keys(body)], [400, 'en', ['err', 'description']], what);
      said.push([what, body.err]);
    }
    assert.deepEqual(
      said,
      cases.map(([what, , err]) => [what, err]),
    );
    assert.deepEqual(taken, []);
    assert.equal(refused.length, cases.length);
    assert.equal(issuer.requests, 2, 'the keys, and the unknown one');
  });

  test('says nothing of what it would have taken', async (t) => {
    const { push, signed } = await received(t);
    const said = await Promise.all([
      push(await signed({ iss: 'https://evil.example' })),
      push(await signed({ aud: 'https://other.example' })),
      push('hello'),
    ]);
    const text = JSON.stringify(said);
    for (const secret of [ISSUER, AUDIENCE, SUBJECTS]) assert.ok(!text.includes(secret), secret);
  });

  test('reads bodies of one kind, of a bounded length', async (t) => {
    const { push, signed, taken, url } = await received(t);
    const token = await signed({});
    const answers = [
      await push(token, { 'content-type': 'application/json' }),
      await push(token, { 'content-type': 'text/plain' }),
      await push(''),
      await push('x'.repeat(MAX_TOKEN + 1)),
      await push(token, { 'content-encoding': 'gzip' }),
    ];
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.err]),
      [
        [400, 'invalid_request'],
        [400, 'invalid_request'],
        [400, 'invalid_request'],
        [413, 'invalid_request'],
        [415, 'invalid_request'],
      ],
    );
    const asked = await fetch(url);
    assert.deepEqual([asked.status, asked.headers.get('allow')], [405, 'POST']);
    assert.equal((await push(`${token}\n`)).status, 202);
    assert.equal(taken.length, 1);
  });

  test('invariant 26: an event that comes again is taken for what it is', async (t) => {
    const { push, signed, taken } = await received(t);
    const token = await signed({ sub_id: ada });
    assert.deepEqual([(await push(token)).status, (await push(token)).status], [202, 202]);
    assert.equal(taken.length, 1);
  });

  test('has it brought again where the keys or the disk cannot be had', async (t) => {
    const { push, signed, issuer, setStoreAway, taken, key } = await received(t);
    issuer.answer(500);
    const token = await signed({});
    const first = await push(token);
    assert.deepEqual([first.status, first.body, first.retryAfter], [503, '', '15']);
    issuer.publish(key);
    setStoreAway(true);
    assert.equal((await push(token)).status, 503);
    setStoreAway(false);
    assert.equal((await push(token)).status, 202);
    assert.equal(taken.length, 1);
  });

  test('invariant 27: follows an issuer that changes its keys', async (t) => {
    const { push, signed, issuer, clock, key } = await received(t);
    const next = await makeSigningKey('next', 'RS256');
    assert.equal((await push(await signed({ jti: '1' }))).status, 202);
    issuer.publish(next);
    assert.equal((await push(await signed({ jti: '2' }, { kid: 'next', alg: 'RS256' }, next))).status, 202);
    const old = await push(await signed({ jti: '3' }, {}, key));
    assert.deepEqual([old.status, old.body.err], [400, 'invalid_key'], 'a key that was taken out');
    for (let at = 0; at < 20; at++) await push(await signed({ jti: '3' }, {}, key));
    assert.equal(issuer.requests, 3);
    clock.advance(60_000);
    await push(await signed({ jti: '3' }, {}, key));
    assert.equal(issuer.requests, 4);
  });
});

describe('What an event says', () => {
  type Row = readonly [what: string, claims: Claims, effect: string, subjects: readonly string[]];
  const rows: readonly Row[] = [
    ['CAEP', { sub_id: ada }, 'shut', ['ada']],
    ['CAEP of old', { events: { [`${CAEP}/session-revoked`]: { subject: ada } } }, 'shut', ['ada']],
    ['RISC', { events: { [`${RISC}/account-disabled`]: {} }, sub_id: ada }, 'shut', ['ada']],
    [
      'RISC of old',
      { events: { [`${RISC}/account-purged`]: { subject: { ...ada, format: undefined, subject_type: 'iss-sub' } } } },
      'shut',
      ['ada'],
    ],
    ['a role that changed', { events: { [`${CAEP}/token-claims-change`]: {} }, sub_id: ada }, 'look', ['ada']],
    ['an account that is back', { events: { [`${RISC}/account-enabled`]: {} }, sub_id: ada }, 'look', ['ada']],
    [
      'SCIM',
      { events: { [`${SCIM}:prov:deactivate`]: {} }, sub_id: { format: 'scim', uri: '/Users/1a', externalId: 'ada' } },
      'shut',
      ['ada'],
    ],
    [
      'SCIM without a name of its own',
      { events: { [`${SCIM}:prov:patch:notice`]: {} }, sub_id: { format: 'scim', uri: 'https://x/Users/1%20a' } },
      'look',
      ['1 a'],
    ],
    ['a draft of SCIM', { events: { 'urn:ietf:params:SCIM:event:prov:delete': {} }, sub_id: ada }, 'shut', ['ada']],
    [
      'a group',
      { events: { [`${SCIM}:prov:put:full`]: {} }, sub_id: { format: 'scim', uri: '/Groups/1' } },
      'look',
      [],
    ],
    ['several', { events: { 'urn:x': {}, [`${CAEP}/session-revoked`]: {} }, sub_id: ada }, 'shut', ['ada']],
    ['something unheard of', { events: { 'https://example.com/new': {} }, sub_id: ada }, 'look', ['ada']],
    [
      'that the stream works',
      { events: { 'https://schemas.openid.net/secevent/ssf/event-type/verification': {} } },
      'none',
      [],
    ],
    [
      'a session of somebody',
      { sub_id: { format: 'complex', user: ada, session: { format: 'opaque', id: 's' } } },
      'shut',
      ['ada'],
    ],
    [
      'somebody by other names',
      { sub_id: { format: 'aliases', identifiers: [{ format: 'email', email: 'a@b.c' }, ada] } },
      'shut',
      ['ada'],
    ],
    ['somebody of ours by our own name', { sub_id: { format: 'iss_sub', iss: SUBJECTS, sub: 'bea' } }, 'shut', ['bea']],
    ['somebody of another issuer', { sub_id: { ...ada, iss: 'https://other.example' } }, 'shut', []],
    ['an address', { sub_id: { format: 'email', email: 'ada@willow.example' } }, 'shut', []],
    ['a subject as in other tokens', { sub: 'ada' }, 'shut', ['ada']],
    ['no subject that is one', { sub_id: { format: '__proto__' } }, 'shut', []],
  ];

  test('is read in all the ways in which standards write it', async (t) => {
    const { push, signed, taken } = await received(t);
    const said: unknown[] = [];
    for (const [at, [what, claims]] of rows.entries()) {
      assert.equal((await push(await signed({ jti: `${at}`, ...claims }))).status, 202, what);
      const last = taken.at(-1);
      said.push([what, last?.effect, last?.subjects.map(({ sub }) => sub)]);
    }
    assert.deepEqual(
      said,
      rows.map(([what, , effect, subjects]) => [what, effect, subjects]),
    );
  });

  test('may name somebody by a DID', async (t) => {
    const { push, signed, taken } = await received(t);
    await push(await signed({ sub_id: { format: 'did', url: 'did:key:z6Mk#keys-1' } }));
    assert.deepEqual(taken[0]?.handles, [{ kind: 'did', value: 'did:key:z6Mk' }]);
  });
});
