import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { makeScimClient } from '../../src/authority/scim/scim-client.ts';
import { clock, recordingLog } from '../matrix/support.ts';
import { serve, TOKEN } from './scim-service.ts';

type Page = { readonly total: number; readonly ids: readonly string[] };
/** What a service answers: its pages of users by the number of the request, from 0 on. */
type Script = (startIndex: number, request: number) => Page | number;

const PEOPLE = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
const pageOf = (all: readonly string[], startIndex: number): Page => ({
  total: all.length,
  ids: all.slice(startIndex - 1, startIndex + 199),
});

/** A service that pages by 200 and answers as the script says, and a client of it. */
async function scripted(t: TestContext, script: { current: Script }) {
  let requests = 0;
  const service = await serve((request, response) => {
    const startIndex = Number(new URL(request.originalUrl, 'http://x').searchParams.get('startIndex'));
    const page = request.path === '/Users' ? script.current(startIndex, requests++) : { total: 0, ids: [] };
    if (typeof page === 'number') return void response.status(page).end();
    const Resources = page.ids.map((id) => ({ id, userName: id }));
    response.type('application/scim+json').end(JSON.stringify({ totalResults: page.total, startIndex, Resources }));
  });
  const authority = clientOf(service.url);
  t.after(async () => {
    await authority.close();
    await service.end();
  });
  return {
    authority,
    requests: () => requests,
    snapshot: async (): Promise<number | string> => {
      const all = await authority.snapshot();
      return all.kind === 'found' ? all.value.members.length : `${all.kind === 'unknown' && all.reason}`;
    },
  };
}

const clientOf = (url: string) =>
  makeScimClient({
    url,
    token: TOKEN,
    intervalSeconds: 30,
    issuer: 'willow.example',
    statuses: {},
    roles: {},
    clock,
    log: recordingLog(),
  });

describe('A list in pages over SCIM', () => {
  test('is read to its end', async (t) => {
    const { snapshot } = await scripted(t, { current: (at) => pageOf(PEOPLE, at) });
    assert.equal(await snapshot(), 1000);
  });

  test('of nobody is a list', async (t) => {
    const { snapshot } = await scripted(t, { current: () => ({ total: 0, ids: [] }) });
    assert.equal(await snapshot(), 0);
  });

  const BROKEN: readonly (readonly [what: string, script: Script, reason: string])[] = [
    ['fails on page 3 of 5', (at) => (at === 401 ? 500 : pageOf(PEOPLE, at)), 'unreachable'],
    ['is refused on page 3 of 5', (at) => (at === 401 ? 401 : pageOf(PEOPLE, at)), 'unauthorized'],
    ['changes its length in the middle', (at) => pageOf(at > 401 ? PEOPLE.slice(1) : PEOPLE, at), 'stale'],
    ['names one twice', (at) => pageOf(at > 1 ? ['new', ...PEOPLE.slice(0, -1)] : PEOPLE, at), 'ambiguous'],
    ['ends early', (at) => (at > 401 ? { total: 1000, ids: [] } : pageOf(PEOPLE, at)), 'malformed'],
    ['goes on for ever', (at) => ({ total: 1, ids: [`a${at}`, `b${at}`] }), 'malformed'],
    ['is too long', () => ({ total: 100_001, ids: ['a'] }), 'malformed'],
  ];
  for (const [what, script, reason] of BROKEN)
    test(`that ${what} is no list`, async (t) => {
      const { authority, snapshot } = await scripted(t, { current: script });
      assert.equal(await snapshot(), reason);
      const one = await authority.member({ iss: 'willow.example', sub: 'nobody' });
      assert.equal(one.kind, 'unknown');
    });

  test('that skips somebody who was there is read again, and believed when it says so twice', async (t) => {
    const script = { current: ((at) => pageOf(PEOPLE, at)) as Script };
    const { snapshot, requests } = await scripted(t, script);
    assert.equal(await snapshot(), 1000);
    const before = requests();
    // Somebody left and somebody came between two pages: the length is the same, and user-400 is on neither page.
    const skipping: Script = (at, request) =>
      pageOf(request < before + 5 && at > 400 ? [...PEOPLE.slice(1), 'new'] : PEOPLE, at);
    script.current = skipping;
    assert.equal(await snapshot(), 'stale');
    script.current = (at) => pageOf(PEOPLE, at);
    assert.equal(await snapshot(), 1000);
    script.current = (at) => pageOf(PEOPLE.slice(1), at);
    assert.equal(await snapshot(), 999);
  });

  test('is unknown where TLS is not spoken as it should be', async (t) => {
    const service = await serve((_request, response) => void response.end('{}'));
    const authority = clientOf(`https://127.0.0.1:${service.port}/scim/v2`);
    t.after(async () => {
      await authority.close();
      await service.end();
    });
    const all = await authority.snapshot();
    assert.equal(all.kind === 'unknown' && all.reason, 'unreachable');
  });

  test('takes what users say of their groups where the groups say nothing', async (t) => {
    const service = await serve((request, response) => {
      const Resources =
        request.path === '/Users'
          ? [{ id: 'a', userName: 'ada', groups: [{ value: 'g', display: 'garden' }] }]
          : [{ id: 'g', displayName: 'garden' }];
      response.type('application/scim+json').end(JSON.stringify({ totalResults: 1, Resources }));
    });
    const authority = clientOf(service.url);
    t.after(async () => {
      await authority.close();
      await service.end();
    });
    const ada = await authority.member({ iss: 'willow.example', sub: 'a' });
    assert.deepEqual(ada.kind === 'found' && ada.value.seats, [
      { group: 'garden', roles: ['member'], visibility: 'canonical' },
    ]);
  });
});
