import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { makeRegistration } from '../../src/config/registration/registration.ts';
import { randomToken, writeRegistration } from '../../src/config/registration/registration-write.ts';
import { changed, complaints, goodConfig, goodRegistration, inFolder, load } from './fixture.ts';

const AGAIN = 'Run `causeway register --force` and have the homeserver load the new file.';
const withRegistration = (text: string): Promise<string[]> =>
  complaints(goodConfig, { files: { 'registration.yaml': text } });
const replacing = (piece: string | RegExp, by: string): string =>
  goodRegistration((text) => {
    const changed = text.replace(piece, () => by);
    assert.notEqual(changed, text, `not in the registration: ${piece}`);
    return changed;
  });

describe('a registration that is made', () => {
  const made = makeRegistration({
    serverName: 'willow.example:8448',
    url: 'http://causeway:9009',
    randomToken: () => 'x'.repeat(64),
  });

  test('takes the bridge’s names alone, anchored, with the server’s name escaped', () => {
    assert.deepEqual(made, {
      id: 'causeway',
      url: 'http://causeway:9009',
      as_token: 'x'.repeat(64),
      hs_token: 'x'.repeat(64),
      sender_localpart: '_causeway_bot',
      rate_limited: false,
      protocols: ['irc'],
      receive_ephemeral: true,
      'de.sorunome.msc2409.push_ephemeral': true,
      namespaces: {
        users: [{ exclusive: true, regex: '^@_causeway_.*:willow\\.example:8448$' }],
        aliases: [{ exclusive: true, regex: '^#_causeway_.*:willow\\.example:8448$' }],
        rooms: [],
      },
    });
  });

  test('has tokens of 64 hexadecimal digits, never the same', () => {
    const tokens = Array.from({ length: 100 }, randomToken);
    assert.equal(new Set(tokens).size, 100);
    for (const token of tokens) assert.match(token, /^[0-9a-f]{64}$/);
  });

  test('is read back as it was made', async () => {
    const { loaded } = await load(goodConfig);
    assert.deepEqual(loaded.ok && loaded.registration, {
      id: 'causeway',
      asToken: '1'.repeat(64),
      hsToken: '2'.repeat(64),
    });
  });

  test('means the same to the library that other bridges use', async () => {
    const { AppServiceRegistration } = await import('matrix-appservice-bridge');
    const theirs = AppServiceRegistration.fromObject(parse(goodRegistration()));
    assert.equal(theirs.isUserMatch('@_causeway_home_anna:willow.example', true), true);
    assert.equal(theirs.isUserMatch('@_causeway_home_anna:willowxexample', true), false);
    assert.equal(theirs.isUserMatch('@anna:willow.example', true), false);
    assert.equal(theirs.isAliasMatch('#_causeway_home_commons:willow.example', true), true);
  });
});

describe('writing a registration', () => {
  test('lets only its owner read it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'registration.yaml');
      assert.deepEqual(await writeRegistration(path, 'text', { force: false }), { ok: true, replaced: false });
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    }));

  test('leaves one that is there as it is, unless it is forced', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'registration.yaml');
      await writeFile(path, 'as_token: real');
      assert.deepEqual(await writeRegistration(path, 'new', { force: false }), {
        ok: false,
        why: 'exists',
        text: `${path} is there already, and the homeserver may know its tokens. Add --force to replace them, and restart the homeserver then.`,
      });
      assert.equal(await readFile(path, 'utf8'), 'as_token: real');
      assert.deepEqual(await writeRegistration(path, 'new', { force: true }), { ok: true, replaced: true });
      assert.equal(await readFile(path, 'utf8'), 'new');
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    }));

  test('replaces the committed sample without being forced, and closes it to others', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'registration.yaml');
      await writeFile(path, await readFile(new URL('../../registration.yaml', import.meta.url)), { mode: 0o644 });
      assert.deepEqual(await writeRegistration(path, 'new', { force: false }), { ok: true, replaced: true });
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    }));

  test('into a folder that is not there fails with words', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'nowhere', 'registration.yaml');
      assert.deepEqual(await writeRegistration(path, 'new', { force: false }), {
        ok: false,
        why: 'failed',
        text: `${path} could not be written (ENOENT).`,
      });
    }));
});

