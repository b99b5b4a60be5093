import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { env } from '../../src/config/doc.ts';
import { changed, complaints, goodConfig, type Surroundings } from './fixture.ts';

/** One mistake each: what somebody wrote. What they read about it stands in mistakes.golden.txt. */
type Mistake = readonly [name: string, config: string, around?: Surroundings];

const nick = 'bot: {nick: causeway}';
const link = '- {channel: "#commons", room: "#commons"}';
const more = (lines: string): string => changed(link, `${link}\n${lines}`);
const groups = (keys: string, list: string): string => `cooperative: {name: Willow, ${keys}groups: [${list}]}\n`;
const top = (lines: string): string => `${goodConfig}${lines}\n`;

const events = 'authority: {source: file, path: m.yaml, events: {issuer: "https://id.example", audience: bridge';
const key = '{kty: OKP, crv: Ed25519, x: AAAA}';

const MISTAKES: readonly Mistake[] = [
  ['a tab for indentation', 'homeserver:\n\turl: http://127.0.0.1:8008\n'],
  ['a line that is indented too far', changed('  serverName', '   serverName')],
  ['a line that is indented too little', top('log:\n  level: info\n format: json')],
  [
    'an entry of a list that is indented too little',
    changed('      - {', '     - {').replace(link, `${link}\n    ${link}`),
  ],
  ['a space that only looks like one', changed('  serverName', '\u00a0 serverName')],
  ['a colon without a space', changed('serverName: willow', 'serverName:willow')],
  ['a colon in a name without quotes', top('cooperative: {}').replace('{}', '\n  name: Willow: the co-op')],
  ['a quote that is not closed', changed('http://127.0.0.1:8008', '"http://127.0.0.1:8008')],
  ['quotes of a word processor', changed('channel: "#commons"', 'channel: “#commons”')],
  ['a quote inside quotes', top('cooperative: {name: "The "Willow" house"}')],
  ['a brace too many', changed('tls: false}', 'tls: false}}')],
  ['an unquoted @', top('cooperative:\n  name: Willow\n  admins: [@ada:willow.example]')],
  ['an unquoted *', changed('nick: causeway', 'nick: *causeway')],
  ['a \\ in double quotes', changed('nick: causeway', 'nick: "cause\\way"')],
  ['a list on the line of its key', changed('networks:\n  - id: home', 'networks: - id: home')],
  ['a map where entries of a list are wanted', changed('networks:\n  - id: home', 'networks:\n    id: home')],
  ['a brace that is not closed', changed('tls: false}', 'tls: false')],
  ['an unquoted # in braces', changed('channel: "#commons"', 'channel: #commons')],
  ['an unquoted # in a block', more('      - channel: #garden\n        room: "#garden"')],
  ['an unquoted ! of a room id', more('      - channel: "#garden"\n        room: !abc:willow.example')],
  ['a second document', top('---\nhttp: {}')],
  ['an empty file', ''],
  ['a file that is only text', 'homeserver\n'],
  ['a key that stands twice', top('log: {}\nlog: {level: debug}')],
  ['a key with a slip', changed(nick, 'bot: {nik: causeway}')],
  ['a key in another spelling', changed('serverName', 'server_name')],
  ['a key that belongs elsewhere', changed(nick, `${nick}\n    maxLines: 5`)],
  ['a key that is nothing like any', top('frobnicate: 1')],
  ['the key __proto__', top('__proto__: {polluted: true}')],
  ['a key with a line break in it', top('"a\\nb": 1')],
  ['a key that is a list', top('? [a]\n: 1')],
  ['a missing part', 'homeserver: {url: http://127.0.0.1:8008, serverName: willow.example}\n'],
  ['a missing key', changed('host: 127.0.0.1, ', '')],
  ['a list that is empty', 'homeserver: {url: http://127.0.0.1:8008, serverName: willow.example}\nnetworks: []\n'],
  ['a text where a map is wanted', changed('{host: 127.0.0.1, port: 6667, tls: false}', '127.0.0.1:6667')],
  ['a map where a list is wanted', changed(`channels:\n      ${link}`, 'channels: {"#commons": "#commons"}')],
  ['a list where a text is wanted', changed('id: home', 'id: [home]')],
  ['a number where a text is wanted', changed('nick: causeway', 'nick: 123')],
  ['a number for a password, which is not shown', changed('tls: false}', 'tls: false, password: 12345}')],
  ['a text where a number is wanted', changed('6667', '"6667"')],
  ['a number out of its range', changed('6667', '66670')],
  ['a fraction', changed(nick, `${nick}\n    puppets: {max: 1.5}`)],
  ['yes for true', changed('tls: false', 'tls: no')],
  ['a word that is none of the choices', top('log: {level: verbose, format: JSON}')],
  ['a slash at the end of a URL', changed('http://127.0.0.1:8008', 'http://127.0.0.1:8008/')],
  ['a URL that is none', changed('http://127.0.0.1:8008', 'localhost:8008')],
  ['a server name that is a URL', changed('willow.example', 'https://willow.example')],
  ['an address without port', top('http: {listen: 127.0.0.1}')],
  ['a port that cannot be', top('http: {listen: "127.0.0.1:99999"}')],
  ['a network id in upper case', changed('id: home', 'id: Home')],
  ['a kind of network that is not there', changed('id: home', 'id: home\n    kind: xmpp')],
  ['a nick with a space', changed('nick: causeway', 'nick: cause way')],
  ['a line break smuggled into a real name', changed('nick: causeway', 'nick: causeway, realname: "x\\r\\nOPER a b"')],
  ['a nick template without the name', changed(nick, `${nick}\n    puppets: {nick: "matrix-person"}`)],
  ['a nick template with an unknown field', changed(nick, `${nick}\n    puppets: {nick: "{name}{id}"}`)],
  ['a relay format without the text', changed(nick, `${nick}\n    relay: {format: "<{name}>"}`)],
  ['a fingerprint that is too short', changed('tls: false', 'tlsFingerprint: "AB:CD"')],
  ['a database of another kind', top('database: mysql://root:hunter2@db/causeway')],
  ['a channel without a sign', more('      - {channel: garden, room: "#garden"}')],
  ['a channel with a comma', more('      - {channel: "#a,#b", room: "#garden"}')],
  ['a room without a sign', more('      - {channel: "#garden", room: garden}')],
  ['a variable that is not set', changed('nick: causeway', `nick: "${env('NICK')}"`)],
  [
    'two variables that are not set, in one text',
    changed('http://127.0.0.1:8008', `"http://${env('HOST')}:${env('PORT')}"`),
  ],
  ['a variable that is empty', changed('nick: causeway', `nick: "${env('NICK')}"`), { env: { NICK: '' } }],
  [
    'a variable with a value that cannot be, which is not shown',
    changed('nick: causeway', `nick: "${env('NICK')}"`),
    { env: { NICK: 'secret value' } },
  ],
  ['a variable without a name', changed('nick: causeway', `nick: "${env('')}"`)],
  [
    'a brace of a variable that is not closed',
    changed('tls: false}', `tls: false, password: "${env('X').slice(0, -1)}"}`),
  ],
  ["a secret's file that is not there", changed('tls: false}', 'tls: false, passwordFile: secret.txt}')],
  [
    "a secret's file that is empty",
    changed('tls: false}', 'tls: false, passwordFile: secret.txt}'),
    { files: { 'secret.txt': '\n' } },
  ],
  [
    "a secret's file with several lines",
    changed('tls: false}', 'tls: false, passwordFile: secret.txt}'),
    { files: { 'secret.txt': 'a\nb\n' } },
  ],
  ["a token's file that is not there", top('authority: {source: scim, scim: {tokenFile: secret.txt}}')],
  ["the database's file that is not there", top('databaseFile: secret.txt')],
  ["a secret's file that is a folder", changed('tls: false}', 'tls: false, passwordFile: .}')],
  [
    'a secret and its file',
    changed('tls: false}', 'tls: false, password: x, passwordFile: secret.txt}'),
    { files: { 'secret.txt': 'a' } },
  ],
  ['a secret that is missing', changed('nick: causeway', 'nick: causeway, oper: {user: bridge}')],
  ['a signing key that is missing', changed(nick, `${nick}\n    puppets: {sasl: {kind: jwt}}`)],
  ['an account without password', changed('nick: causeway', 'nick: causeway, sasl: {user: causeway}')],
  [
    'a certificate that is not there',
    changed('tls: false', 'tls: true').replace(
      'nick: causeway',
      'nick: causeway, sasl: {mechanism: external, certFile: a.crt, keyFile: a.key}',
    ),
    { files: { 'a.key': 'x' } },
  ],
  [
    'a certificate without TLS',
    changed('nick: causeway', 'nick: causeway, sasl: {mechanism: external, certFile: a.crt, keyFile: a.crt}'),
    { files: { 'a.crt': 'x' } },
  ],
  [
    'tokens for the bot without a key',
    changed('nick: causeway', 'nick: causeway, sasl: {mechanism: jwt, user: causeway}'),
  ],
  [
    'two networks with one id',
    more('  - id: home\n    server: {host: irc.example, port: 6697}\n    bot: {nick: causeway}'),
  ],
  [
    'two groups with one id',
    top('cooperative: {name: Willow, groups: [{id: garden, name: A}, {id: garden, name: B}]}'),
  ],
  ['two channels that share a room', more('      - {channel: "#garden", room: "#commons:willow.example"}')],
  [
    'two networks that share a room',
    more(
      '  - id: away\n    server: {host: irc.example, port: 6697}\n    bot: {nick: causeway}\n    channels: [{channel: "#commons", room: "#commons"}]',
    ),
  ],
  ['a channel with two rooms', more('      - {channel: "#Commons", room: "#garden"}')],
  [
    'a channel with two rooms, of one server under two ids',
    more(
      '  - id: again\n    server: {host: 127.0.0.1, port: 6667, tls: false}\n    bot: {nick: causeway2}\n    channels: [{channel: "#commons", room: "#garden"}]',
    ),
  ],
  ['a link that stands twice', more(`      ${link}`)],
  ['a room that is the Space', top('cooperative: {name: Willow, space: "#commons"}')],
  ['a group that is not there', more('      - {channel: "#garden", room: "#garden", group: garden}')],
  ['a role without an authority', more('      - {channel: "#garden", room: "#garden", require: member}')],
  ['members who can only be invited, without an authority', more('      - {channel: "#g", room: "#g", join: invite}')],
  [
    'a room that is a group’s Space, by the name that it gets',
    more('      - {channel: "#garden", room: "#willow-garden"}') +
      groups('space: "#willow", ', '{id: garden, name: Garden}'),
  ],
  [
    'a lobby that is the Space, and a group’s Space that is the admin room',
    top(
      'cooperative: {name: Willow, space: "#willow", lobby: "#willow:willow.example", adminRoom: "#a", groups: [{id: garden, name: Garden, space: "#a"}]}',
    ),
  ],
  ['a parent that is not there', goodConfig + groups('', '{id: garden, name: Garden, parent: house}')],
  ['a group that is its own parent', goodConfig + groups('', '{id: garden, name: Garden, parent: garden}')],
  [
    'parents in a circle, with a group outside of it',
    goodConfig +
      groups(
        '',
        '{id: out, name: Out, parent: b}, {id: a, name: A, parent: c}, {id: b, name: B, parent: a}, {id: c, name: C, parent: b}',
      ),
  ],
  ['an id of a group with a space', goodConfig + groups('', '{id: Garden group, name: Garden}')],
  [
    'an admin who is only a name, and a server that is a URL',
    top('cooperative: {name: Willow, admins: [ada], servers: ["https://elm.example"]}'),
  ],
  ['one admin without a list', top('cooperative: {name: Willow, admins: "@ada:willow.example"}')],
  ['an authority that is not there', top('authority: {source: SCIM}')],
  ['a list of members without its path', top('authority: {source: file}')],
  ['a list of members whose path is empty', top('authority: {source: file, path: }')],
  ['sources without their sections', top('authority: {source: ldap}')],
  ['an API without its section', top('authority: {source: coop-api}')],
  ['an API without its token', top('authority: {source: coop-api, coopApi: {url: http://127.0.0.1:3000}}')],
  ['pushed events without keys', top(`${events}}}`)],
  [
    'pushed events with keys from two places',
    top(`${events}, jwksUrl: "https://id.example/jwks", jwks: {keys: [${key}]}}}`),
  ],
  ['pushed events by a shared secret', top(`${events}, jwks: {keys: [{kty: oct, k: c2VjcmV0}]}}}`)],
  [
    'pushed events by a private key',
    top(`${events}, jwks: {keys: [${key}, {kty: OKP, crv: Ed25519, x: AA, d: hush}]}}}`),
  ],
  ['pushed events by keys that are a list', top(`${events}, jwks: [${key}]}}`)],
  ['pushed events of nobody', top('authority: {source: file, path: m.yaml, events: {jwksUrl: id.example}}')],
  ['a directory that is to write to us, without a section', top('authority: {source: scim}')],
  ['a directory that is to write to us, without a token', top('authority: {source: scim, scim: {}}')],
  [
    'a directory that is to write to us, with a short token, which is not shown',
    top('authority: {source: scim, scim: {token: hunter2}}'),
  ],
  [
    'a short token out of a file, which is not shown',
    top('authority: {source: scim, scim: {tokenFile: token}}'),
    { files: { token: 'hunter2' } },
  ],
  [
    'a service that is asked without a token',
    top('authority: {source: scim, scim: {url: https://id.example/scim/v2}}'),
  ],
  [
    'a directory server by an http URL',
    top('authority: {source: ldap, ldap: {url: http://127.0.0.1:389, base: dc=x}}'),
  ],
  [
    'somebody to bind as, without password',
    top('authority: {source: ldap, ldap: {url: ldap://127.0.0.1:389, base: dc=x, bindDn: cn=x}}'),
  ],
  [
    'a password for nobody',
    top('authority: {source: ldap, ldap: {url: ldap://127.0.0.1:389, base: dc=x, password: hunter2}}'),
  ],
  ['a key of a section beside it', top('authority: {source: scim, token: hunter2}')],
  [
    'standings and roles that nobody has',
    top('authority: {statuses: {sabbatical: hibernation, away: [x]}, roles: {board: admin}}'),
  ],
  ['standings by an empty word', top('authority: {statuses: {"": active}}')],
  ['standings as a list', top('authority: {statuses: [active]}')],
  ['limits the wrong way round', top('authority: {hardSeconds: 30}')],
  ['a record that is the list of members', top('authority: {source: file, path: ./m.yaml, audit: ./m.yaml}')],
  ['a role that nobody can have', more('      - {channel: "#garden", room: "#garden", require: admin}')],
  ['freeq without a word about who we are', changed('id: home', 'id: home\n    kind: freeq')],
  ['keys of freeq elsewhere', changed('id: home', 'id: home\n    freeq: {login: guest}')],
  [
    'a login of IRC on freeq',
    changed('id: home', 'id: home\n    kind: freeq\n    freeq: {}').replace(
      'causeway}',
      'causeway, nickserv: {password: hunter2}}',
    ),
  ],
  [
    'a fingerprint for a WebSocket',
    changed('tls: false}', `tls: true, webSocket: /irc, tlsFingerprint: "${'9F:'.repeat(31)}9F"}`),
  ],
  [
    'one identity on two servers of freeq',
    changed('id: home', 'id: home\n    kind: freeq\n    freeq: {}').replace(
      '\n  - id',
      '\n  - {id: away, kind: freeq, freeq: {keys: ./freeq-keys}, server: {host: b.example, port: 6697}, bot: {nick: b}}\n  - id',
    ),
  ],
  ['one place to listen for two', top('http: {listen: "0.0.0.0:9009"}')],
  [
    'many at once, in the order of the lines',
    changed('8008', '8008/').replace('id: home', 'id: Home').replace('causeway}', 'causeway, nck: x}') +
      'log: {level: loud}\n',
  ],
];

const goldenFile = new URL('./mistakes.golden.txt', import.meta.url);
/** `GOLDEN=write` rewrites the file from what is printed now, to be read before it is committed. */
const rewrite = process.env.GOLDEN === 'write';
const golden = new Map(
  (await readFile(goldenFile, 'utf8').catch(() => ''))
    .split(/^# /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.trimEnd().split('\n');
      return [name, lines];
    }),
);

describe('a mistake in the configuration is told with its place and what to write instead', () => {
  const seen = new Map<string, string[]>();

  for (const [name, config, around] of MISTAKES) {
    test(name, async () => {
      const lines = await complaints(config, around);
      seen.set(name, lines);
      assert.notDeepEqual(lines, []);
      if (!rewrite) assert.deepEqual(lines, golden.get(name));
    });
  }

  test('and the golden file has nothing else in it', () => {
    const names = MISTAKES.map(([name]) => name);
    assert.equal(new Set(names).size, names.length);
    if (!rewrite) assert.deepEqual([...golden.keys()], names);
  });

  after(async () => {
    const text = [...seen].map(([name, lines]) => `# ${name}\n${lines.join('\n')}\n`).join('\n');
    if (rewrite) await writeFile(goldenFile, text);
  });
});
