import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { env } from '../../src/config/doc.ts';
import { secretsIn } from '../../src/config/secrets.ts';
import { changed, complaints, configOf, goodConfig, warnings } from './fixture.ts';

const TOKEN = 't'.repeat(32);
const file = 'authority: {source: file, path: ./members.yaml}\n';
const house = 'cooperative: {name: Willow, space: "#willow", adminRoom: "#willow-admin"}\n';
const link = '- {channel: "#commons", room: "#commons"}';

/** One of each: a configuration that asks this authority has no mistakes, and nothing is worth a warning. */
const SOURCES: Readonly<Record<string, string>> = {
  file: '{source: file, path: ./members.yaml}',
  'a directory that writes to us': `{source: scim, scim: {token: ${TOKEN}}}`,
  'a directory that writes to us, its token in a file': '{source: scim, scim: {tokenFile: token}}',
  'a SCIM service': '{source: scim, scim: {url: https://id.example/scim/v2, token: x}}',
  'an LDAP server without a password': '{source: ldap, ldap: {url: "ldap://127.0.0.1:389", base: "dc=x"}}',
  'an LDAP server':
    '{source: ldap, ldap: {url: "ldaps://ldap.example", base: dc=x, bindDn: cn=x, passwordFile: token}}',
  'an API': '{source: coop-api, coopApi: {url: http://coop:3000, token: x}}',
  'a policy engine in addition': '{source: file, path: m.yaml, decisions: {url: http://127.0.0.1:3592}}',
  'pushed events, by the keys that somebody publishes':
    '{source: file, path: m.yaml, events: {issuer: https://id.example, audience: bridge, jwksUrl: https://id.example/jwks}}',
  'pushed events, by these keys':
    '{source: file, path: m.yaml, events: {issuer: https://id.example, audience: bridge, jwks: {keys: [{kty: OKP, crv: Ed25519, x: AAAA}]}}}',
  'words of its own': '{source: file, path: m.yaml, statuses: {sabbatical: hibernating}, roles: {board: council}}',
};

describe('an authority that is configured as it should be', () => {
  for (const [name, authority] of Object.entries(SOURCES))
    test(name, async () =>
      assert.deepEqual(
        await warnings(`${goodConfig}${house}authority: ${authority}\n`, { files: { token: `${TOKEN}\n` } }),
        [],
      ),
    );

  test('may ask for roles in groups, whose Spaces stand in one another', async () =>
    assert.deepEqual(
      await warnings(
        `${changed(link, '- {channel: "#beds", room: "#beds", group: beds, require: coordinator, join: invite, staleness: confidential}')}cooperative:
  name: Willow
  space: "#willow"
  lobby: "#willow-lobby"
  adminRoom: "#willow-admin"
  admins: ["@ada:willow.example", "@eve:elm.example"]
  servers: [elm.example]
  groups:
    - {id: beds, name: Beds, parent: garden, hidden: true}
    - {id: garden, name: Garden group, space: "#green", state: hibernating}
${file}`,
      ),
      [],
    ));

  test('gives the program its words and secrets', async () => {
    const { config } = await configOf(
      `${goodConfig}database: postgres://causeway:p%40ss@db/causeway\nauthority: {source: scim, statuses: {sabbatical: hibernating}, scim: {token: "${env('TOKEN')}"}, ldap: {url: "ldap://127.0.0.1", base: dc=x, bindDn: cn=x, password: of-ldap}, decisions: {url: http://127.0.0.1:1, token: of-pdp}}\n`,
      { env: { TOKEN } },
    );
    assert.deepEqual(config.authority.statuses, { sabbatical: 'hibernating' });
    assert.deepEqual(secretsIn(config), ['p%40ss', 'p@ss', TOKEN, 'of-ldap', 'of-pdp']);
  });

  test('lets a channel say that it asks for nothing, also without an authority', async () =>
    assert.deepEqual(await complaints(changed(link, '- {channel: "#a", room: "#a", require: none}')), []));
});

