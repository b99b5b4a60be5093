import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { decodeMembers } from '../../src/authority/file/decode-members.ts';
import { INHABITANTS, IRC_ACCOUNTS } from '../../src/sandbox/cooperative.ts';
import { editMember, ensureMembers, membersPath } from '../../src/sandbox/members-file.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const decoded = (dir: string) =>
  decodeMembers(parse(readFileSync(membersPath(dir), 'utf8')), 'localhost', { statuses: {}, roles: {} });

describe("the sandbox's list of members", () => {
  test('names everybody of the sandbox, with nothing that the bridge would not understand', async () => {
    const dir = makeTempDir('members');
    assert.equal(await ensureMembers(dir, 'localhost', true), true);
    const { members, problems, notes } = decoded(dir);
    assert.deepEqual({ problems, notes }, { problems: [], notes: [] });
    const handles = members.flatMap((member) => member.handles.map(({ value }) => value)).sort();
    assert.deepEqual(handles, [...INHABITANTS.map(({ name }) => `@${name}:localhost`), ...IRC_ACCOUNTS].sort());
    assert.deepEqual(
      new Set(members.map(({ status }) => status)),
      new Set(['active', 'applicant', 'suspended', 'hibernating']),
    );
  });

  test('is empty on the homeserver of somebody else, and says how to put oneself in', async () => {
    const dir = makeTempDir('members');
    await ensureMembers(dir, 'elm.example', false);
    assert.deepEqual(decoded(dir), { members: [], agreements: [], problems: [], notes: [] });
    const text = readFileSync(membersPath(dir), 'utf8');
    assert.match(text, /"@YOU:elm\.example"/);
    const asTold = text.slice(text.indexOf('# members:')).replace(/^# ?/gm, '');
    assert.equal(decodeMembers(parse(asTold), 'elm.example', { statuses: {}, roles: {} }).members.length, 1);
  });

  test('is never written again', async () => {
    const dir = makeTempDir('members');
    writeFileSync(membersPath(dir), 'mine');
    assert.equal(await ensureMembers(dir, 'localhost', true), false);
    assert.equal(readFileSync(membersPath(dir), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(dir), ['members.yaml']);
  });

  test('keeps everything but the one entry when the demo edits it', async () => {
    const dir = makeTempDir('members');
    await ensureMembers(dir, 'localhost', true);
    const before = readFileSync(membersPath(dir), 'utf8');
    await editMember(dir, 'erin', { status: 'active', groups: [{ group: 'garden', roles: ['coordinator'] }] });
    const after = readFileSync(membersPath(dir), 'utf8');
    assert.match(after, /Things to try/);
    const others = (text: string) =>
      (parse(text) as { members: { id: string }[] }).members.filter(({ id }) => id !== 'erin');
    assert.deepEqual(others(after), others(before));
    const erin = decoded(dir).members.find(({ subject }) => subject.sub === 'erin');
    assert.deepEqual(
      [erin?.status, erin?.seats.map(({ group, roles }) => [group, roles])],
      ['active', [['garden', ['coordinator']]]],
    );
    await assert.rejects(editMember(dir, 'nobody', {}), /has no member nobody/);
  });
});
