import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Attribute, SearchEntry, SearchResponse } from 'ldapts';
import { decode, type LdapEntry } from '../../src/authority/ldap/decode.ts';
import { normalDn } from '../../src/authority/ldap/dn.ts';
import { entriesToMembers, type Vocabulary } from '../../src/authority/ldap/entries-to-members.ts';
import { Frames } from '../../src/authority/ldap/frames.ts';
import { systemClock } from '../../src/clock.ts';
import { ISSUER, makeAuthority } from './ldap-world.ts';

const WORDS: Vocabulary = {
  issuer: ISSUER,
  statuses: { sabbatical: 'hibernating' },
  roles: { board: 'council' },
  subjectAttribute: 'uid',
  matrixAttribute: 'matrixId',
  ircAttribute: 'ircAccount',
  statusAttribute: 'employeeType',
};

const entry = (dn: string, attributes: Readonly<Record<string, readonly string[]>>): LdapEntry => ({
  dn,
  attributes: new Map(Object.entries(attributes)),
});
const ada = (change: Readonly<Record<string, readonly string[]>> = {}): LdapEntry =>
  entry('uid=ada,dc=willow', { uid: ['ada'], cn: ['Ada'], ...change });
const group = (cn: string, ...member: string[]): LdapEntry => entry(`cn=${cn},dc=willow`, { cn: [cn], member });

const message = (dn: string, values: readonly string[]): Buffer => {
  const attribute = new Attribute({ type: 'cn', values: [...values] });
  const { buffer } = new (class extends SearchEntry {
    protected override writeMessage(writer: Parameters<Attribute['write']>[0]): void {
      writer.writeString(dn);
      writer.startSequence();
      attribute.write(writer);
      writer.endSequence();
    }
    get buffer(): Buffer {
      return this.write();
    }
  })({ messageId: 7 });
  return buffer;
};

describe('names of entries', () => {
  const SAME: readonly (readonly string[])[] = [
    [
      'uid=ada,ou=people,dc=willow',
      'UID=Ada, OU=People,DC=Willow',
      'uid = ada ; ou=people;dc=willow',
      'uid=\\61da,ou=people,dc=willow',
    ],
    ['cn=Lovelace\\, Ada,dc=x', 'cn=Lovelace\\2C Ada,dc=x', 'cn="Lovelace, Ada",dc=x', 'cn=Lovelace\\,  Ada,dc=x'],
    ['cn=ada+uid=7,dc=x', 'uid=7+cn=Ada,dc=x'],
    ['cn=Zoë,dc=x', 'cn=Zo\\C3\\AB,dc=x'],
    ['cn=a\\=b,dc=x', 'cn=a=b,dc=x'],
    ['cn=ends in a space\\ ,dc=x', 'cn=ends in a space,dc=x'],
  ];

  test('are the same in all their spellings', () => {
    assert.deepEqual(
      SAME.map((spellings) => new Set(spellings.map(normalDn)).size),
      SAME.map(() => 1),
    );
  });

  test('are others where they are others', () => {
    const all = [
      ...SAME.map(([first = '']) => first),
      'cn=Lovelace,Ada=x',
      'cn=Lovelace\\,dc=x',
      'cn=a\\+b=c,dc=x',
      'cn=a+b=c,dc=x',
    ];
    assert.equal(new Set(all.map(normalDn)).size, all.length);
  });

  test('are found in whatever text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => typeof normalDn(text) === 'string'));
  });
});

