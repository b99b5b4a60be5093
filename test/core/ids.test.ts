import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  asNetworkId,
  escapeLocalpart,
  type GhostSubject,
  isDirectId,
  keyFromLine,
  keyFromMsgid,
  keyFromReplay,
  laneKind,
  lanePortal,
  makeDirectId,
  makeGhostId,
  makeLaneId,
  makePortalId,
  parseGhostId,
  unescapeLocalpart,
} from '../../src/core/ids.ts';

const home = asNetworkId('home');
const digest = (text: string): string => Buffer.from(text).toString('hex').padEnd(16, '0').slice(-16);

describe('localparts', () => {
  const vectors: ReadonlyArray<[plain: string, escaped: string]> = [
    ['alice', 'alice'],
    ['Alice', '_alice'],
    ['a_b', 'a__b'],
    ['[m]', '=5bm=5d'],
    ['{|}^\\', '=7b=7c=7d=5e=5c'],
    ['zoë', 'zo=c3=ab'],
    ['a/b', 'a=2fb'],
    ['1.2-3', '1.2-3'],
    ['', ''],
  ];
  for (const [plain, escaped] of vectors) {
    test(`${JSON.stringify(plain)} is written ${JSON.stringify(escaped)} and read back`, () => {
      assert.equal(escapeLocalpart(plain), escaped);
      assert.equal(unescapeLocalpart(escaped), plain);
    });
  }

  test('any well-formed text comes back, from lower case only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeLocalpart(text);
        assert.match(escaped, /^[a-z0-9_.=-]*$/);
        assert.equal(unescapeLocalpart(escaped), text.toWellFormed());
      }),
    );
  });

  for (const foreign of ['Alice', '=4', '=zz', '_', '_1', '=41', 'a/b', '=c3', '=C3=AB', 'a b']) {
    test(`${JSON.stringify(foreign)} is nothing that was ever written`, () => {
      assert.equal(unescapeLocalpart(foreign), undefined);
    });
  }
});

describe('ghost ids', () => {
  const server = 'willow.example';
  const subject: fc.Arbitrary<GhostSubject> = fc.record(
    {
      kind: fc.constantFrom('account', 'nick'),
      name: fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme' }),
      origin: fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
    },
    { noNullPrototype: true, requiredKeys: ['kind', 'name'] },
  );

  test('an account and a nick of the same name are two ghosts', () => {
    assert.equal(
      makeGhostId(home, { kind: 'account', name: 'Al' }, server, digest),
      '@_causeway_home_a+_al:willow.example',
    );
    assert.equal(makeGhostId(home, { kind: 'nick', name: 'Al' }, server, digest), '@_causeway_home__al:willow.example');
  });

  test('people of one name at two servers are different ghosts, and none is the one of the server that we are at', () => {
    const ids = [undefined, 'A.test', 'a.test', 'B.test'].map((origin) =>
      makeGhostId(home, { kind: 'nick', name: 'al', ...(origin === undefined ? {} : { origin }) }, server, digest),
    );
    assert.deepEqual(ids, [
      '@_causeway_home_al:willow.example',
      '@_causeway_home_o+_a.test+al:willow.example',
      '@_causeway_home_o+a.test+al:willow.example',
      '@_causeway_home_o+_b.test+al:willow.example',
    ]);
  });

  test('no name makes somebody of this server one of another', () => {
    fc.assert(
      fc.property(
        subject,
        fc.constantFrom('o/b/al', 'a/al', 'o+b+al', 'o+b+a+al', 'a+', '/', 'o=2fb=2f'),
        ({ kind }, name) => {
          const made = parseGhostId(makeGhostId(home, { kind, name }, server, digest), server);
          assert.deepEqual(made?.subject, { kind, name });
        },
      ),
    );
  });

  test('name their network and subject again', () => {
    fc.assert(
      fc.property(subject, (who) => {
        const id = makeGhostId(home, who, server, digest);
        const isCut = id.includes('++');
        assert.deepEqual(parseGhostId(id, server), isCut ? undefined : { network: home, subject: who });
      }),
    );
  });

  test('fit a Matrix id however long the name, and stay told apart', () => {
    const name = 'é'.repeat(300);
    const one = makeGhostId(home, { kind: 'nick', name: `${name}1` }, server, digest);
    const two = makeGhostId(home, { kind: 'nick', name: `${name}2` }, server, digest);
    assert.ok(Buffer.byteLength(one) <= 254, `${Buffer.byteLength(one)} bytes`);
    assert.notEqual(one, two);
    assert.equal(parseGhostId(one, server), undefined);
  });

  test('fit a Matrix id however long the name of the server, and stay told apart', () => {
    const origin = 'é'.repeat(64);
    const made = [origin, `${origin}1`].map((from) =>
      makeGhostId(home, { kind: 'account', name: 'did:key:z6Mk', origin: from }, server, digest),
    );
    for (const id of made) {
      assert.ok(Buffer.byteLength(id) <= 254, `${Buffer.byteLength(id)} bytes`);
      assert.equal(parseGhostId(id, server), undefined);
    }
    assert.notEqual(made[0], made[1]);
  });

  for (const other of [
    '@alice:willow.example',
    '@_causeway_bot:willow.example',
    '@_causeway_home_al:oak.example',
    '@_causeway_home_:willow.example',
    '@_causeway_home_a/al:willow.example',
    '@_causeway_home_o+oak+a/al:willow.example',
    '@_causeway_home_o+oak+:willow.example',
    '@_causeway_home_o++al:willow.example',
    '',
  ]) {
    test(`${JSON.stringify(other)} is no ghost of ours`, () => {
      assert.equal(parseGhostId(other, server), undefined);
    });
  }
});

describe('lanes and keys', () => {
  test('a lane names its portal and direction', () => {
    const portal = makePortalId(home, '#a:b/c');
    const lane = makeLaneId(portal, 'to-network');
    assert.equal(lanePortal(lane), portal);
    assert.equal(laneKind(lane), 'to-network');
    assert.equal(laneKind(makeLaneId(portal, 'to-matrix')), 'to-matrix');
  });

  test('keys of the three kinds never meet', () => {
    assert.deepEqual([keyFromMsgid('a:1'), keyFromLine('a', 1), keyFromReplay('a', 1)], ['m:a:1', 'l:a:1', 'h:a:1']);
  });
});

test('a private conversation is told from a channel by its id, whatever the channel is called', () => {
  const home = asNetworkId('home');
  const ids = [
    makeDirectId(home, '@alice:willow.example', { kind: 'nick', name: 'bob' }),
    makeDirectId(home, '@alice:willow.example', { kind: 'nick', name: 'bob' }, 'u@bob.home'),
    makeDirectId(home, '@alice:willow.example', { kind: 'nick', name: 'bob', origin: 'u@bob.home' }),
    makeDirectId(home, '@alice:willow.example', { kind: 'account', name: 'bob' }),
    makeDirectId(home, '@alice:willow.example', { kind: 'account', name: 'bob', origin: 'irc.peer.example' }),
    makePortalId(home, '#a/=b'),
    makePortalId(home, '&=b'),
  ];
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids.map(isDirectId), [true, true, true, true, true, false, false]);
});
