import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeFileAuthority } from '../../src/authority/file/file-authority.ts';
import { readMembers } from '../../src/authority/file/read-members.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../fakes/silent-log.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { Watcher } from './watcher.ts';

const ISSUER = 'https://id.willow.example';
const read = (text: string) =>
  readMembers({ file: 'members.yaml', text, issuer: ISSUER, words: { statuses: {}, roles: {} } });

const KEYS = '{keys: [{kty: OKP, crv: Ed25519, kid: a1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}';
const PEER = `{iss: "https://id.elm.example", homeserver: elm.example, jwks: ${KEYS}}`;
const one = (more = '', peer = PEER): string =>
  `members: []\nagreements:\n  - id: willow-elm\n    state: active\n    peer: ${peer}\n${more}`;

describe('A list of members with agreements', () => {
  test('says everything that there is to say of one', () => {
    const found = read(`
members: []
agreements:
  - id: willow-elm
    version: 4
    state: revoked
    decidedBy: {local: willow-vote-7, peer: elm-vote-3}
    endedBy: willow-vote-9
    peer:
      iss: https://id.elm.example
      homeserver: elm.example:8448
      jwks: https://id.elm.example/jwks.json
      ircOrigins: irc.elm.example
    grants:
      - {resource: "channel:home/#commons", actions: [channel.join, channel.send]}
      - {resource: space:coop, actions: space.join}
    maxSessionSec: 300
    notAfter: 2027-06-01
`);
    assert.deepEqual(found.kind === 'ok' && found.value.agreements, [
      {
        id: 'willow-elm',
        version: 4,
        peer: {
          iss: 'https://id.elm.example',
          jwks: 'https://id.elm.example/jwks.json',
          homeserver: 'elm.example:8448',
          ircOrigins: ['irc.elm.example'],
        },
        state: 'revoked',
        decidedBy: { local: 'willow-vote-7', peer: 'elm-vote-3' },
        endedBy: 'willow-vote-9',
        grants: [
          { resource: 'channel:home/#commons', actions: ['channel.join', 'channel.send'] },
          { resource: 'space:coop', actions: ['space.join'] },
        ],
        maxSessionSec: 300,
        notAfterMs: Date.parse('2027-06-01T23:59:59.999Z'),
      },
    ]);
  });

  test('may leave out what is not decided yet', () => {
    const found = read(one());
    const [agreement] = (found.kind === 'ok' && found.value.agreements) || [];
    const { version, decidedBy, grants, maxSessionSec } = agreement ?? {};
    assert.deepEqual(
      { version, decidedBy, grants, maxSessionSec },
      { version: 1, decidedBy: {}, grants: [], maxSessionSec: 600 },
    );
  });

  const MISTAKES: readonly (readonly [text: string, says: string])[] = [
    ['members: []\nagreements: elm', '2:13: agreements is a list, not "elm". Write agreements: [] if there are none.'],
    [one('    stat: x\n'), '6:5: An agreement has no key stat. Did you mean state?'],
    [one('    version: 0\n'), '6:14: 0 is not what version wants. A whole number from 1 to 9007199254740991.'],
    [one('    maxSessionSec: 5\n'), '6:20: 5 is not what maxSessionSec wants. A whole number from 10 to 86400.'],
    [one('    notAfter: soon\n'), '6:15: "soon" is no date.'],
    [one('    grants: [{resource: "#commons", actions: []}]\n'), '6:25: "#commons" names no channel and no Space.'],
    [
      one('    grants: [{resource: space:coop, actions: [role.grant]}]\n'),
      '6:47: "role.grant" is nothing that a visitor can do. Some of space.join, channel.join, channel.read, channel.send.',
    ],
    [one('', PEER.replace('elm.example"', 'willow.example"')), 'The peer’s issuer is our own.'],
    [one('', PEER.replace('homeserver: elm.example', 'homeserver: "Elm example"')), 'is no server name.'],
    [
      one('', PEER.replace('kid: a1', 'kid: a1, d: secret')),
      'There is a private key: whoever reads this file can sign with it.',
    ],
    [one('', PEER.replace(KEYS, '{keys: [{kty: oct, kid: a}]}')), 'has no public key for signatures.'],
    [one('', PEER.replace(KEYS, '"http://id.elm.example/jwks"')), 'is no https address.'],
    [one('', PEER.replace(`, jwks: ${KEYS}`, '')), 'This peer has no jwks.'],
    [`${one()}  - id: willow-elm\n    state: active\n    peer: ${PEER}\n`, 'Two agreements have the id "willow-elm".'],
    [
      'members: []\nagreements: [{id: x, state: maybe}]',
      '2:29: "maybe" is no state. One of proposed, active, suspended, revoked.',
    ],
  ];
  for (const [text, says] of MISTAKES)
    test(`with a mistake counts for nothing, and says: ${says}`, () => {
      const found = read(text);
      assert.ok(
        found.kind === 'unknown' && found.text.includes(says),
        found.kind === 'unknown' ? found.text : 'it was read',
      );
    });
});

describe('A file authority', () => {
  const opened = async (text: string) => {
    const path = join(makeTempDir('agreed'), 'members.yaml');
    const save = async (next: string): Promise<void> => {
      await writeFile(`${path}~`, next);
      await rename(`${path}~`, path);
    };
    await save(text);
    const words = { statuses: {}, roles: {} };
    const own = { issuer: ISSUER, homeserver: 'willow.example' };
    const authority = makeFileAuthority({ path, ...own, ...words, clock: systemClock, log: silentLog });
    const states = async () => {
      const answer = await authority.agreements();
      return answer.kind === 'found' ? answer.value.map(({ id, state }) => `${id} ${state}`) : answer.kind;
    };
    return { authority, save, states };
  };

  test('says that it knows agreements, which; and that it does not know while the file is wrong or empty', async (t) => {
    const { authority, save, states } = await opened(one());
    t.after(() => authority.close());
    assert.equal(authority.description.supports.has('agreements'), true);
    assert.deepEqual(await states(), ['willow-elm active']);
    assert.equal((await authority.admitVisitor('x.y.z')).kind, 'absent');
    for (const text of ['members: [', 'members: []\nagreements: {', '']) {
      await save(text);
      await waitUntil(async () => (await states()) === 'unknown', { what: `nothing to be known from ${text}` });
      assert.equal((await authority.admitVisitor('x.y.z')).kind, 'unknown');
    }
    await save('members: []');
    await waitUntil(async () => `${await states()}` === '', { what: 'no agreements to be there' });
  });

  test('tells of agreements when they change, and only then', async (t) => {
    const { authority, save } = await opened(one());
    const watcher = new Watcher(authority);
    t.after(async () => {
      await watcher.stop();
      await authority.close();
    });
    const told = () => watcher.updates.filter(({ kind }) => kind === 'agreements').length;
    await waitUntil(() => told() === 1, { what: 'the agreements to be told' });
    assert.equal(watcher.updates[0]?.kind, 'snapshot');
    await save(one().replace('members: []', 'members: [{id: ada}]'));
    await waitUntil(() => watcher.member('ada') !== undefined, { what: 'ada' });
    assert.equal(told(), 1);
    await save(one('    endedBy: vote\n').replace('active', 'revoked'));
    await waitUntil(() => told() === 2, { what: 'the change to be told' });
  });
});