describe('what does nothing, or not what it seems to, is told', () => {
  const none =
    'config.yaml:1:1: Nobody is asked who is a member: everybody on the homeserver and on the networks is let in.';
  const said = async (config: string): Promise<string[]> =>
    (await warnings(config)).filter((line) => line !== none).map((line) => line.replace(/^\S+ /, ''));

  test('sections that nobody reads', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}${house}authority: {source: file, path: m.yaml, scim: {}, coopApi: {url: http://a, token: x}}\n`,
      ),
      [
        'authority.scim is not read: authority.source is file. Leave it out, or write source: scim.',
        'authority.coopApi is not read: authority.source is file. Leave it out, or write source: coop-api.',
      ],
    ));

  test('keys of pushed events that anybody could change on their way', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}${house}authority: {source: file, path: m.yaml, events: {issuer: a, audience: b, jwksUrl: http://id.example/jwks}}\n`,
      ),
      ['The keys by which pushed events are believed travel unprotected from id.example. Use https.'],
    ));

  test('an authority that is described and not asked', async () =>
    assert.deepEqual(await warnings(`${goodConfig}authority: {path: m.yaml, mode: observe}\n`), [
      none.replace(':1:', ':10:'),
      'config.yaml:10:19: authority.path is not read: authority.source is none. Leave it out, or write source: file.',
      'config.yaml:10:33: authority.mode is not read: authority.source is none. Leave it out, or write source: file, scim, ldap or coop-api.',
    ]));

  test('secrets that travel in the open', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}${house}authority: {source: ldap, ldap: {url: "ldap://ldap.example", base: dc=x, bindDn: cn=x, password: x}, decisions: {url: http://pdp.example, token: x}}\n`,
      ),
      [
        'Who is a member travels unencrypted from ldap.example, and our secret to it. Use ldaps.',
        'Who is a member travels unencrypted from pdp.example, and our secret to it. Use https.',
      ],
    ));

  test('an authority that is asked more seldom than its answers count', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}${house}authority: {source: coop-api, coopApi: {url: http://a, token: x, intervalSeconds: 61}}\n`,
      ),
      [
        'The authority is asked every 61 s, and answers older than 60 s let nobody in. Make intervalSeconds smaller or softSeconds larger.',
      ],
    ));

  test('that nobody will be told', async () =>
    assert.deepEqual(await said(`${goodConfig}${file}`), [
      'There is no admin room: what Causeway holds back and puts right stands in `causeway status`, the log and the record only. Add cooperative.adminRoom, such as "#admin".',
    ]));

  test('a lobby that nobody needs, Spaces of groups without one of the cooperative', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}cooperative: {name: W, lobby: "#l", groups: [{id: a, name: A, space: "#a"}, {id: b, name: B, parent: a}]}\n`,
      ),
      [
        'Nobody needs the lobby: with authority.source none everybody may enter every room. Leave it out.',
        'Without cooperative.space there are no Spaces. Add it, or leave this out.',
        'Without cooperative.space there are no Spaces. Add it, or leave this out.',
      ],
    ));

  test('our own server among the others, and an admin of a server that nobody named', async () =>
    assert.deepEqual(
      await said(
        `${goodConfig}cooperative: {name: W, adminRoom: "#a", servers: [willow.example], admins: ["@ada:wilow.example"]}\n`,
      ),
      [
        '@ada:wilow.example is on another homeserver than ours, willow.example. Correct the name, or add the server to cooperative.servers.',
        'willow.example is our own homeserver, which is always in. Leave it out.',
      ].toReversed(),
    ));

  test('a gate where everybody may come in', async () => {
    const gate = changed(link, '- {channel: "#a", room: "#a", require: none, unadmitted: tag, guard: true}');
    assert.deepEqual(await said(gate), [
      'unadmitted does nothing: with authority.source none nobody is asked. Leave it out.',
      'guard does nothing: with authority.source none nobody is asked. Leave it out.',
    ]);
    assert.deepEqual(await said(`${gate}${house}${file}`), [
      'unadmitted does nothing: `require` is none here. Leave it out.',
      'guard does nothing: `require` is none here. Leave it out.',
    ]);
    assert.deepEqual(await said(`${gate.replace('require: none', 'require: member')}${house}${file}`), []);
  });
});
