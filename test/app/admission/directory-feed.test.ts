import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DirectoryFeed } from '../../../src/app/admission/directory-feed.ts';
import { DirectoryStore } from '../../../src/app/admission/directory-store.ts';
import { withoutAgreements } from '../../../src/authority/without-agreements.ts';
import { Directory } from '../../../src/core/authority/directory.ts';
import type { AuthorityUpdate, Freshness, Lookup, Member, Snapshot } from '../../../src/core/authority/member.ts';
import type { Authority } from '../../../src/ports/authority.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor, LivedDb } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { waitUntil } from '../../servers/people.ts';

const ISSUER = 'shard';
const keyOf = (sub: string): string => `${ISSUER} ${sub}`;
const member = (sub: string, status: 'active' | 'suspended' = 'active'): Member => ({
  subject: { iss: ISSUER, sub },
  status,
  statusText: status,
  seats: [],
  roles: [],
  handles: [],
});
const fresh = (revision: number): Freshness => ({ asOfMs: revision, revision, via: 'push' });
const said = (revision: number, one: Member): AuthorityUpdate => ({
  kind: 'member',
  subject: one.subject,
  member: one,
  freshness: fresh(revision),
});
const whole = (revision: number, ...members: readonly Member[]): AuthorityUpdate => ({
  kind: 'snapshot',
  snapshot: { members },
  freshness: fresh(revision),
});

/** What is followed of an authority that says this, and answers so when it is asked for everybody. */
async function followed(
  t: TestContext,
  updates: readonly AuthorityUpdate[] | AsyncIterable<AuthorityUpdate>,
  asked: Lookup<Snapshot>,
  clock: Clock = new ManualClock(),
  endsSoon = true,
) {
  const db = await openForTest('sqlite::memory:');
  const kit = kitFor(db, clock);
  const directory = new Directory();
  const changes: string[][] = [];
  const alerts: string[] = [];
  let isAllSaid = false;
  const authority: Authority = {
    description: { issuer: ISSUER, source: 'a test', supports: new Set(['snapshot', 'push']) },
    snapshot: async () => asked,
    member: async () => ({ kind: 'unknown', reason: 'unreachable', text: 'Not asked here.' }),
    ...withoutAgreements,
    async *watch(signal) {
      yield* updates;
      isAllSaid = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
    close: async () => {},
  };
  const feed = new DirectoryFeed({
    kit,
    authority,
    directory,
    store: new DirectoryStore(kit),
    onChanged: (whom) => changes.push([...(whom?.subjects ?? ['everybody'])]),
    onAgreements: async () => {},
    onAlert: (text) => alerts.push(text),
    onSaid: () => {},
    isAwaited: () => false,
  });
  feed.start();
  t.after(async () => {
    await feed.stop();
    await db.close();
  });
  if (endsSoon) await waitUntil(() => isAllSaid, { what: 'everything to be said' });
  const status = (sub: string): string => {
    const known = directory.member(keyOf(sub));
    return known.kind === 'found' ? known.value.status : known.kind;
  };
  return { directory, changes, alerts, feed, status };
}

const UNASKED: Lookup<Snapshot> = { kind: 'unknown', reason: 'unreachable', text: 'Nobody answers.' };

test('invariant 28: changes that come twice, or late, do no harm', async (t) => {
  const { status, changes } = await followed(
    t,
    [
      whole(1, member('ada'), member('bea')),
      said(3, member('ada', 'suspended')),
      said(3, member('ada', 'suspended')),
      said(2, member('ada')),
      said(1, member('ada')),
    ],
    UNASKED,
  );
  assert.equal(status('ada'), 'suspended');
  assert.equal(changes.filter((subjects) => subjects.includes(keyOf('ada'))).length, 2);
});

test('invariant 28: what was lost is found by asking for everybody', async (t) => {
  const now: Snapshot = { members: [member('ada', 'suspended')] };
  const { status, changes } = await followed(t, [whole(1, member('ada'), member('bea')), { kind: 'gap' }], {
    kind: 'found',
    value: now,
    freshness: fresh(9),
  });
  assert.deepEqual({ ada: status('ada'), bea: status('bea') }, { ada: 'suspended', bea: 'absent' });
  assert.deepEqual(changes.at(-1)?.sort(), [keyOf('ada'), keyOf('bea')]);
});

test('invariant 1: while nobody answers after a loss, nobody is moved, and the status says so', async (t) => {
  const { status, feed } = await followed(t, [whole(1, member('ada')), { kind: 'gap' }], UNASKED);
  assert.equal(status('ada'), 'active');
  assert.equal(feed.problem, 'Nobody answers.');
});

test('invariant 2: somebody who names nobody at all is a problem until they name somebody', async (t) => {
  const nobody = await followed(t, [whole(1, member('ada')), whole(2), { kind: 'heartbeat', asOfMs: 3 }], UNASKED);
  assert.equal(nobody.status('ada'), 'active');
  assert.equal(nobody.alerts.length, 1);
  assert.match(nobody.feed.problem ?? '', /names nobody/);
  const again = await followed(t, [whole(1, member('ada')), whole(2), whole(3, member('ada'))], UNASKED);
  assert.equal(again.feed.problem, undefined);
});

test('what was said while the database was away is stored with the next word, so that a start without the authority knows it', async (t) => {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const life = new LivedDb(db, new Life());
  const kit = kitFor(life, new ManualClock());
  const store = new DirectoryStore(kit);
  const directory = new Directory();
  await store.load(directory, { issuer: ISSUER, source: 'a test' });
  const say = async (update: AuthorityUpdate, isAway: boolean): Promise<void> => {
    life.isAway = () => isAway;
    await store.save(directory, directory.apply(update).changed);
  };
  await say(whole(1, member('ada'), member('bea')), false);
  await say(said(2, member('ada', 'suspended')), true);
  life.isAway = () => false;
  directory.apply({ kind: 'heartbeat', asOfMs: 3 });
  await store.stillSo(directory);
  const later = new Directory();
  await new DirectoryStore(kit).load(later, { issuer: ISSUER, source: 'a test' });
  const known = later.member(keyOf('ada'));
  assert.equal(known.kind === 'found' ? known.value.status : known.kind, 'suspended');
});

test('the first list of another source is a first one for every room: its plan is shown before it is carried out', async (t) => {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const kit = kitFor(db, new ManualClock());
  const mark = 'enforced:space:coop';
  await db.transaction((sql) => kit.stores.cursor.set(sql, mark, '1'));
  const isMarked = async (source: string): Promise<boolean> => {
    await new DirectoryStore(kit).load(new Directory(), { issuer: ISSUER, source });
    return (await db.transaction((sql) => kit.stores.cursor.get(sql, mark))) !== undefined;
  };
  // A bridge that did not note yet where it asked goes on as it was.
  assert.equal(await isMarked('file members.yaml'), true);
  assert.equal(await isMarked('file members.yaml'), true);
  assert.equal(await isMarked('scim'), false);
});

/** A clock that somebody sets forward: timers go on by themselves, as those of the machine do. */
class SetClock extends ManualClock {
  #aheadMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#aheadMs;
  }

  setForward(ms: number): void {
    this.#aheadMs += ms;
  }
}

