import assert from 'node:assert/strict';
import { open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFileAuthority } from '../../src/authority/file/file-authority.ts';
import { readMembers } from '../../src/authority/file/read-members.ts';
import type { Member } from '../../src/core/authority/member.ts';
import { clock, recordingLog } from '../matrix/support.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { Watcher } from './watcher.ts';

const ISSUER = 'willow.example';
const WORDS = { statuses: { sabbatical: 'hibernating' }, roles: { board: 'council' } };

const read = (text: string) => readMembers({ file: 'members.yaml', text, issuer: ISSUER, words: WORDS });

/** What is said of a mistake, without what is said of every mistake. */
function wrong(text: string): string {
  const found = read(text);
  assert.equal(found.kind, 'unknown', JSON.stringify(found));
  return found.kind === 'unknown' ? found.text.replace(/^.*put right:\n/, '') : '';
}

const list = (...members: string[]): string => `members:\n${members.map((member) => `  - ${member}\n`).join('')}`;
const people = (...ids: string[]): string => list(...ids.map((id) => `{id: ${id}}`));

function started(t: TestContext, text?: string) {
  const path = join(makeTempDir('members'), 'members.yaml');
  const log = recordingLog();
  const authority = makeFileAuthority({ path, issuer: ISSUER, homeserver: 'willow.example', ...WORDS, clock, log });
  t.after(() => authority.close());
  const ready = text === undefined ? Promise.resolve() : writeFile(path, text);
  const ids = async (): Promise<string[] | string> => {
    const all = await authority.snapshot();
    if (all.kind === 'found') return all.value.members.map(({ subject }) => subject.sub);
    return all.kind === 'unknown' ? all.reason : 'absent';
  };
  return { path, log, authority, ready, ids };
}

async function watching(t: TestContext, text: string) {
  const { path, authority, ready } = started(t, text);
  await ready;
  const watcher = new Watcher(authority);
  t.after(() => watcher.stop());
  await waitUntil(() => watcher.updates.length > 0);
  return { path, watcher, there: () => watcher.members.map(({ subject }) => subject.sub) };
}

