import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { PeerAssertions } from '../../src/authority/assertions/peer-assertions.ts';
import type { Agreement } from '../../src/core/authority/agreement.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { agreement, OWN, PEER } from '../core/authority/agreement-fixture.ts';
import { NOW_MS } from '../core/authority/fixture.ts';
import { makeSigningKey, type SigningKey, startJwksServer } from './keys/jwks-server.ts';

const clock = { nowMs: () => NOW_MS, after: () => () => {} } as unknown as Clock;
const freshness = { asOfMs: NOW_MS, revision: 7, via: 'poll' } as const;
const NOW_SEC = NOW_MS / 1000;
const TYP = { typ: 'visitor+jwt' };
const claims = {
  iss: PEER.iss,
  sub: 'vera',
  aud: OWN.iss,
  iat: NOW_SEC - 10,
  exp: NOW_SEC + 300,
  jti: 'j1',
  agr: 'willow-elm',
  agr_ver: 3,
  matrix: '@vera:elm.example',
  grants: [{ resource: 'channel:home/#commons', actions: ['channel.join', 'channel.moderate', 'channel.send'] }],
};

describe('What a peer says of one of its people', () => {
  let key: SigningKey;
  before(async () => {
    key = await makeSigningKey('elm-1', 'EdDSA');
  });

  const agreed = (more: Partial<Agreement['peer']> = {}): Agreement =>
    agreement({ peer: { ...PEER, jwks: { keys: [key.jwk] }, ...more } });
  const verify = async (token: string, one = agreed()) => {
    const answer = await new PeerAssertions(OWN, clock).verify(token, [one], freshness);
    return answer.kind === 'absent' ? answer.code : answer.kind;
  };
  const signed = (more: Record<string, unknown> = {}, header: Record<string, unknown> = TYP, by = key) =>
    by.sign({ ...claims, ...more }, header);

  test('is believed as far as it goes: actions that visitors never have are none', async () => {
    const answer = await new PeerAssertions(OWN, clock).verify(
      await signed({ roles: ['council'] }),
      [agreed()],
      freshness,
    );
    assert.deepEqual(answer, {
      kind: 'found',
      freshness,
      value: {
        agreement: 'willow-elm',
        version: 3,
        subject: { iss: PEER.iss, sub: 'vera' },
        userId: '@vera:elm.example',
        grants: [{ resource: 'channel:home/#commons', actions: ['channel.join', 'channel.send'] }],
        jti: 'j1',
        issuedAtMs: NOW_MS - 10_000,
        untilMs: NOW_MS + 300_000,
      },
    });
  });

  test('of another issuer, audience, type, agreement or time is refused (invariants 26, 34)', async () => {
    const wrong: readonly [string, Record<string, unknown>, Record<string, unknown>?][] = [
      ['issuer', { iss: 'https://id.oak.example' }],
      ['issuer', { iss: OWN.iss }],
      ['audience', { aud: 'https://id.oak.example' }],
      ['type', {}, {}],
      ['type', {}, { typ: 'JWT' }],
      ['type', {}, { typ: 'secevent+jwt' }],
      ['unreadable', { agr: 'willow-oak' }],
      ['version', { agr_ver: 2 }],
      ['foreign-account', { matrix: '@vera:oak.example' }],
      ['foreign-account', { matrix: '@ada:willow.example' }],
      ['claims', { matrix: 'vera' }],
      ['claims', { agr_ver: '3' }],
      ['claims', { jti: '' }],
      ['too-long', { exp: NOW_SEC + 3_000 }],
      ['time', { iat: NOW_SEC - 7_000, exp: NOW_SEC - 6_700 }],
      ['time', { iat: NOW_SEC + 4_000, exp: NOW_SEC + 4_100 }],
    ];
    for (const [code, more, header] of wrong)
      assert.equal(await verify(await signed(more, header)), code, JSON.stringify([more, header]));
    for (const claim of ['sub', 'exp', 'jti', 'agr_ver', 'matrix'])
      assert.equal(await verify(await signed({ [claim]: undefined })), 'claims', `without ${claim}`);
  });

  test('signed by somebody else, by nobody, or with the public key as a secret is refused (invariant 26)', async () => {
    assert.equal(await verify(await signed({}, TYP, await makeSigningKey('elm-1', 'EdDSA'))), 'signature');
    assert.equal(await verify(await signed({}, TYP, await makeSigningKey('elm-2', 'EdDSA'))), 'key');
    const none = Buffer.from(JSON.stringify({ alg: 'none', ...TYP })).toString('base64url');
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    assert.equal(await verify(`${none}.${body}.`), 'algorithm');
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const secret = new TextEncoder().encode(await exportSPKI(publicKey));
    const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'elm-1', ...TYP }).sign(secret);
    assert.equal(await verify(hmac), 'algorithm');
  });

  test('under an agreement that admits nobody is not even looked at (invariant 33)', async () => {
    const over = agreement({ state: 'revoked', peer: { ...PEER, jwks: { keys: [key.jwk] } } });
    assert.equal(await verify(await signed(), over), 'agreement.revoked');
  });

  test('that is no token, or too long for one, is refused', async () => {
    for (const token of ['', 'a.b.c', 'x'.repeat(10_000), `${await signed()}x`])
      assert.notEqual(await verify(token), 'found', token.slice(0, 20));
    assert.equal(await verify(await signed({ filler: 'x'.repeat(9_000) })), 'unreadable');
  });

  test('may be signed with keys that the peer publishes and changes; where they cannot be had, nobody can say', async (t) => {
    const server = await startJwksServer(key);
    t.after(() => server.close());
    const one = agreed({ jwks: server.url });
    assert.equal(await verify(await signed(), one), 'found');
    server.answer(500);
    assert.equal(await verify(await signed(), one), 'unknown');
    server.publish(await makeSigningKey('elm-9', 'EdDSA'));
    assert.equal(await verify(await signed(), one), 'key');
  });
});