const HOUR_MS = 3_600_000;
const council = (notAfterMs: number): Member => ({ ...member('ada'), roles: [{ role: 'council', notAfterMs }] });

test('invariant 16: an end that is due is told, though the authority says something else before its timer runs', async (t) => {
  const clock = new SetClock();
  const endsMs = clock.nowMs() + HOUR_MS;
  const later = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  async function* updates(): AsyncGenerator<AuthorityUpdate> {
    yield whole(1, council(endsMs), member('bo'));
    await later.promise;
    yield said(2, member('bo', 'suspended'));
    heard.resolve();
  }
  const { changes } = await followed(t, updates(), UNASKED, clock, false);
  await waitUntil(() => changes.length > 1, { what: 'the first word' });
  changes.length = 0;
  // The timer is due and has not run: the loop is busy.
  clock.setForward(HOUR_MS);
  later.resolve();
  await heard.promise;
  await clock.pass(1);
  assert.deepEqual(changes, [[keyOf('bo')], ['everybody']]);
});

test('invariant 16: a clock that is set forward ends what is over within seconds', async (t) => {
  const clock = new SetClock();
  const { changes } = await followed(t, [whole(1, council(clock.nowMs() + HOUR_MS))], UNASKED, clock);
  changes.length = 0;
  clock.setForward(HOUR_MS);
  await clock.pass(5_000);
  assert.deepEqual(changes, [['everybody']]);
});
