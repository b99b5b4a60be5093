import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { NetworkSource } from '../../../src/core/events.ts';
import { MARKED_SINCE_MS } from '../../../src/core/identity/freeq-claim.ts';
import { cloakOf, type FreeqLine, freeqSignature, freeqSource } from '../../../src/core/identity/freeq-evidence.ts';
import { parseLine } from '../../../src/core/irc/line.ts';

const VICTIM = 'did:plc:victimvictimvictim';
const KEY = 'did:key:z6Mks931fakefakefake';
const AFTER = MARKED_SINCE_MS + 86_400_000;

/** Who said a line as a server of freeq writes it. */
function who(raw: string, known?: FreeqLine['known'], replayed = false): NetworkSource {
  const line = parseLine(raw);
  assert.ok(line?.source !== undefined);
  return freeqSource({
    source: line.source,
    tags: line.tags,
    atMs: AFTER,
    replayed,
    ...(known === undefined ? {} : { known }),
  });
}

describe('an account', () => {
  test('counts where the host is the cloak of that DID', () => {
    assert.deepEqual(who(`@account=${KEY} :alice!alice@freeq/key/z6Mks931 PRIVMSG #c :hi`), {
      nick: 'alice',
      user: 'alice',
      host: 'freeq/key/z6Mks931',
      account: KEY,
    });
  });

  const forged: ReadonlyArray<[who: string, prefix: string]> = [
    ['a guest', 'gst1!gst1@freeq/guest'],
    ['a guest whose user name looks like the cloak', 'gst1!x@freeq/plc/victimvi@freeq/guest'],
    ['a guest whose user name holds a whole address', 'gst1!alice!a@freeq/plc/victimvi@freeq/guest'],
    ['a program made by a guest', 'gst1!spawn@freeq/spawn'],
  ];
  for (const [name, prefix] of forged)
    test(`forged by ${name} is none`, () => {
      const said = who(`@account=${VICTIM} :${prefix} PRIVMSG #c :hi`);
      assert.deepEqual([said.account, said.origin], [null, undefined]);
    });

  test('that is not the one of the cloak is not believed, and neither is that there is none', () => {
    const said = who(`@account=${VICTIM} :alice!alice@freeq/key/z6Mks931 PRIVMSG #c :hi`);
    assert.equal('account' in said, false);
  });

  test('is written in small letters: tag keys are case-sensitive', () => {
    const said = who(`@Account=${KEY};ACCOUNT=${KEY} :alice!alice@freeq/key/z6Mks931 PRIVMSG #c :hi`);
    assert.equal('account' in said, false);
  });

  test('of an edit, which carries none, is the one that the server showed when they joined', () => {
    const line = '@+draft/edit=01A :alice!alice@freeq/key/z6Mks931 PRIVMSG #c :hi';
    assert.equal(who(line, { present: true, did: KEY }).account, KEY);
    assert.equal('account' in who(line, { present: true, did: VICTIM }), false);
  });

  const WILLOW = 'did:web:willow.example';
  const forgedEdit = `@account=${WILLOW};+draft/edit=01A;msgid=01B :mallory!m@freeq/web/willow.e PRIVMSG #c :I, the chair, resign`;

  test('written on an edit by a client whose cloak begins like the victim’s is not believed', () => {
    assert.equal('account' in who(forgedEdit), false);
    const mallory = 'did:web:willow.evil.example';
    assert.equal(who(forgedEdit, { present: true, did: mallory }).account, mallory);
  });

  test('of an edit in history is the server’s word: it writes there who it was', () => {
    assert.equal(who(forgedEdit, undefined, true).account, WILLOW);
  });

  test('that a client may prefix with + is nothing', () => {
    assert.equal(who(`@+account=${KEY} :gst1!gst1@freeq/guest PRIVMSG #c :hi`).account, null);
  });
});

