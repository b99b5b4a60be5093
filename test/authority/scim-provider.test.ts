import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { ScimStore } from '../../src/ports/scim-store.ts';
import { waitUntil } from '../servers/people.ts';
import { ADA, BEN, CLEO, memberOf } from './contract.ts';
import { makeMemoryScimStore } from './memory-scim-store.ts';
import { CAUSEWAY, type Json, provide, provision, TOKEN } from './scim-service.ts';
import { Watcher } from './watcher.ts';

const userOf = (name: string, more: object = {}): object => ({ userName: name, externalId: name, ...more });
const replace = (path: string, value: unknown): object => ({ Operations: [{ op: 'replace', path, value }] });

async function started(t: TestContext, store?: ScimStore) {
  const service = await provide(store === undefined ? {} : { store });
  t.after(service.end);
  return service;
}

describe('The SCIM service', () => {
  test('tells nothing to whoever has no token', async (t) => {
    const { ask } = await started(t);
    const made = await ask('POST', '/Users', userOf('ada'));
    for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${TOKEN.slice(0, -1)}`])
      for (const path of ['/Users', `/Users/${made.body.id}`, '/Users/nobody', '/Schemas', '/nonsense']) {
        const { status, body, headers } = await ask('GET', path, undefined, { authorization });
        assert.deepEqual(
          [status, headers.get('www-authenticate'), body],
          [
            401,
            'Bearer realm="SCIM"',
            {
              schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
              status: '401',
              detail: 'A bearer token is needed.',
            },
          ],
        );
      }
  });

  test('refuses a write without the token before it reads it', async (t) => {
    const { ask, authority } = await started(t);
    const { status } = await ask('POST', '/Users', '{"broken', { authorization: 'Bearer wrong' });
    assert.equal(status, 401);
    assert.equal((await authority.snapshot()).kind, 'unknown');
  });

  test('knows nobody, and says that nobody is absent, before anything was written', async (t) => {
    const { authority, ask } = await started(t);
    const watcher = new Watcher(authority);
    const asked = await Promise.all([authority.snapshot(), authority.member({ iss: 'willow.example', sub: 'ada' })]);
    assert.deepEqual(
      asked.map((answer) => answer.kind === 'unknown' && answer.reason),
      ['stale', 'stale'],
    );
    await ask('POST', '/Users', userOf('ada'));
    await waitUntil(() => watcher.member('ada'));
    assert.deepEqual(
      watcher.updates.map(({ kind }) => kind),
      ['unknown', 'snapshot'],
    );
    await watcher.stop();
  });

  test('has what it answered on disk, and answers no 2xx where it has not', async (t) => {
    const kept = makeMemoryScimStore();
    let isFull = false;
    const saved: string[] = [];
    const refusing = async (): Promise<never> => Promise.reject(new Error('disk full'));
    const store: ScimStore = {
      load: kept.load,
      save: async (rows) => {
        if (isFull) return refusing();
        await kept.save(rows);
        saved.push(...rows.map(({ json }) => JSON.parse(json).userName));
      },
      delete: (keys) => (isFull ? refusing() : kept.delete(keys)),
    };
    const service = await started(t, store);
    const made = await service.ask('POST', '/Users', userOf('ada'));
    assert.deepEqual([made.status, saved], [201, ['ada']]);

    isFull = true;
    const path = `/Users/${made.body.id}`;
    const refused = [
      await service.ask('POST', '/Users', userOf('ben')),
      await service.ask('PATCH', path, replace('active', false)),
      await service.ask('DELETE', path),
    ];
    assert.deepEqual(
      refused.map(({ status, headers }) => [status, headers.get('retry-after')]),
      [
        [503, '5'],
        [503, '5'],
        [503, '5'],
      ],
    );
    const list = await service.ask('GET', '/Users');
    assert.deepEqual([list.body.totalResults, list.body.Resources[0].active], [1, undefined]);

    isFull = false;
    assert.equal((await service.ask('PATCH', path, replace('active', false))).status, 200);
    const again = await started(t, store);
    const member = await again.authority.member({ iss: 'willow.example', sub: 'ada' });
    assert.equal(member.kind === 'found' && member.value.status, 'suspended');
  });

  test('reads what it kept again when the store comes back', async (t) => {
    const kept = makeMemoryScimStore();
    await provision(await started(t, kept), [ADA, BEN]);
    let isAway = true;
    const load: ScimStore['load'] = () => (isAway ? Promise.reject(new Error('no database')) : kept.load());
    const service = await started(t, { ...kept, load });
    const answers = [
      await service.authority.snapshot(),
      await service.authority.member({ iss: 'willow.example', sub: 'ada' }),
    ];
    assert.deepEqual(
      answers.map((answer) => answer.kind === 'unknown' && answer.reason),
      ['unreachable', 'unreachable'],
    );
    assert.equal((await service.ask('GET', '/Users')).status, 503);
    assert.equal((await service.ask('POST', '/Users', userOf('x'))).status, 503);
    const watcher = new Watcher(service.authority);
    isAway = false;
    await watcher.shows([memberOf(ADA, 'willow.example'), memberOf(BEN, 'willow.example')]);
    await watcher.stop();
  });

  test('pushes a write before it answers it', async (t) => {
    const service = await started(t);
    await provision(service, [ADA, BEN, CLEO]);
    const watcher = new Watcher(service.authority);
    await watcher.shows([ADA, BEN, CLEO].map((person) => memberOf(person, 'willow.example')));
    const { body } = await service.ask('GET', `/Users?filter=${encodeURIComponent('externalId eq "ada"')}`);
    await service.ask('PATCH', `/Users/${body.Resources[0].id}`, replace('active', false));
    assert.equal(watcher.member('ada')?.status, 'suspended');
    assert.deepEqual(watcher.member('ben'), memberOf(BEN, 'willow.example'));
    await watcher.stop();
  });

  const STANDINGS: readonly (readonly [active: boolean | undefined, status: string | undefined, is: string])[] = [
    [undefined, undefined, 'active'],
    [true, undefined, 'active'],
    [false, undefined, 'suspended'],
    [false, 'active', 'suspended'],
    [false, 'hibernating', 'hibernating'],
    [false, 'expelled', 'expelled'],
    [true, 'suspended', 'suspended'],
    [undefined, 'on the moon', 'unmapped'],
    [false, 'on the moon', 'suspended'],
  ];
  test('takes the standing from `active` and from the status beside it', async (t) => {
    const service = await started(t);
    const seen: unknown[] = [];
    for (const [i, [active, status]] of STANDINGS.entries()) {
      const { body } = await service.ask(
        'POST',
        '/Users',
        userOf(`u${i}`, { active, ...(status && { [CAUSEWAY]: { status } }) }),
      );
      const found = await service.authority.member({ iss: 'willow.example', sub: body.externalId });
      seen.push([active, status, found.kind === 'found' && found.value.status]);
    }
    assert.deepEqual(seen, STANDINGS);
  });

  test('lets nobody claim a name, an id or a handle that somebody else has', async (t) => {
    const { ask } = await started(t);
    const handles = { [CAUSEWAY]: { matrix: ['@ada:willow.example'], irc: ['home/ada'] } };
    await ask('POST', '/Users', userOf('ada', handles));
    const ben = await ask('POST', '/Users', userOf('ben'));
    const tries: readonly Json[] = [
      await ask('POST', '/Users', userOf('ADA', { externalId: 'x' })),
      await ask('POST', '/Users', { userName: 'x', externalId: 'ada' }),
      await ask('POST', '/Users', userOf('x', { [CAUSEWAY]: { matrix: ['@ada:willow.example'] } })),
      await ask('PATCH', `/Users/${ben.body.id}`, replace(`${CAUSEWAY}:irc`, 'home/ADA')),
      await ask('PUT', `/Users/${ben.body.id}`, userOf('ben', { externalId: 'ada' })),
    ];
    assert.deepEqual(
      tries.map(({ status, body }) => [status, body.scimType]),
      tries.map(() => [409, 'uniqueness']),
    );
  });

  test('refuses a handle that is none, and an attribute of ours that is none', async (t) => {
    const { ask } = await started(t);
    const tries: readonly Json[] = [
      await ask('POST', '/Users', userOf('a', { [CAUSEWAY]: { matrix: ['ada'] } })),
      await ask('POST', '/Users', userOf('b', { [CAUSEWAY]: { irc: ['ada'] } })),
      await ask('POST', '/Users', userOf('c', { [CAUSEWAY]: { matrx: ['@ada:willow.example'] } })),
    ];
    assert.deepEqual(
      tries.map(({ status, body }) => [status, body.scimType]),
      tries.map(() => [400, 'invalidValue']),
    );
  });

  test('keeps two writers apart by ETags', async (t) => {
    const { ask } = await started(t);
    const made = await ask('POST', '/Users', userOf('ada'));
    const path = `/Users/${made.body.id}`;
    const first = made.headers.get('etag') ?? '';
    assert.equal(first, made.body.meta.version);
    assert.equal((await ask('GET', path, undefined, { 'if-none-match': first })).status, 304);
    const changed = await ask('PATCH', path, replace('displayName', 'Ada'), { 'if-match': first });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), first);
    assert.equal((await ask('GET', path, undefined, { 'if-none-match': first })).status, 200);
    const late = [
      await ask('PATCH', path, replace('displayName', 'X'), { 'if-match': first }),
      await ask('PUT', path, userOf('x'), { 'if-match': first }),
      await ask('DELETE', path, undefined, { 'if-match': first }),
    ];
    assert.deepEqual(
      late.map(({ status }) => status),
      [412, 412, 412],
    );
    const same = await ask('PATCH', path, replace('displayName', 'Ada'), { 'if-match': '*' });
    assert.equal(same.headers.get('etag'), changed.headers.get('etag'));
  });

  test('has bounds', async (t) => {
    const { ask } = await started(t);
    const deep = `${'('.repeat(50)}userName eq "a"${')'.repeat(50)}`;
    const long = Array.from({ length: 300 }, () => 'userName eq "a"').join(' or ');
    const answers = [
      await ask('POST', '/Users', userOf('a', { displayName: 'x'.repeat(1_100_000) })),
      await ask('POST', '/Users', userOf('a', { displayName: 'x'.repeat(5_000) })),
      await ask('POST', '/Users', userOf('a', { emails: Array.from({ length: 101 }, (_, i) => ({ value: `${i}` })) })),
      await ask('POST', '/Users', '{"userName":'),
      await ask('POST', '/Users', '[1]'),
      await ask('POST', '/Users', 'userName=a', { 'content-type': 'application/x-www-form-urlencoded' }),
      await ask('GET', `/Users?filter=${encodeURIComponent(deep)}`),
      await ask('GET', `/Users?filter=${encodeURIComponent(long)}`),
      await ask('GET', '/Users?count=many'),
      await ask('PUT', '/Users'),
      await ask('POST', '/Bulk', {}),
    ];
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.scimType]),
      [
        [413, undefined],
        [400, 'invalidValue'],
        [400, 'tooMany'],
        [400, 'invalidSyntax'],
        [400, 'invalidSyntax'],
        [415, undefined],
        [400, 'invalidFilter'],
        [400, 'invalidFilter'],
        [400, 'invalidValue'],
        [405, undefined],
        [501, undefined],
      ],
    );
  });

  test('gives pages, and only what is asked for', async (t) => {
    const { ask } = await started(t);
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await ask('POST', '/Users', userOf(name, { name: { givenName: name, familyName: 'X' } }));
    const { body } = await ask('GET', '/Users?startIndex=4&count=10&attributes=userName,name.givenName');
    assert.deepEqual(
      { ...body, Resources: body.Resources.map(({ id: _id, schemas: _schemas, ...rest }: Json) => rest) },
      {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
        totalResults: 5,
        startIndex: 4,
        itemsPerPage: 2,
        Resources: [
          { userName: 'd', name: { givenName: 'd' } },
          { userName: 'e', name: { givenName: 'e' } },
        ],
      },
    );
    const search = await ask('POST', '/Users/.search', { filter: 'userName eq "b"', attributes: ['userName'] });
    assert.deepEqual([search.body.totalResults, search.body.Resources[0].userName], [1, 'b']);
  });

  test('carries out writes that come at once one after the other', async (t) => {
    const { ask } = await started(t);
    const group = await ask('POST', '/Groups', { displayName: 'garden' });
    const value = (i: number): object[] => [{ value: `user-${i}` }];
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        ask('PATCH', `/Groups/${group.body.id}`, { Operations: [{ op: 'add', path: 'members', value: value(i) }] }),
      ),
    );
    assert.deepEqual([...new Set(all.map(({ status }) => status))], [200]);
    const { body } = await ask('GET', `/Groups/${group.body.id}`);
    assert.equal(body.members.length, 30);
  });
});
