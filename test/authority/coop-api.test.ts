import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { makeCoopApiAuthority } from '../../src/authority/coop-api/coop-api-authority.ts';
import type { AuthorityUpdate, Lookup, Member, UnknownReason } from '../../src/core/authority/member.ts';
import type { Authority } from '../../src/ports/authority.ts';
import { COOP_API_TOKEN, type FakeCoopApi, startFakeCoopApi } from '../fakes/fake-coop-api.ts';
import { waitUntil } from '../servers/people.ts';
import { SteppedClock } from './stepped-clock.ts';
import { Watcher } from './watcher.ts';

const ISSUER = 'https://id.willow.example';
const subject = (sub: string): Member['subject'] => ({ iss: ISSUER, sub });

const seated = (sub: string, ...groups: string[]): Member => ({
  subject: subject(sub),
  status: 'active',
  statusText: 'has a seat',
  seats: [...groups, `personal-${sub}`].sort().map((group) => ({ group, roles: ['member'], visibility: 'canonical' })),
  roles: [],
  handles: [],
});

type World = { readonly api: FakeCoopApi; readonly authority: Authority; readonly clock: SteppedClock };

async function makeWorld(t: TestContext, { token = COOP_API_TOKEN } = {}): Promise<World> {
  const api = await startFakeCoopApi();
  const clock = new SteppedClock(100);
  const authority = makeCoopApiAuthority({
    url: api.url,
    token,
    people: {},
    intervalSeconds: 30,
    issuer: ISSUER,
    clock,
  });
  t.after(async () => {
    await authority.close();
    await api.stop();
    clock.stop();
  });
  return { api, authority, clock };
}

