import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { exportSPKI, importJWK, type JWTPayload } from 'jose';
import { fixedKeys, type KeySet } from '../../../src/authority/keys/key-set.ts';
import { publicKeysOf } from '../../../src/authority/keys/public-keys.ts';
import { RemoteKeys, TRUST_MS } from '../../../src/authority/keys/remote-keys.ts';
import { MAX_TOKEN, verifyToken } from '../../../src/authority/keys/verify-token.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { type JwksServer, makeSigningKey, type SigningKey, startJwksServer } from './jwks-server.ts';

const ISSUER = 'https://id.willow.example';
const AUDIENCE = 'https://bridge.willow.example';
const TYP = 'secevent+jwt';
const DAY_MS = 86_400_000;

const clock = new ManualClock();
const nowS = (): number => Math.floor(clock.nowMs() / 1000);
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  iat: nowS(),
  jti: 'one',
  ...more,
});

const setOf = (...keys: readonly SigningKey[]): KeySet => {
  const found = publicKeysOf({ keys: keys.map(({ jwk }) => jwk) }, 'The set');
  assert.ok(found.kind === 'ok');
  return fixedKeys(found.value);
};

async function verdict(keys: KeySet, token: string): Promise<string> {
  const said = await verifyToken(token, {
    keys,
    typ: TYP,
    issuer: ISSUER,
    audience: AUDIENCE,
    claims: ['jti'],
    maxAgeMs: DAY_MS,
    clock,
  });
  return said.kind === 'refused' ? said.fault : said.kind;
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('A signed token', () => {
  test('counts with every asymmetric algorithm, and whichever way its type is written', async () => {
    const said: string[] = [];
    for (const alg of ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256']) {
      const key = await makeSigningKey('a', alg);
      said.push(await verdict(setOf(key), await key.sign(claims(), { typ: TYP })));
    }
    const key = await makeSigningKey('a');
    said.push(await verdict(setOf(key), await key.sign(claims(), { typ: `application/${TYP}` })));
    said.push(await verdict(setOf(key), await key.sign(claims({ aud: ['x', AUDIENCE] }), { typ: TYP })));
    assert.deepEqual(said, Array(7).fill('ok'));
  });

  test('invariant 26: counts for nothing where issuer, audience, type, time or signature are not right', async () => {
    const key = await makeSigningKey('a');
    const other = await makeSigningKey('a');
    const keys = setOf(key);
    const signed = (more: JWTPayload, header: Record<string, unknown> = { typ: TYP }) => key.sign(claims(more), header);
    const right = await signed({});
    const cases: Readonly<Record<string, [token: string, fault: string]>> = {
      'another issuer': [await signed({ iss: 'https://id.other.example' }), 'issuer'],
      'no issuer': [await key.sign({ aud: AUDIENCE, iat: nowS() }, { typ: TYP }), 'issuer'],
      'another audience': [await signed({ aud: 'https://other.example' }), 'audience'],
      'no audience': [await key.sign({ iss: ISSUER, iat: nowS(), jti: 'one' }, { typ: TYP }), 'audience'],
      'an ID token': [await signed({ sub: 'ada', exp: nowS() + 300 }, { typ: 'JWT' }), 'type'],
      'no type': [await signed({}, {}), 'type'],
      expired: [await signed({ exp: nowS() - 61 }), 'time'],
      'not yet': [await signed({ nbf: nowS() + 61 }), 'time'],
      'from the future': [await signed({ iat: nowS() + 61 }), 'time'],
      'long ago': [await signed({ iat: nowS() - DAY_MS / 1000 - 61 }), 'time'],
      'without a time': [await key.sign({ iss: ISSUER, aud: AUDIENCE, jti: 'one' }, { typ: TYP }), 'claims'],
      'without an id': [await key.sign({ iss: ISSUER, aud: AUDIENCE, iat: nowS() }, { typ: TYP }), 'claims'],
      'a key of nobody': [await (await makeSigningKey('b')).sign(claims(), { typ: TYP }), 'key'],
      'signed by another under its name': [await other.sign(claims(), { typ: TYP }), 'signature'],
      'changed afterwards': [
        [right.split('.')[0], segment(claims({ sub: 'eve' })), right.split('.')[2]].join('.'),
        'signature',
      ],
      'no token': ['hello', 'malformed'],
      empty: ['', 'malformed'],
      'too long': ['a'.repeat(MAX_TOKEN + 1), 'malformed'],
      'encrypted, it says': [`${segment({ alg: 'dir', enc: 'A256GCM', typ: TYP })}....`, 'malformed'],
    };
    const said: Record<string, string> = {};
    for (const [name, [token]] of Object.entries(cases)) said[name] = await verdict(keys, token);
    assert.deepEqual(said, Object.fromEntries(Object.entries(cases).map(([name, [, fault]]) => [name, fault])));
  });

  test('invariant 26: counts for nothing where its algorithm is none, or its secret the public key', async () => {
    const key = await makeSigningKey('a', 'RS256');
    const keys = setOf(key);
    const unsigned = `${segment({ alg: 'none', typ: TYP, kid: 'a' })}.${segment(claims())}.`;
    const pem = await exportSPKI((await importJWK(key.jwk, 'RS256')) as Parameters<typeof exportSPKI>[0]);
    const secrets = [pem, pem.trim(), JSON.stringify(key.jwk), String(key.jwk.n)];
    const forged = secrets.map((secret) => {
      const body = `${segment({ alg: 'HS256', typ: TYP, kid: 'a' })}.${segment(claims())}`;
      return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
    });
    const said = await Promise.all(
      [unsigned, unsigned.replace(/\.$/, '.AA'), ...forged].map((each) => verdict(keys, each)),
    );
    assert.deepEqual(said, Array(6).fill('algorithm'));
  });

  test('says nothing of itself in a key of its own', async () => {
    const [key, other] = [await makeSigningKey('a'), await makeSigningKey('evil')];
    const token = await other.sign(claims(), { typ: TYP, kid: undefined, jwk: other.jwk, jku: 'http://127.0.0.1:1/' });
    assert.equal(await verdict(setOf(key), token), 'signature');
  });
});

describe('A key set', () => {
  test('is read for its public keys for signatures, and for nothing else', async () => {
    const { jwk } = await makeSigningKey('a');
    const kids = (json: unknown): unknown => {
      const found = publicKeysOf(json, 'The set');
      return found.kind === 'ok' ? found.value.map(({ kid }) => kid) : found.kind;
    };
    assert.deepEqual(
      [
        kids({ keys: [jwk, { ...jwk, use: 'enc', kid: 'b' }, { kty: 'oct', k: 'AAAA', kid: 'c' }, null, 'x'] }),
        kids({ keys: [{ ...jwk, d: 'secret' }] }),
        kids({ keys: [{ ...jwk, alg: 'HS256' }] }),
        kids({ keys: [] }),
        kids({ keys: Array(101).fill(jwk) }),
        kids([jwk]),
        kids(null),
      ],
      [['a'], 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown'],
    );
  });

  test('of which a key cannot be used refuses what is signed by it', async () => {
    const key = await makeSigningKey('a');
    const found = publicKeysOf({ keys: [{ ...key.jwk, x: 'AA' }] }, 'The set');
    assert.ok(found.kind === 'ok');
    assert.equal(await verdict(fixedKeys(found.value), await key.sign(claims(), { typ: TYP })), 'key');
  });
});

describe('A key set that somebody publishes', () => {
  async function published(t: TestContext, ...keys: readonly SigningKey[]) {
    const server = await startJwksServer(...keys);
    t.after(() => server.close());
    return { server, keys: new RemoteKeys({ url: server.url, whose: 'The key set', clock }) };
  }
  const token = (key: SigningKey) => key.sign(claims(), { typ: TYP });

  test('is asked for once for many tokens', async (t) => {
    const key = await makeSigningKey('a');
    const { server, keys } = await published(t, key);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token(key)));
    assert.deepEqual(
      await Promise.all(tokens.map((each) => verdict(keys, each))),
      tokens.map(() => 'ok'),
    );
    assert.equal(server.requests, 1);
  });

  test('invariant 27: keys may change, and a key that was taken out is not believed any more', async (t) => {
    const [old, next] = [await makeSigningKey('old'), await makeSigningKey('next')];
    const { server, keys } = await published(t, old);
    assert.equal(await verdict(keys, await token(old)), 'ok');
    server.publish(old, next);
    assert.deepEqual([await verdict(keys, await token(next)), await verdict(keys, await token(old))], ['ok', 'ok']);
    assert.equal(server.requests, 2);
    server.publish(next);
    clock.advance(TRUST_MS);
    assert.deepEqual([await verdict(keys, await token(next)), await verdict(keys, await token(old))], ['ok', 'key']);
  });

  test('invariant 27: unknown keys cause few questions, and one each', async (t) => {
    const [known, ...strangers] = await Promise.all(
      Array.from({ length: 40 }, (_, at) => makeSigningKey(`kid-${at}`, 'EdDSA')),
    );
    assert.ok(known !== undefined);
    const { server, keys } = await published(t, known);
    assert.equal(await verdict(keys, await token(known)), 'ok');
    const [first] = strangers;
    assert.ok(first !== undefined);
    const again = await token(first);
    for (let at = 0; at < 5; at++) assert.equal(await verdict(keys, again), 'key');
    assert.equal(server.requests, 2, 'one name is looked for once');
    const said = new Set<string>();
    for (const stranger of strangers) said.add(await verdict(keys, await token(stranger)));
    await Promise.all(strangers.map(async (stranger) => verdict(keys, await token(stranger))));
    assert.deepEqual([...said].sort(), ['key', 'unknown']);
    assert.equal(server.requests, 3, 'however many names there are');
    assert.equal(await verdict(keys, await token(known)), 'ok', 'those that are known go on');
    clock.advance(15_000);
    await Promise.all(strangers.map(async (stranger) => verdict(keys, await token(stranger))));
    assert.equal(server.requests, 4);
  });

  test('that cannot be had makes everything unknown, asks seldom, and trusts nothing for longer than it may', async (t) => {
    const key = await makeSigningKey('a');
    const { server, keys } = await published(t, key);
    const answers: [string, (server: JwksServer) => void][] = [
      ['500', (one) => one.answer(500)],
      ['not JSON', (one) => one.answer(200, '<html>')],
      ['no keys', (one) => one.answer(200, '{"keys": []}')],
      ['elsewhere', (one) => one.answer(302)],
      ['too long', (one) => one.answer(200, `{"keys": [${' '.repeat(300_000)}]}`)],
    ];
    const said: string[] = [];
    for (const [, break_] of answers) {
      break_(server);
      clock.advance(60_000);
      said.push(await verdict(keys, await token(key)));
    }
    assert.deepEqual(said, Array(5).fill('unknown'));
    clock.advance(60_000);
    server.answer(503);
    const before = server.requests;
    for (let at = 0; at < 20; at++) assert.equal(await verdict(keys, await token(key)), 'unknown');
    assert.equal(server.requests - before, 3);
    server.publish(key);
    clock.advance(60_000);
    assert.equal(await verdict(keys, await token(key)), 'ok');
    server.answer(503);
    clock.advance(TRUST_MS - 1);
    assert.equal(await verdict(keys, await token(key)), 'ok');
    clock.advance(1);
    assert.equal(await verdict(keys, await token(key)), 'unknown');
  });
});