describe('an origin', () => {
  test('from a server makes the account that server’s word', () => {
    assert.deepEqual(who(`@account=${KEY};+freeq.at/origin=A.test :alice PRIVMSG #c :hi`), {
      nick: 'alice',
      account: KEY,
      origin: 'A.test',
    });
  });

  test('from a server without an account is a guest there', () => {
    assert.deepEqual(who('@+freeq.at/origin=A.test :gina PRIVMSG #c :hi'), {
      nick: 'gina',
      account: null,
      origin: 'A.test',
    });
  });

  test('beside an address of a peer’s own making is that peer’s', () => {
    const said = who(`@account=${VICTIM};+freeq.at/origin=J.test :zed!zed@matrix.example PRIVMSG #c :hi`);
    assert.deepEqual([said.account, said.origin], [VICTIM, 'J.test']);
  });

  const contradictory: ReadonlyArray<[who: string, line: string]> = [
    ['a guest', `@account=${VICTIM};+freeq.at/origin=B.test :gst1!gst1@freeq/guest PRIVMSG #c :hi`],
    ['a person with a DID', `@account=${KEY};+freeq.at/origin=B.test :alice!a@freeq/key/z6Mks931 PRIVMSG #c :hi`],
    [
      'a lying peer that imitates a cloak',
      `@account=${KEY};+freeq.at/origin=J.test :al!a@freeq/key/z6Mks931 PRIVMSG #c :hi`,
    ],
  ];
  for (const [name, line] of contradictory)
    test(`beside a cloak of this server, as ${name} can have it, names nobody`, () => {
      const said = who(line);
      assert.deepEqual([said.account, said.origin], [null, '?']);
    });

  test('that no line names is the one seen before, else a server without a name', () => {
    const away = { present: false, did: null };
    assert.equal(who('@+react=x :alice TAGMSG #c', { ...away, origin: 'A.test' }).origin, 'A.test');
    assert.equal(who(':zed!zed@s2s JOIN #c').origin, '?');
  });
});

test('programs are told by the server’s address and by what they say of themselves', () => {
  assert.equal(who(':b!spawn@freeq/spawn PRIVMSG #c :hi').actor, 'agent');
  assert.equal(who('@+freeq.at/actor-class=external_agent :b!b@freeq/guest PRIVMSG #c :hi').actor, 'agent');
  assert.equal('actor' in who('@+freeq.at/actor-class=human :b!b@freeq/guest PRIVMSG #c :hi'), false);
});

test('nothing that a guest types gives them an account or makes them somebody else’s', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9/.@!:_-]{1,30}$/);
  const tag = fc.tuple(
    fc.constantFrom(
      'account',
      '+freeq.at/origin',
      '+freeq.at/actor-class',
      '+freeq.at/sig',
      'msgid',
      'Account',
      '+account',
    ),
    fc.oneof(word, fc.constantFrom(VICTIM, KEY, 'B.test', '')),
  );
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 6 }), word, (tags, user) => {
      const head = tags.map(([key, value]) => `${key}=${value}`).join(';');
      const said = who(`@${head === '' ? 'x' : head} :gst1!${user}@freeq/guest PRIVMSG #c :hi`);
      assert.equal(said.account, null);
      assert.ok(said.origin === undefined || said.origin === '?', said.origin);
    }),
  );
});

test('a cloak is made of the method and the first eight characters', () => {
  assert.deepEqual(
    [cloakOf(KEY), cloakOf('did:web:oak.example'), cloakOf('did:plc:abc')],
    ['freeq/key/z6Mks931', 'freeq/web/oak.exam', 'freeq/plc/abc'],
  );
});

test('a signature that came along is unchecked, never good', () => {
  assert.equal(freeqSignature(new Map([['+freeq.at/sig', 'ed25519:k:s']])), 'unchecked');
  assert.equal(freeqSignature(new Map([['+freeq.at/sig', '']])), 'none');
  assert.equal(freeqSignature(new Map([['+Freeq.at/sig', 'ed25519:k:s']])), 'none');
});