/** Ways in which the API says nothing of anybody, and what each is called. */
const FAULTS: Readonly<Record<string, readonly [UnknownReason, (response: ServerResponse) => void]>> = {
  'an empty list': ['ambiguous', (response) => response.end('{"groups":[]}')],
  'a 404': ['ambiguous', (response) => response.writeHead(404).end()],
  'a 500': ['unreachable', (response) => response.writeHead(500).end('{"error":"lookup failed"}')],
  'a 401': ['unauthorized', (response) => response.writeHead(401).end()],
  'a redirect': ['malformed', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  'no JSON': ['malformed', (response) => response.end('<html>')],
  'no list': ['malformed', (response) => response.end('{"groups":"garden"}')],
  'numbers for groups': ['malformed', (response) => response.end('{"groups":[1]}')],
  null: ['malformed', (response) => response.end('null')],
  'half of it': [
    'unreachable',
    (response) => response.writeHead(200, { 'content-length': 99 }).write('{"gro', () => response.destroy()),
  ],
  'more than anybody needs': [
    'malformed',
    (response) => response.end(JSON.stringify({ groups: ['x'.repeat(2_000_000)] })),
  ],
  silence: ['timeout', () => {}],
};

describe('an authority that is the coop-api', () => {
  test('asks about one person, whatever their name is made of', async (t) => {
    const { api, authority } = await makeWorld(t);
    const names = ['ada', 'ada&sub=ben', 'a b+c/../?#%00é', 'ada\r\nX: y'];
    for (const name of names) {
      api.seats.set(name, ['garden']);
      const found = await authority.member(subject(name));
      assert.deepEqual(found.kind === 'found' && found.value, seated(name, 'garden'));
    }
    assert.deepEqual(api.asked, names);
  });

  test('names nobody by itself and calls nobody of its own absent', async (t) => {
    const { authority } = await makeWorld(t);
    const { supports, source } = authority.description;
    assert.deepEqual([[...supports], source.includes(COOP_API_TOKEN)], [[], false]);
    assert.equal((await authority.snapshot()).kind, 'unknown');
    assert.equal((await authority.member({ iss: 'https://elm.example', sub: 'ada' })).kind, 'absent');
  });

  test('says which seats came and went, once, and gives signs of life between', async (t) => {
    const { api, authority, clock } = await makeWorld(t);
    api.seats.set('ada', ['garden', 'house']);
    authority.setSubjects?.([subject('ada'), subject('ben')]);
    const watcher = new Watcher(authority);
    await watcher.shows([seated('ada', 'garden', 'house'), seated('ben')]);
    api.seats.set('ada', ['house']);
    await watcher.shows([seated('ada', 'house'), seated('ben')]);
    const fromMs = clock.nowMs();
    const from = watcher.updates.length;
    const heardMs: number[] = [];
    watcher.onUpdate = () => heardMs.push(clock.nowMs());
    await waitUntil(() => clock.nowMs() > fromMs + 100_000, { what: '100 s of the clock' });
    await watcher.stop();
    const gaps = heardMs.map((atMs, i) => atMs - (heardMs[i - 1] ?? fromMs));
    assert.ok(Math.max(...gaps) <= 10_500, `${gaps.join(', ')} ms`);
    assert.deepEqual(new Set(watcher.updates.slice(from).map(({ kind }) => kind)), new Set(['heartbeat']));
    assert.deepEqual(watcher.revisionsThatFell, []);
  });

  test('asks about a newcomer at once, and no more about whoever is nobody’s business now', async (t) => {
    const { api, authority, clock } = await makeWorld(t);
    authority.setSubjects?.([subject('ada')]);
    const watcher = new Watcher(authority);
    await watcher.shows([seated('ada')]);
    const atMs = clock.nowMs();
    authority.setSubjects?.([subject('ben')]);
    await watcher.shows([seated('ada'), seated('ben')]);
    assert.ok(clock.nowMs() - atMs < 15_000, `${clock.nowMs() - atMs} ms`);
    const asked = api.asked.length;
    await waitUntil(() => api.asked.length > asked + 2, { what: 'two more rounds' });
    assert.deepEqual([...new Set(api.asked.slice(asked))], ['ben']);
    await watcher.stop();
  });

  for (const [fault, [reason, answer]] of Object.entries(FAULTS)) {
    test(`knows nothing, and takes nothing from anybody, by ${fault}`, async (t) => {
      const { api, authority } = await makeWorld(t);
      api.seats.set('ada', ['garden']);
      authority.setSubjects?.([subject('ada'), subject('ben')]);
      const watcher = new Watcher(authority);
      await watcher.shows([seated('ada', 'garden'), seated('ben')]);
      const before = watcher.updates.length;
      api.answerInstead = (_sub, response) => answer(response);
      const said = await watcher.next(before, ({ kind }) => kind === 'unknown');
      assertUnknown(said, reason);
      assertUnknown(await authority.member(subject('ada')), reason);
      const since = watcher.updates.slice(watcher.updates.indexOf(said));
      assert.deepEqual(new Set(since.map(({ kind }) => kind)), new Set(['unknown']));
      api.answerInstead = undefined;
      api.seats.set('ada', []);
      await watcher.shows([seated('ada'), seated('ben')]);
      await watcher.stop();
    });
  }

  test('goes on about the others while one answer is odd, without a sign of life for all', async (t) => {
    const { api, authority } = await makeWorld(t);
    authority.setSubjects?.([subject('ada'), subject('ben')]);
    const watcher = new Watcher(authority);
    await watcher.shows([seated('ada'), seated('ben')]);
    const groups: Record<string, readonly string[]> = { ada: [], ben: ['house'] };
    api.answerInstead = (sub, response) => response.end(JSON.stringify({ groups: groups[sub] }));
    const from = watcher.updates.length;
    const enough = (): boolean => watcher.updates.slice(from).filter(({ kind }) => kind === 'unknown').length > 2;
    await waitUntil(enough, { what: 'three odd rounds' });
    const first = watcher.updates.slice(from).findIndex(({ kind }) => kind !== 'heartbeat');
    const said = watcher.updates.slice(from + first);
    assert.deepEqual(new Set(said.map(({ kind }) => kind)), new Set(['member', 'unknown']));
    assert.deepEqual(
      new Set(said.flatMap((update) => (update.kind === 'member' ? [update.subject.sub] : []))),
      new Set(['ben']),
    );
    await watcher.stop();
  });

  test('has signs of life while there is nobody to ask about, unless its token is refused', async (t) => {
    const { authority } = await makeWorld(t);
    const watcher = new Watcher(authority);
    await watcher.next(0, ({ kind }) => kind === 'heartbeat');
    await watcher.stop();
    const refused = await makeWorld(t, { token: 'another' });
    const told = new Watcher(refused.authority);
    assertUnknown(await told.next(0, ({ kind }) => kind !== 'gap'), 'unauthorized');
    await told.stop();
  });

  test('comes back when the API comes back, and leaves no timer behind', async (t) => {
    const { api, authority, clock } = await makeWorld(t);
    authority.setSubjects?.([subject('ada')]);
    const watcher = new Watcher(authority);
    await watcher.shows([seated('ada')]);
    await api.stop();
    const from = watcher.updates.length;
    assertUnknown(await watcher.next(from, ({ kind }) => kind === 'unknown'), 'unreachable');
    await api.start();
    const lost = watcher.updates.length;
    await watcher.next(lost, ({ kind }) => kind === 'heartbeat');
    await watcher.stop();
    await authority.close();
    await waitUntil(() => clock.pending === 0, { what: 'no timer to be left' });
  });
});

function assertUnknown(said: AuthorityUpdate | Lookup<unknown>, reason: UnknownReason): void {
  assert.equal(said.kind === 'unknown' ? said.reason : said.kind, reason);
  if (said.kind !== 'unknown') return;
  assert.match(said.text, /^The .{20,}\.$/);
  assert.equal(said.text.includes(COOP_API_TOKEN), false);
}
