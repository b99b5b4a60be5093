import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Member } from '../../src/core/authority/member.ts';
import { CAUSEWAY, CAUSEWAY_ALIAS, type Json, type Provided, provide } from './scim-service.ts';

/**
 * Requests as Entra, Okta and Keycloak document them, replayed: not those servers themselves, but what they write. Each
 * is judged by what it makes of the member.
 */

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patch = (...Operations: object[]): object => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});

async function started(t: TestContext) {
  const service = await provide({ roles: { board: 'council' } });
  t.after(service.end);
  /** One request, and its body where it was carried out. */
  const done = async (method: string, path: string, body?: object): Promise<Json> => {
    const answer = await service.ask(method, path, body);
    assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return { service, done, member: (sub: string) => memberOf(service, sub) };
}

async function memberOf(service: Provided, sub: string): Promise<Member | string> {
  const found = await service.authority.member({ iss: 'willow.example', sub });
  return found.kind === 'found' ? found.value : found.kind;
}

const standing = (member: Member | string): string => (typeof member === 'string' ? member : member.status);
const groupsOf = (member: Member | string): string[] =>
  typeof member === 'string' ? [member] : member.seats.map(({ group, roles }) => `${group}: ${roles.join(', ')}`);

describe('Entra', () => {
  const ID = '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef';
  const ADA = {
    schemas: [USER, ENTERPRISE],
    externalId: ID,
    userName: 'Test_User_ada',
    active: true,
    emails: [{ primary: true, type: 'work', value: 'ada@willow.example' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Ada Lovelace', familyName: 'Lovelace', givenName: 'Ada' },
    roles: [],
  };

  test('asks whether somebody is there, and makes them', async (t) => {
    const { done, member } = await started(t);
    const none = await done('GET', `/Users?filter=${encodeURIComponent('externalId eq "none"')}`);
    assert.deepEqual([none.totalResults, none.Resources], [0, []]);
    await done('POST', '/Users', ADA);
    assert.deepEqual(await member(ID), {
      subject: { iss: 'willow.example', sub: ID },
      name: 'Ada Lovelace',
      status: 'active',
      statusText: 'active',
      seats: [],
      roles: [],
      handles: [],
    });
  });

  test('writes attributes by paths, with capitals, and by dotted names', async (t) => {
    const { done } = await started(t);
    const { id } = await done('POST', '/Users', ADA);
    const first = await done(
      'PATCH',
      `/Users/${id}`,
      patch(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@willow.example' },
        { op: 'Replace', path: 'name.familyName', value: 'King' },
        { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '555' },
        { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'boss' },
        { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Engines' },
      ),
    );
    assert.deepEqual(first.emails, [{ value: 'new@willow.example', type: 'work', primary: true }]);
    assert.deepEqual(first.phoneNumbers, [{ type: 'mobile', value: '555' }]);
    assert.equal(first.name.familyName, 'King');
    assert.deepEqual(first[ENTERPRISE], { department: 'Engines', manager: { value: 'boss' } });
    const dotted = { 'name.givenName': 'Augusta', [`${ENTERPRISE}:department`]: 'Numbers', displayName: 'Ada K' };
    const second = await done('PATCH', `/Users/${id}`, patch({ op: 'Add', value: dotted }));
    assert.deepEqual(
      [second.name.givenName, second[ENTERPRISE].department, second.displayName],
      ['Augusta', 'Numbers', 'Ada K'],
    );
  });

  test('switches somebody off who moved, too: attributes of its own mapping that are not kept refuse nothing', async (t) => {
    const { done, member } = await started(t);
    const { id } = await done('POST', '/Users', ADA);
    await done(
      'PATCH',
      `/Users/${id}`,
      patch(
        { op: 'Replace', path: 'addresses[type eq "work"].locality', value: 'Ghent' },
        { op: 'Add', path: `${USER}:photos[type eq "photo"].value`, value: 'https://willow.example/ada.png' },
        { op: 'Remove', path: 'ims' },
        { op: 'Replace', path: 'active', value: 'False' },
      ),
    );
    assert.equal(standing(await member(ID)), 'suspended');
  });

  for (const value of [false, 'False', 'false'])
    test(`switches somebody off with ${JSON.stringify(value)}, and on again`, async (t) => {
      const { done, member } = await started(t);
      const { id } = await done('POST', '/Users', ADA);
      await done('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'active', value }));
      assert.equal(standing(await member(ID)), 'suspended');
      await done('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'active', value: 'True' }));
      assert.equal(standing(await member(ID)), 'active');
    });

  test('puts people into groups and takes them out by value', async (t) => {
    const { done, member } = await started(t);
    const { id } = await done('POST', '/Users', ADA);
    const group = await done('POST', '/Groups', {
      schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      displayName: 'Garden',
      meta: { resourceType: 'Group' },
    });
    const other = await done('POST', '/Users', { ...ADA, externalId: 'other', userName: 'other' });
    const members = [{ $ref: null, value: id }];
    await done(
      'PATCH',
      `/Groups/${group.id}`,
      patch({ op: 'Add', path: 'members', value: [...members, { value: other.id }] }),
    );
    assert.deepEqual(groupsOf(await member(ID)), ['garden: member']);
    const quiet = await done('GET', `/Groups/${group.id}?excludedAttributes=members`);
    assert.deepEqual([quiet.displayName, quiet.members], ['Garden', undefined]);
    const asked = encodeURIComponent(`id eq "${group.id}" and members eq "${id}"`);
    assert.equal((await done('GET', `/Groups?attributes=id&filter=${asked}`)).totalResults, 1);
    await done('PATCH', `/Groups/${group.id}`, patch({ op: 'Remove', path: 'members', value: members }));
    assert.deepEqual(groupsOf(await member(ID)), []);
    assert.deepEqual(groupsOf(await member('other')), ['garden: member']);
  });

  test('gives app roles by a filter with text for a flag, and as JSON in text', async (t) => {
    const { done, member } = await started(t);
    const { id } = await done('POST', '/Users', ADA);
    await done('PATCH', `/Users/${id}`, patch({ op: 'Add', path: 'roles[primary eq "True"].value', value: 'board' }));
    const first = await member(ID);
    assert.deepEqual(typeof first !== 'string' && first.roles, [{ role: 'council' }]);
    const value = [{ value: JSON.stringify({ id: 'x', value: 'operator', displayName: 'Operator' }) }];
    await done('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'roles', value }));
    const second = await member(ID);
    assert.deepEqual(typeof second !== 'string' && second.roles, [{ role: 'operator' }]);
  });

  test('maps handles to the extension, also under the only namespace that it allows', async (t) => {
    const { done, member } = await started(t);
    const { id } = await done('POST', '/Users', { ...ADA, [CAUSEWAY_ALIAS]: { matrix: '@ada:willow.example' } });
    await done('PATCH', `/Users/${id}`, patch({ op: 'Add', path: `${CAUSEWAY_ALIAS}:irc`, value: 'home/ada' }));
    await done('PATCH', `/Users/${id}`, patch({ op: 'Add', path: `${CAUSEWAY}:did`, value: ['did:key:z6Mk'] }));
    const ada = await member(ID);
    assert.deepEqual(typeof ada !== 'string' && ada.handles, [
      { kind: 'mxid', value: '@ada:willow.example' },
      { kind: 'irc-account', network: 'home', value: 'ada' },
      { kind: 'did', value: 'did:key:z6Mk' },
    ]);
  });
});

describe('Okta', () => {
  const ADA = {
    schemas: [USER],
    userName: 'ada@willow.example',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ primary: true, value: 'ada@willow.example', type: 'work' }],
    displayName: 'Ada Lovelace',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  };

  test('keeps no password', async (t) => {
    const { service, done } = await started(t);
    const made = await done('POST', '/Users', ADA);
    assert.equal(JSON.stringify([made, await done('GET', '/Users')]).includes('1mz050nq'), false);
    assert.equal(service.log.lines.join().includes('1mz050nq'), false);
  });

  test('switches somebody off without a path, and puts a whole profile', async (t) => {
    const { done, member } = await started(t);
    const made = await done('POST', '/Users', ADA);
    await done('PATCH', `/Users/${made.id}`, patch({ op: 'replace', value: { active: false } }));
    assert.equal(standing(await member(ADA.externalId)), 'suspended');
    const found = await done('GET', `/Users/${made.id}`);
    await done('PUT', `/Users/${made.id}`, { ...found, active: true, displayName: 'Ada K' });
    const ada = await member(ADA.externalId);
    assert.deepEqual(typeof ada !== 'string' && [ada.status, ada.name], ['active', 'Ada K']);
  });

  test('names a group anew with its id in the value, and changes who is in it', async (t) => {
    const { done, member } = await started(t);
    const { id } = await done('POST', '/Users', ADA);
    const group = await done('POST', '/Groups', { schemas: [GROUP], displayName: 'garden', members: [] });
    const on = (...operations: object[]): Promise<Json> => done('PATCH', `/Groups/${group.id}`, patch(...operations));
    await on({ op: 'add', path: 'members', value: [{ value: id, display: 'ada@willow.example' }] });
    await on({ op: 'replace', value: { id: group.id, displayName: 'house:coordinator' } });
    assert.deepEqual(groupsOf(await member(ADA.externalId)), ['house: coordinator']);
    await on(
      { op: 'remove', path: `members[value eq "${id}"]` },
      { op: 'add', path: 'members', value: [{ value: id, display: 'ada@willow.example' }] },
    );
    assert.deepEqual(groupsOf(await member(ADA.externalId)), ['house: coordinator']);
    await on({ op: 'remove', path: `members[value eq "${id}"]` });
    // Again, as after an answer that was lost.
    await on({ op: 'remove', path: `members[value eq "${id}"]` });
    assert.deepEqual(groupsOf(await member(ADA.externalId)), []);
    await on({ op: 'replace', path: 'members', value: [{ value: id }] });
    assert.deepEqual(groupsOf(await member(ADA.externalId)), ['house: coordinator']);
    await done('DELETE', `/Groups/${group.id}`);
    assert.deepEqual(groupsOf(await member(ADA.externalId)), []);
  });
});

describe('Keycloak', () => {
  test('writes whole users and groups, with its own roles among ours', async (t) => {
    const { done, member } = await started(t);
    const ADA = {
      schemas: [USER],
      externalId: 'f1d2-ada',
      userName: 'ada',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: 'ada@willow.example', primary: true }],
      active: true,
      roles: [{ value: 'offline_access' }, { value: 'default-roles-willow' }, { value: 'council' }],
    };
    const { id } = await done('POST', '/Users', ADA);
    const group = { schemas: [GROUP], externalId: 'kc-group', displayName: 'garden', members: [] as object[] };
    const made = await done('POST', '/Groups', group);
    await done('PUT', `/Groups/${made.id}`, {
      ...group,
      externalId: undefined,
      members: [{ value: id, $ref: `Users/${id}` }],
    });
    assert.deepEqual(await member('f1d2-ada'), {
      subject: { iss: 'willow.example', sub: 'f1d2-ada' },
      name: 'Ada Lovelace',
      status: 'active',
      statusText: 'active',
      seats: [{ group: 'garden', roles: ['member'], visibility: 'canonical' }],
      roles: [{ role: 'council' }],
      handles: [],
    });
    await done('PUT', `/Users/${id}`, { ...ADA, active: false, roles: [] });
    const off = await member('f1d2-ada');
    assert.deepEqual(typeof off !== 'string' && [off.status, off.roles], ['suspended', []]);
    await done('DELETE', `/Users/${id}`);
    await done('POST', '/Users', { ...ADA, externalId: 'other', userName: 'other' });
    assert.equal(standing(await member('f1d2-ada')), 'absent');
    assert.deepEqual((await done('GET', `/Groups/${made.id}`)).members, undefined);
  });
});
