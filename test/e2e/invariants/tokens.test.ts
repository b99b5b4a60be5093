import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Person } from '../../authority/contract.ts';
import { type JwksServer, makeSigningKey, type SigningKey, startJwksServer } from '../../authority/keys/jwks-server.ts';
import { CAUSEWAY_ALIAS, provision, type Service, TOKEN } from '../../authority/scim-service.ts';
import { serveScimmy } from '../../authority/scimmy-service.ts';
import { type HttpProxy, startHttpProxy } from '../../servers/http-proxy.ts';
import { type IrcUser, MatrixRefusal, waitUntil } from '../../servers/people.ts';
import { type Cooperative, mxid, startCooperative } from '../cooperative.ts';

const COMMONS = '#commons';
const ISSUER = 'https://id.willow.example';
const AUDIENCE = 'https://bridge.willow.example/events';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
/** Nobody waits for the next round: only what is pushed can be the reason. */
const NEVER_S = 7_200;

const person = (sub: string, status = 'active'): Person => ({
  sub,
  name: sub,
  status,
  matrix: mxid(sub),
  irc: `home/${sub}`,
  groups: [],
  roles: sub === 'ada' ? ['council'] : ['member'],
});

describe('events that an identity provider pushes', () => {
  let coop: Cooperative;
  let witness: IrcUser;
  let directory: Service;
  let toDirectory: HttpProxy;
  let issuer: JwksServer;
  let key: SigningKey;
  let count = 0;

  before(async () => {
    key = await makeSigningKey('first');
    issuer = await startJwksServer(key);
    directory = await serveScimmy();
    toDirectory = await startHttpProxy(directory.port);
    const everybody = ['ada', 'bea', 'cem', 'dan'];
    await named(everybody.map((who) => person(who)));
    coop = await startCooperative(
      'inv-tokens',
      everybody,
      {},
      {
        channels: [{ channel: COMMONS, guard: false }],
        authority: {
          source: 'scim',
          softSeconds: NEVER_S,
          hardSeconds: NEVER_S,
          scim: { url: `${toDirectory.url}/scim/v2`, token: TOKEN, intervalSeconds: NEVER_S },
          events: { issuer: ISSUER, audience: AUDIENCE, jwksUrl: issuer.url },
        },
      },
    );
    witness = await coop.shard.ircUser('witness', { channels: [COMMONS] });
    for (const who of everybody) {
      await coop.until('willow', who, 'invite');
      await coop.enter('willow', who);
    }
    await coop.opened('commons', 'restricted');
    for (const who of everybody) await coop.enter('commons', who);
  });
  after(async () => {
    await witness?.quit();
    await coop?.shard.stop();
    await toDirectory?.stop();
    await directory?.end();
    await issuer?.close();
  });

  const named = (people: readonly Person[]): Promise<void> => provision(directory, people, CAUSEWAY_ALIAS);
  const nowS = (): number => Math.floor(Date.now() / 1000);
  const about = (sub: string): object => ({ format: 'scim', uri: '/Users/any', externalId: sub });
  const claims = (more: object = {}): Record<string, unknown> => ({
    iss: ISSUER,
    aud: AUDIENCE,
    iat: nowS(),
    jti: `event-${count++}`,
    events: { [`${CAEP}/token-claims-change`]: {} },
    ...more,
  });
  const signed = (more: object = {}, header: Record<string, unknown> = {}, by = key): Promise<string> =>
    by.sign(claims(more), { typ: 'secevent+jwt', ...header });
  async function push(token: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${coop.shard.httpPort}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: token,
    });
    const text = await response.text();
    return text === '' ? `${response.status}` : `${response.status} ${JSON.parse(text).err}`;
  }
  const say = (who: string, text: string): Promise<unknown> =>
    coop.room('commons').then((room) => coop.shard.person(who).send(room, text));
  const wasOnIrc = (text: string): boolean => witness.lines.some(({ raw }) => raw.includes(text));
  const onIrc = (text: string) => waitUntil(() => wasOnIrc(text), { timeoutMs: 20_000, what: `"${text}" on IRC` });
  const audited = async (action: string): Promise<string[]> =>
    (await coop.audit()).filter((entry) => entry.action === action).map(({ subject }) => String(subject));

  test('invariant 28: a suspension that is pushed ends lines within a second, however seldom the directory is asked', async () => {
    await say('bea', 'as long as she may');
    await onIrc('as long as she may');
    await named([person('ada'), person('bea', 'suspended'), person('cem'), person('dan')]);
    await say('bea', 'nobody has said anything yet');
    await onIrc('nobody has said anything yet');
    assert.equal(await push(await signed({ sub_id: about('bea') })), '202');
    const pushedMs = performance.now();
    const sent: { text: string; atMs: number }[] = [];
    const speaking = (async () => {
      try {
        for (let at = 0; ; at++) {
          const line = { text: `bea goes on ${at}.`, atMs: performance.now() - pushedMs };
          await say('bea', line.text);
          sent.push(line);
        }
      } catch (error) {
        assert.ok(error instanceof MatrixRefusal, String(error));
      }
    })();
    await coop.until('commons', 'bea', 'leave');
    await coop.until('willow', 'bea', 'leave');
    await speaking;
    await say('ada', 'ada after it');
    await onIrc('ada after it');
    const late = sent.filter(({ text, atMs }) => atMs > 1_000 && wasOnIrc(text));
    assert.deepEqual(late, []);
  });

  test('invariant 26: what is not to be believed has no effect', async () => {
    const requests = (): number => toDirectory.seen.length;
    const before = requests();
    const gates = (await audited('gate.shut')).length;
    const body = `${Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'secevent+jwt', kid: 'first' })).toString('base64url')}.${Buffer.from(JSON.stringify(claims({ sub_id: about('cem') }))).toString('base64url')}`;
    const forged = createHmac('sha256', JSON.stringify(key.jwk)).update(body).digest('base64url');
    const revoked = { sub_id: about('cem'), events: { [`${CAEP}/session-revoked`]: {} } };
    const answers = [
      await push(await signed({ ...revoked, iss: 'https://evil.example' })),
      await push(await signed({ ...revoked, aud: 'https://other.example' })),
      await push(await signed({ sub: 'cem', exp: nowS() + 300, events: undefined }, { typ: 'JWT' })),
      await push(await signed(revoked, { typ: 'JWT' })),
      await push(
        `${body.replace(/^[^.]*/, Buffer.from('{"alg":"none","typ":"secevent+jwt"}').toString('base64url'))}.`,
      ),
      await push(`${body}.${forged}`),
      await push(await signed({ ...revoked, exp: nowS() - 300 })),
      await push(await signed({ ...revoked, iat: nowS() + 300 })),
      await push(await signed(revoked, {}, await makeSigningKey('first'))),
    ];
    assert.deepEqual(answers, [
      '400 invalid_issuer',
      '400 invalid_audience',
      '400 invalid_request',
      '400 invalid_request',
      '400 invalid_key',
      '400 invalid_key',
      '400 invalid_request',
      '400 invalid_request',
      '400 authentication_failed',
    ]);
    await say('cem', 'cem goes on');
    await onIrc('cem goes on');
    assert.deepEqual([requests(), (await audited('gate.shut')).length], [before, gates]);
  });

  test('invariant 26: a session that ended shuts the gate until the directory has answered, over a restart too, and once', async () => {
    const away = toDirectory.rule({ fits: () => true, fault: { kind: 'answer', status: 503 } });
    const revoked = await signed({ sub_id: about('cem'), events: { [`${CAEP}/session-revoked`]: {} } });
    assert.equal(await push(revoked), '202');
    await say('cem', 'said behind a shut gate');
    await say('ada', 'ada meanwhile');
    await onIrc('ada meanwhile');
    await coop.shard.restartBridge();
    await say('cem', 'said behind it after a restart');
    await say('dan', 'dan meanwhile');
    await onIrc('dan meanwhile');
    assert.deepEqual(
      [await coop.membership('commons', 'cem'), wasOnIrc('said behind a shut gate'), wasOnIrc('after a restart')],
      ['join', false, false],
    );
    away();
    await waitUntil(async () => (await audited('gate.open')).some((subject) => subject.endsWith(' cem')), {
      timeoutMs: 40_000,
      what: 'the gate to open',
    });
    await say('cem', 'cem is back');
    await onIrc('cem is back');
    const shut = (await audited('gate.shut')).length;
    assert.equal(await push(revoked), '202');
    await say('cem', 'cem stays');
    await onIrc('cem stays');
    assert.equal((await audited('gate.shut')).length, shut);
    assert.ok(!wasOnIrc('said behind'));
  });

  test('invariant 27: an issuer changes its keys, and what it took out is not believed', async () => {
    const next = await makeSigningKey('next', 'EdDSA');
    issuer.publish(next);
    const before = issuer.requests;
    assert.equal(await push(await signed({ sub_id: about('dan') }, {}, next)), '202');
    assert.equal(await push(await signed({ sub_id: about('dan') })), '400 invalid_key');
    const strangers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => makeSigningKey(`unknown-${at}`, 'EdDSA')),
    );
    const answers = new Set<string>();
    for (const stranger of strangers) answers.add(await push(await signed({}, {}, stranger)));
    assert.deepEqual(
      [...answers].filter((said) => !['400 invalid_key', '503'].includes(said)),
      [],
    );
    assert.ok(issuer.requests - before <= 3, `${issuer.requests - before} questions`);
    assert.equal(await push(await signed({ sub_id: about('dan') }, {}, next)), '202');
  });
});