describe('A list of members', () => {
  test('says everything that there is to say of a member', () => {
    const found = read(`
members:
  - id: ada
    name: Ada Lovelace
    status: sabbatical
    matrix: "@ada:willow.example"
    irc: [home/ada, far/ada_]
    did: did:key:z6MkAda
    roles: [board, {role: operator, from: 2027-01-01, until: 2027-06-30T12:00:00+02:00}]
    groups:
      - garden
      - {group: house, roles: [coordinator, member], from: 2026-12-01, until: 2027-06-01, alias: Rose, visibility: alias}
  - id: ben
`);
    const subject = (sub: string) => ({ iss: ISSUER, sub });
    const members: Member[] = [
      {
        subject: subject('ada'),
        name: 'Ada Lovelace',
        status: 'hibernating',
        statusText: 'sabbatical',
        seats: [
          { group: 'garden', roles: ['member'], visibility: 'canonical' },
          {
            group: 'house',
            roles: ['member', 'coordinator'],
            alias: 'Rose',
            visibility: 'alias',
            notBeforeMs: Date.parse('2026-12-01T00:00:00Z'),
            notAfterMs: Date.parse('2027-06-01T23:59:59.999Z'),
          },
        ],
        roles: [
          { role: 'council' },
          {
            role: 'operator',
            notBeforeMs: Date.parse('2027-01-01T00:00:00Z'),
            notAfterMs: Date.parse('2027-06-30T10:00:00Z'),
          },
        ],
        handles: [
          { kind: 'mxid', value: '@ada:willow.example' },
          { kind: 'irc-account', network: 'home', value: 'ada' },
          { kind: 'irc-account', network: 'far', value: 'ada_' },
          { kind: 'did', value: 'did:key:z6MkAda' },
        ],
      },
      { subject: subject('ben'), status: 'active', statusText: 'active', seats: [], roles: [], handles: [] },
    ];
    assert.deepEqual(found, { kind: 'ok', value: { members, agreements: [], notes: [] } });
  });

  test('may be JSON, long or short', () => {
    const member = (i: number): object => ({ id: `m${i}`, name: 'x'.repeat(100), groups: ['garden'] });
    for (const length of [1, 2_000]) {
      const found = read(JSON.stringify({ members: Array.from({ length }, (_, i) => member(i)) }));
      assert.equal(found.kind === 'ok' && found.value.members.length, length);
    }
  });

  test('of nobody is a list', () => {
    for (const text of ['members: []', '{"members": []}'])
      assert.deepEqual(read(text), { kind: 'ok', value: { members: [], agreements: [], notes: [] } });
  });

  test('that is empty says nothing of agreements, which an editor that empties it first would end', () => {
    for (const text of ['', '\n# nobody yet\n'])
      assert.deepEqual(read(text), { kind: 'ok', value: { members: [], agreements: undefined, notes: [] } });
  });

  const MISTAKES: readonly (readonly [text: string, says: string])[] = [
    ['member: []', '1:1: The list has no key member. Did you mean members?'],
    ['members:\n', '1:9: members is a list, not null. Write members: [] if there is nobody.'],
    ['members: ada', '1:10: members is a list, not "ada". Write members: [] if there is nobody.'],
    ['- ada', '1:1: The list is a map, not ["ada"]. Its keys: members, agreements.'],
    [list('ada'), '2:5: A member is a map, not "ada". Its keys: id, name, status, matrix, irc, did, roles, groups.'],
    [list('{name: Ada}'), '2:5: This member has no id. Give it one that stays for ever, such as id: ada.'],
    [list('{id: 7}'), '2:10: 7 is not read as text. Write it in quotes: "7".'],
    [list('{id: ada, stats: active}'), '2:15: A member has no key stats. Did you mean status?'],
    [people('ada', 'ben', 'ada'), '4:10: Two members have the id "ada". An id belongs to one person.'],
    [
      list('{id: ada, status: }'),
      '2:23: Text is wanted here, not null. One of applicant, provisional, active, hibernating, suspended, departed, expelled.',
    ],
    [
      list('{id: ada, matrix: ada}'),
      '2:23: "ada" is not what matrix wants. Write a Matrix id in quotes, such as "@ada:willow.example".',
    ],
    [
      list('{id: ada, irc: ada}'),
      '2:20: "ada" is not what irc wants. Write the id of the network, / and the account, such as home/ada.',
    ],
    [
      list('{id: ada, irc: home/ada}', '{id: ben, irc: [x/ben, home/ADA]}'),
      '3:28: "home/ADA" belongs to "ada" already. It can be one person’s only.',
    ],
    [
      list('{id: ada, groups: [{group: house, until: 2027-02-30}]}'),
      '2:46: "2027-02-30" is no date. Write a day such as 2027-06-01, or a moment with its zone such as 2027-06-01T18:00:00Z.',
    ],
    [
      list('{id: ada, groups: [{group: house, until: 2027-06-01T10:00}]}'),
      '2:46: "2027-06-01T10:00" is no date. Write a day such as 2027-06-01, or a moment with its zone such as 2027-06-01T18:00:00Z.',
    ],
    [
      list('{id: ada, groups: [{group: g, from: 2027-06-02, until: 2027-06-01}]}'),
      '2:60: It ends before it begins. until comes after from.',
    ],
    [
      list('{id: ada, groups: [garden, garden]}'),
      '2:32: The group "garden" stands here twice. Put its roles into one entry.',
    ],
    [
      list('{id: ada, groups: [{group: g, visibility: alias}]}'),
      '2:47: The seat is to show an alias and has none. Add alias: NAME.',
    ],
    [list('{id: ada, id: ben}'), '2:15: id stands twice in the same map. Keep one of them.'],
    [
      'members:\n  - id: ada\n\t- id: ben\n',
      '3:1: A tab stands where only spaces may. Indent with spaces, not with tabs.',
    ],
  ];
  for (const [text, says] of MISTAKES)
    test(`with a mistake is none, and says ${says.slice(0, 60)}…`, () => {
      assert.ok(wrong(text).includes(`members.yaml:${says}`), wrong(text));
    });

  test('does not unfold without end', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `  - &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
    assert.match(wrong(`members:\n  - &a0 x\n${levels.join('\n')}\n`), /unfolds to more than|nested/);
    assert.match(wrong(`${'['.repeat(50_000)}`), /nested too deeply/);
    assert.match(wrong(`members: []\n#${'x'.repeat(20_000_001)}`), /At most 20000000 are read/);
  });

  test('may use words that nobody explained: they give nothing, and are told with their line', () => {
    const found = read(
      list('{id: ada, status: actve}', '{id: ben, roles: [treasurer], groups: [{group: g, roles: [cordinator]}]}'),
    );
    assert.deepEqual(
      found.kind === 'ok' && [
        found.value.members.map(({ status, roles, seats }) => [status, roles, seats]),
        found.value.notes,
      ],
      [
        [
          ['unmapped', [], []],
          ['active', [], [{ group: 'g', roles: ['member'], visibility: 'canonical' }]],
        ],
        [
          'members.yaml:2:23: Nobody explained the standing "actve". Did you mean active?',
          'members.yaml:3:63: Nobody explained the role "cordinator", so it gives nothing. Did you mean coordinator?',
          'members.yaml:3:23: Nobody explained the role "treasurer", so it gives nothing. We know member, operator, coordinator, council.',
        ],
      ],
    );
  });
});