describe('a start refuses a registration', () => {
  const regex = '^@_causeway_.*:willow\\.example$';
  const users = (by: string): string => replacing(regex, by);

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'that is not YAML',
      'id: [',
      [
        'registration.yaml:1:6: Here a ] is missing. Close each brace and bracket, as in {host: 127.0.0.1, port: 6667}.',
      ],
    ],
    [
      'that is empty',
      '',
      ['registration.yaml:1:1: This is no registration: it has no keys. Run `causeway register --force`.'],
    ],
    ['without an as_token', replacing(/^as_token.*\n/m, ''), [`registration.yaml:1:1: as_token is missing. ${AGAIN}`]],
    [
      'whose token is a number',
      replacing(/^as_token.*$/m, 'as_token: 12345'),
      [`registration.yaml:5:11: as_token is not a text. ${AGAIN}`],
    ],
    [
      'whose token is short',
      replacing('1'.repeat(64), 'abc'),
      [`registration.yaml:5:11: as_token has 3 characters and can be guessed; at least 32 are asked for. ${AGAIN}`],
    ],
    [
      'whose token no header can carry',
      replacing(/^hs_token:.*$/m, `hs_token: "${'x'.repeat(32)}\\r\\nX: y"`),
      [`registration.yaml:6:11: hs_token holds characters that no HTTP header carries safely. ${AGAIN}`],
    ],
    [
      'whose tokens are the same',
      replacing('2'.repeat(64), '1'.repeat(64)),
      [
        `registration.yaml:6:11: hs_token and as_token are the same: whoever sees one could act for both sides. ${AGAIN}`,
      ],
    ],
    [
      'with an upper-case sender',
      replacing('_causeway_bot', '_Causeway_Bot'),
      [
        'registration.yaml:7:19: sender_localpart is "_Causeway_Bot"; upper case stops Dendrite at its start. Write _causeway_bot, and restart the homeserver.',
      ],
    ],
    [
      'of another bridge’s bot',
      replacing('_causeway_bot', 'ircbot'),
      [
        'registration.yaml:7:19: sender_localpart is "ircbot", and this bridge’s bot is _causeway_bot. Write _causeway_bot, and restart the homeserver.',
      ],
    ],
    [
      'whose url ends in a slash',
      replacing('9009', '9009/'),
      [
        'registration.yaml:4:6: url ends in a slash, so that Dendrite would call "http://127.0.0.1:9009//_matrix/…". Write http://127.0.0.1:9009, and restart the homeserver.',
      ],
    ],
    [
      'whose url differs from the configuration’s',
      replacing('9009', '9999'),
      [
        'registration.yaml:4:6: url is "http://127.0.0.1:9999", and appservice.url is "http://127.0.0.1:9009". Write http://127.0.0.1:9009, and restart the homeserver, or change appservice.url in the configuration.',
      ],
    ],
    [
      'without namespaces',
      replacing(/^namespaces:.*/ms, ''),
      [`registration.yaml:1:1: namespaces is missing, which stops Dendrite at its start. ${AGAIN}`],
    ],
    [
      'without names for users',
      replacing(/ {2}users:\n.*\n.*\n/, '  users: []\n'),
      [
        `registration.yaml:14:10: namespaces.users is empty: the homeserver would not let the bridge have its users. ${AGAIN}`,
      ],
    ],
    [
      'with an entry that has no regex',
      replacing(`regex: ${regex}`, 'pattern: x'),
      [`registration.yaml:15:7: An entry of namespaces.users has no regex. ${AGAIN}`],
    ],
    [
      'whose regex is not anchored at the end',
      users('^@_causeway_.*:willow\\.example'),
      [
        `registration.yaml:16:14: The regex "^@_causeway_.*:willow\\\\.example" is not anchored by ^ and $, so that it also matches names that only hold it. ${AGAIN}`,
      ],
    ],
    [
      'whose regex does not name the server',
      users('^@_causeway_.*$'),
      [
        `registration.yaml:16:14: The regex "^@_causeway_.*$" does not name the server, so that it also matches people of other servers. ${AGAIN}`,
      ],
    ],
    [
      'whose regex leaves dots unescaped',
      users('^@_causeway_.*:willow.example$'),
      [
        `registration.yaml:16:14: The regex "^@_causeway_.*:willow.example$" leaves the dots of the server’s name unescaped. ${AGAIN}`,
      ],
    ],
    [
      'whose regex takes everybody',
      users('^@.*:willow\\.example$'),
      [
        `registration.yaml:16:14: The regex "^@.*:willow\\\\.example$" takes every name of the server, not only those with _causeway_. ${AGAIN}`,
      ],
    ],
    [
      'whose regex looks around',
      users("'^@(?!x)_causeway_.*:willow\\.example$'"),
      [
        `registration.yaml:16:14: The regex "^@(?!x)_causeway_.*:willow\\\\.example$" uses look-around or back references, which stops Dendrite at its start. ${AGAIN}`,
      ],
    ],
    [
      'whose regex is none',
      users("'^@(:willow\\.example$'"),
      [`registration.yaml:16:14: The regex "^@(:willow\\\\.example$" is no regular expression. ${AGAIN}`],
    ],
    [
      'whose regex could take for ever',
      users("'^@_causeway_(.|.)*:willow\\.example$'"),
      [
        `registration.yaml:16:14: The regex "^@_causeway_(.|.)*:willow\\\\.example$" is too intricate to be checked. ${AGAIN}`,
      ],
    ],
    [
      'for another prefix',
      users('^@_irc_.*:willow\\.example$'),
      [
        `registration.yaml:15:5: namespaces.users does not hold @_causeway_…:willow.example, the users of this bridge. ${AGAIN}`,
      ],
    ],
    [
      'that others may register names of',
      replacing('exclusive: true', 'exclusive: false'),
      [
        'registration.yaml:15:18: The names of namespaces.users are not exclusive: anybody could register one and be taken for somebody of the bridge. Write exclusive: true, and restart the homeserver.',
      ],
    ],
  ];
  for (const [name, text, expected] of cases)
    test(name, async () => assert.deepEqual(await withRegistration(text), expected));

  test('that is the committed sample, with one sentence', async () => {
    const sample = await readFile(new URL('../../registration.yaml', import.meta.url), 'utf8');
    assert.deepEqual(await withRegistration(sample), [
      'registration.yaml:5:11: This is the sample, whose tokens everybody can read. Run `causeway register`: it writes one with fresh tokens and says what the homeserver needs.',
    ]);
  });

  test('together with the mistakes of the configuration', async () => {
    const config = goodConfig.replace('nick: causeway', 'nick: cause way');
    assert.deepEqual(await complaints(config, { files: { 'registration.yaml': replacing('1'.repeat(64), 'abc') } }), [
      'config.yaml:7:17: networks[0].bot.nick is "cause way". Write one word that begins with a letter.',
      `registration.yaml:5:11: as_token has 3 characters and can be guessed; at least 32 are asked for. ${AGAIN}`,
    ]);
  });
});

test('a registration that cannot be read is told together with a homeserver that is written wrong', async () => {
  const config = changed('http://127.0.0.1:8008', 'localhost', goodConfig);
  assert.deepEqual(await complaints(config, { files: { 'registration.yaml': 'id: [' } }), [
    'config.yaml:2:8: homeserver.url is "localhost". Write an http(s) URL without a slash at the end, such as http://127.0.0.1:8008.',
    'registration.yaml:1:6: Here a ] is missing. Close each brace and bracket, as in {host: 127.0.0.1, port: 6667}.',
  ]);
  // Whose it should be nobody knows here.
  const [, ...more] = await complaints(config);
  assert.deepEqual(more, []);
});