describe('messages of a directory', () => {
  test('are whole however the stream was cut', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 64 }), (values, size) => {
        const messages = values.map((value) => message(`cn=${value}`, [value]));
        const stream = Buffer.concat(messages);
        const frames = new Frames();
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) found.push(...frames.push(stream.subarray(at, at + size)));
        assert.deepEqual(found, messages);
        for (const [i, bytes] of found.entries()) {
          const received = decode(bytes);
          assert.equal(received.op === 'entry' && received.entry.dn, `cn=${values[i]}`.toWellFormed());
        }
      }),
      { numRuns: 200 },
    );
  });

  test('that are none end in an error, and nothing else', () => {
    const good = message('cn=ada,dc=willow', ['Ada', 'Countess of Lovelace']);
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bad = Buffer.from(good);
        for (const [at, byte] of changes) bad[at] = byte;
        try {
          for (const bytes of new Frames().push(bad)) decode(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('are bounded', () => {
    const huge = Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
    assert.throws(() => [...new Frames().push(huge)], /2147483647 bytes/);
  });

  test('from somebody who is no directory are said to be none', async () => {
    for (const greeting of [
      '220 mail.willow.example ESMTP\r\n',
      '\x30\x03\x02\x01',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
    ]) {
      const server = createServer((socket) => socket.on('error', () => {}).end(greeting, 'latin1'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const authority = makeAuthority(systemClock, { config: { url: `ldap://127.0.0.1:${port}` } });
      assert.equal((await authority.snapshot()).kind, 'unknown');
      await authority.close();
      server.close();
    }
  });

  test('that are the end of a search say whether there is more', () => {
    const response = new SearchResponse({ messageId: 3 });
    assert.deepEqual(decode(Buffer.from('300c02010365070a010004000400', 'hex')), {
      id: response.messageId,
      op: 'result',
      code: 0,
      detail: '',
      cookie: undefined,
    });
  });
});

describe('entries of a directory', () => {
  const members = (people: readonly LdapEntry[], ...groups: LdapEntry[]) => entriesToMembers({ people, groups }, WORDS);

  test('are members, with seats and roles by their groups', () => {
    const me = 'UID=Ada, DC=Willow';
    const found = members(
      [
        ada({
          employeetype: ['Sabbatical'],
          displayname: ['Ada L.'],
          matrixid: ['@ada:willow', 'nonsense'],
          ircaccount: ['home/ada', 'ada'],
        }),
      ],
      group('garden', me),
      group('garden:coordinator', me),
      group('Board', me),
      group('a:b', me),
      group('house', 'uid=ben,dc=willow'),
    );
    assert.deepEqual(found, {
      kind: 'ok',
      value: [
        {
          subject: { iss: ISSUER, sub: 'ada' },
          name: 'Ada L.',
          status: 'hibernating',
          statusText: 'Sabbatical',
          seats: [
            { group: 'a:b', roles: ['member'], visibility: 'canonical' },
            { group: 'garden', roles: ['member', 'coordinator'], visibility: 'canonical' },
          ],
          roles: [{ role: 'council' }],
          handles: [
            { kind: 'mxid', value: '@ada:willow' },
            { kind: 'irc-account', network: 'home', value: 'ada' },
          ],
        },
      ],
    });
  });

  test('have one standing, or none that means something', () => {
    const standing = (...words: string[]): string => {
      const found = members([ada({ employeetype: words })]);
      return found.kind === 'ok' ? (found.value[0]?.status ?? '') : found.reason;
    };
    assert.deepEqual(
      [
        standing(),
        standing('ACTIVE'),
        standing('sabbatical', 'hibernating'),
        standing('active', 'suspended'),
        standing('contractor'),
        standing('__proto__'),
      ],
      ['active', 'active', 'hibernating', 'unmapped', 'unmapped', 'unmapped'],
    );
  });

  test('make nobody absent who may be there', () => {
    const reasons = [
      members([]),
      members([ada()], group('garden'), group('house')),
      members([ada()], entry('cn=garden', { cn: ['garden'], 'member;range=0-1499': ['uid=ada,dc=willow'] })),
      members([ada({ uid: [] })]),
      members([ada({ uid: ['ada', 'countess'] })]),
      members([ada(), entry('uid=ada,ou=old', { uid: ['ada'] })]),
      members([ada({ ircaccount: ['home/ada'] }), entry('uid=ben', { uid: ['ben'], ircaccount: ['home/ada'] })]),
    ].map((found) => (found.kind === 'unknown' ? found.reason : 'found'));
    assert.deepEqual(reasons, [
      'ambiguous',
      'ambiguous',
      'ambiguous',
      'malformed',
      'malformed',
      'ambiguous',
      'ambiguous',
    ]);
  });
});