describe('The file with the list of members', () => {
  test('reaches whoever watches within 200 ms of being saved, in place and by renaming', async (t) => {
    const { path, watcher } = await watching(t, list('{id: ada}', '{id: ben}'));
    const took: number[] = [];
    const seen = async (status: string): Promise<void> => {
      const savedMs = performance.now();
      await waitUntil(() => watcher.member('ada')?.status === status);
      took.push(performance.now() - savedMs);
    };
    for (let i = 0; i < 3; i++) {
      await writeFile(path, list('{id: ada, status: suspended}', '{id: ben}'));
      await seen('suspended');
      await writeFile(`${path}.swp`, people('ada', 'ben'));
      await rename(`${path}.swp`, path);
      await seen('active');
    }
    // The middle one: this machine may be busy with others.
    assert.ok((took.sort((a, b) => a - b)[3] ?? 1_000) < 200, took.join(', '));
  });

  test('is never taken for a shorter list while it is written', async (t) => {
    const ids = Array.from({ length: 40 }, (_, i) => `member-${i}`);
    const { path, watcher, there } = await watching(t, people(...ids));
    const text = people(...ids.slice(1), 'new');
    await using file = await open(path, 'w');
    for (let at = 0; at < text.length; at += 100) {
      await file.write(text.slice(at, at + 100));
      await delay(15);
    }
    // A pause at the end of a line, longer than any that is usual.
    await waitUntil(() => there().includes('new'));
    assert.deepEqual(
      watcher.removed.map(({ sub }) => sub),
      ['member-0'],
    );
  });

  test('is never taken for a shorter list where it was removed and is copied anew, slowly', async (t) => {
    const ids = Array.from({ length: 40 }, (_, i) => `member-${i}`);
    const { path, watcher, there } = await watching(t, people(...ids));
    await rm(path);
    await waitUntil(() => watcher.updates.at(-1)?.kind === 'unknown');
    await using file = await open(path, 'w');
    await file.write(people(...ids.slice(0, 20)));
    await delay(300);
    await file.write(people(...ids, 'new').slice(people(...ids.slice(0, 20)).length));
    await waitUntil(() => there().includes('new'));
    assert.deepEqual(watcher.removed, []);
  });

  test('is read where it is a link, also when the link is changed', async (t) => {
    const { path, authority } = started(t);
    const elsewhere = makeTempDir('linked');
    await writeFile(join(elsewhere, 'a.yaml'), people('ada'));
    await writeFile(join(elsewhere, 'b.yaml'), people('ada', 'ben'));
    await symlink(join(elsewhere, 'a.yaml'), path);
    const watcher = new Watcher(authority);
    t.after(() => watcher.stop());
    const there = (count: number) => waitUntil(() => watcher.members.length === count);
    await there(1);
    await symlink(join(elsewhere, 'b.yaml'), `${path}.new`);
    await rename(`${path}.new`, path);
    await there(2);
  });

  test('says when it is not there, and begins when it comes', async (t) => {
    const { path, authority, ids } = started(t);
    assert.equal(await ids(), 'unreachable');
    const watcher = new Watcher(authority);
    t.after(() => watcher.stop());
    await waitUntil(() => watcher.updates.some(({ kind }) => kind === 'unknown'));
    await writeFile(path, people('ada'));
    await waitUntil(() => watcher.member('ada'));
    assert.deepEqual(await ids(), ['ada']);
  });

  test('may be emptied, which is a list of nobody', async (t) => {
    const { path, ready, ids } = started(t, people('ada'));
    await ready;
    assert.deepEqual(await ids(), ['ada']);
    await writeFile(path, 'members: []\n');
    assert.deepEqual(await ids(), []);
    await writeFile(path, '');
    assert.deepEqual(await ids(), []);
    await rm(path);
    assert.equal(await ids(), 'unreachable');
  });

  test('warns of a word that nobody explained once, however often it is read', async (t) => {
    const { path, ready, ids, log } = started(t, list('{id: ada, status: actve}'));
    await ready;
    await ids();
    await ids();
    await writeFile(path, list('{id: ada, status: actve}', '{id: ben}'));
    assert.deepEqual(await ids(), ['ada', 'ben']);
    assert.equal(log.lines.filter((line) => line.startsWith('warn')).length, 1);
  });

  test('of thousands is read aside, while everything else goes on', async (t) => {
    const ids = Array.from({ length: 5_000 }, (_, i) => `member-${i}`);
    const { ready, ids: read } = started(
      t,
      list(...ids.map((id) => `{id: ${id}, irc: home/${id}, groups: [garden, house]}`)),
    );
    await ready;
    let longestMs = 0;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    assert.equal((await read()).length, 5_000);
    clearInterval(timer);
    assert.ok(longestMs < 400, `the loop stood still for ${longestMs} ms`);
  });
});
