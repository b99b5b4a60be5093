import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { AuthoritySide } from '../../../src/app/admission/authority-side.ts';
import type { Lanes } from '../../../src/app/lanes/lanes.ts';
import { Ledger } from '../../../src/app/lanes/ledger.ts';
import { withoutAgreements } from '../../../src/authority/without-agreements.ts';
import type { Freshness, Lookup, Member, Status } from '../../../src/core/authority/member.ts';
import type { AuditEntry } from '../../../src/ports/audit.ts';
import type { Authority } from '../../../src/ports/authority.ts';
import type { Database } from '../../../src/ports/db.ts';
import type { SecurityEvent } from '../../../src/ports/security-events.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { waitUntil } from '../../servers/people.ts';

const ISSUER = 'willow.example';
const keyOf = (sub: string): string => `${ISSUER} ${sub}`;
const member = (sub: string, status: Status): Member => ({
  subject: { iss: ISSUER, sub },
  status,
  statusText: status,
  seats: [],
  roles: [],
  handles: [{ kind: 'did', value: `did:key:${sub}` }],
});
const event = (id: string, subs: readonly string[], effect: SecurityEvent['effect'] = 'shut'): SecurityEvent => ({
  id,
  kind: 'session-revoked',
  effect,
  subjects: subs.map((sub) => ({ iss: ISSUER, sub })),
  handles: [],
});

/** An authority that says nothing by itself after its first list, and what a process knows of it. */
class World {
  readonly clock = new ManualClock();
  readonly people = new Map<string, Status>();
  readonly asked: string[] = [];
  readonly changes: string[] = [];
  readonly audited: AuditEntry[] = [];
  readonly db: Database;
  isAway = false;
  /** Holds back what it answers about single people. */
  gate: Promise<void> = Promise.resolve();
  #revision = 0;

  constructor(db: Database) {
    this.db = db;
  }

  #freshness(): Freshness {
    return { asOfMs: this.clock.nowMs(), revision: ++this.#revision, via: 'poll' };
  }

  #all(): readonly Member[] {
    return [...this.people].map(([sub, status]) => member(sub, status));
  }

  readonly #authority = (): Authority => {
    const away: Lookup<never> = { kind: 'unknown', reason: 'unreachable', text: 'Nobody answers.' };
    return {
      description: { issuer: ISSUER, source: 'a test', supports: new Set(['snapshot', 'status']) },
      snapshot: async () => {
        this.asked.push('everybody');
        if (this.isAway) return away;
        return { kind: 'found', value: { members: this.#all() }, freshness: this.#freshness() };
      },
      member: async ({ sub }) => {
        this.asked.push(sub);
        const freshness = this.#freshness();
        await this.gate;
        if (this.isAway) return away;
        const status = this.people.get(sub);
        return status === undefined
          ? { kind: 'absent', freshness }
          : { kind: 'found', value: member(sub, status), freshness };
      },
      ...withoutAgreements,
      watch: (signal) => this.#watch(signal),
      close: async () => {},
    };
  };

  async *#watch(signal: AbortSignal) {
    if (this.isAway) yield { kind: 'unknown', reason: 'unreachable', text: 'Nobody answers.' } as const;
    else yield { kind: 'snapshot', snapshot: { members: this.#all() }, freshness: this.#freshness() } as const;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  /** One run of the program. */
  async run(): Promise<AuthoritySide> {
    const kit = kitFor(this.db, this.clock);
    const ledger = new Ledger(kit, () => ({ add() {}, depth: () => 0 }) as unknown as Lanes);
    await ledger.open();
    const side = new AuthoritySide({
      kit,
      ledger,
      authority: this.#authority(),
      audit: {
        problem: undefined,
        write: async (entries) => {
          this.audited.push(...entries);
          return true;
        },
        close: async () => {},
      },
      onChanged: (whom) => this.changes.push(...(whom?.subjects ?? [])),
      onAgreements: async () => {},
      onAlert: () => {},
    });
    await side.load();
    side.start();
    if (!this.isAway) await waitUntil(() => side.problem === undefined, { what: 'the first list' });
    this.asked.length = 0;
    this.changes.length = 0;
    this.clock.advance(10);
    return side;
  }
}

async function world(t: TestContext): Promise<World> {
  const db = await openForTest('sqlite::memory:');
  const made = new World(db);
  for (const sub of ['ada', 'bea', 'cem', 'dan', 'eve', 'fay', 'gus']) made.people.set(sub, 'active');
  t.after(() => db.close());
  return made;
}

const statusOf = (side: AuthoritySide, sub: string): string => {
  const known = side.directory.member(keyOf(sub));
  return known.kind === 'found' ? known.value.status : known.kind;
};

describe('An event that is pushed', () => {
  test('has the authority asked about that person now, and what that answers counts', async (t) => {
    const at = await world(t);
    const side = await at.run();
    at.people.set('ada', 'suspended');
    at.people.set('bea', 'suspended');
    assert.equal(await side.events.take(event('1', ['ada'], 'look')), true);
    await waitUntil(() => at.changes.length > 0, { what: 'what changed' });
    assert.deepEqual([at.asked, at.changes], [['ada'], [keyOf('ada')]]);
    assert.deepEqual([statusOf(side, 'ada'), statusOf(side, 'bea')], ['suspended', 'active']);
    await side.stop();
  });

  test('decides nothing by itself: nobody is let in by it', async (t) => {
    const at = await world(t);
    at.people.set('ada', 'suspended');
    const side = await at.run();
    await side.events.take({ ...event('1', ['ada'], 'look'), kind: 'account-enabled' });
    await side.events.take({ ...event('2', ['zoe'], 'look'), kind: 'prov:create:full' });
    await waitUntil(() => at.asked.includes('everybody'), { what: 'the look' });
    assert.deepEqual([statusOf(side, 'ada'), statusOf(side, 'zoe'), at.changes], ['suspended', 'absent', []]);
    await side.stop();
  });

  test('that somebody was shut out stops their lines before the authority has answered, and until then', async (t) => {
    const at = await world(t);
    const side = await at.run();
    const held = Promise.withResolvers<void>();
    at.gate = held.promise;
    await side.events.take(event('1', ['ada']));
    assert.deepEqual([side.gates.isShut(keyOf('ada')), side.gates.isShut(keyOf('bea'))], [true, false]);
    await waitUntil(() => at.asked.length === 1, { what: 'the question' });
    assert.equal(side.gates.isShut(keyOf('ada')), true);
    held.resolve();
    await waitUntil(() => !side.gates.isShut(keyOf('ada')), { what: 'the gate to open' });
    assert.equal(statusOf(side, 'ada'), 'active');
    await waitUntil(() => at.audited.length === 2, { what: 'the record' });
    assert.deepEqual(
      at.audited
        .map(({ action, subject, actor }) => ({ action, subject, actor }))
        .sort((a, b) => (a.action < b.action ? -1 : 1)),
      [
        { action: 'gate.open', subject: keyOf('ada'), actor: 'push' },
        { action: 'gate.shut', subject: keyOf('ada'), actor: 'push' },
      ],
    );
    await side.stop();
  });

  test('that somebody was shut out holds while the authority is silent, also after a restart', async (t) => {
    const at = await world(t);
    const first = await at.run();
    at.isAway = true;
    await first.events.take(event('1', ['ada']));
    await waitUntil(() => at.asked.length === 1, { what: 'the question' });
    await first.stop();
    const second = await at.run();
    assert.equal(second.gates.isShut(keyOf('ada')), true);
    for (let tries = 0; tries < 5; tries++) {
      const before = at.asked.length;
      const isAsked = (): boolean => {
        at.clock.advance(1_000);
        return at.asked.length > before;
      };
      await waitUntil(isAsked, { what: 'another question' });
    }
    assert.equal(second.gates.isShut(keyOf('ada')), true);
    at.isAway = false;
    await waitUntil(
      () => {
        at.clock.advance(15_000);
        return !second.gates.isShut(keyOf('ada'));
      },
      { what: 'the gate to open' },
    );
    await second.stop();
    const third = await at.run();
    assert.deepEqual(third.gates.all(), []);
    await third.stop();
  });

  test('invariant 26: does nothing when it comes again, also after a restart', async (t) => {
    const at = await world(t);
    const first = await at.run();
    assert.equal(await first.events.take(event('1', ['ada'])), true);
    await waitUntil(() => !first.gates.isShut(keyOf('ada')), { what: 'the gate to open' });
    assert.equal(await first.events.take(event('1', ['ada'])), false);
    assert.deepEqual([at.asked, first.gates.all()], [['ada'], []]);
    await first.stop();
    const second = await at.run();
    assert.equal(await second.events.take(event('1', ['ada'])), false);
    assert.deepEqual([at.asked, second.gates.all()], [[], []]);
    await second.stop();
  });

  test('invariant 28: in whatever order events come, the end is what the authority says', async (t) => {
    const at = await world(t);
    const side = await at.run();
    at.people.set('ada', 'suspended');
    at.people.set('bea', 'active');
    const events = ['ada', 'bea'].flatMap((sub) => [
      { ...event(`${sub}-enabled`, [sub], 'look'), kind: 'account-enabled' },
      { ...event(`${sub}-disabled`, [sub]), kind: 'account-disabled' },
    ]);
    for (const each of [...events, ...events.toReversed()]) await side.events.take(each);
    await waitUntil(() => side.gates.all().length === 0 && statusOf(side, 'ada') === 'suspended', { what: 'the end' });
    assert.equal(statusOf(side, 'bea'), 'active');
    await side.stop();
  });

  test('of nobody whom we know has everybody looked at, seldom', async (t) => {
    const at = await world(t);
    const side = await at.run();
    at.people.set('cem', 'suspended');
    await side.events.take(event('1', []));
    await waitUntil(() => statusOf(side, 'cem') === 'suspended', { what: 'the look' });
    for (let id = 2; id < 20; id++) await side.events.take(event(`${id}`, []));
    assert.deepEqual(at.asked, ['everybody']);
    at.clock.advance(5_000);
    await waitUntil(() => at.asked.length === 2, { what: 'the next look' });
    await side.stop();
  });

  test('of many people has them looked at together, so that the guard sees them', async (t) => {
    const at = await world(t);
    const side = await at.run();
    for (const sub of at.people.keys()) at.people.set(sub, 'suspended');
    await side.events.take(event('1', [...at.people.keys()]));
    await waitUntil(() => at.changes.length === 7, { what: 'what changed' });
    assert.deepEqual(at.asked, ['everybody']);
    await side.stop();
  });

  test('of somebody who is missing from a list of nobody removes nobody', async (t) => {
    const at = await world(t);
    const side = await at.run();
    at.people.clear();
    await side.events.take(event('1', ['ada']));
    await waitUntil(() => at.asked.includes('everybody'), { what: 'the list' });
    assert.deepEqual([statusOf(side, 'ada'), at.changes], ['active', []]);
    assert.equal(side.gates.isShut(keyOf('ada')), true, 'nobody has said how they stand');
    await side.stop();
  });

  test('of strangers shuts nothing, whoever they are', async (t) => {
    const at = await world(t);
    const side = await at.run();
    at.isAway = true;
    await side.events.take(event('1', ['nobody', 'ada', 'no one']));
    assert.deepEqual(side.gates.all(), [keyOf('ada')]);
    await side.stop();
  });

  test('may name somebody by a handle', async (t) => {
    const at = await world(t);
    const side = await at.run();
    await side.events.take({ ...event('1', []), handles: [{ kind: 'did', value: 'did:key:bea' }] });
    await waitUntil(() => at.asked.length === 1, { what: 'the question' });
    assert.deepEqual(at.asked, ['bea']);
    await side.stop();
  });

  test('and counts for nothing is recorded, and not without end', async (t) => {
    const at = await world(t);
    const side = await at.run();
    for (let i = 0; i < 100; i++) side.events.refused('signature', 'The signature of the token is wrong.');
    side.events.refused('time', 'The token is expired, too old, or from the future.');
    assert.deepEqual(
      at.audited.map(({ phase, cause }) => `${phase} ${cause}`),
      ['denied event.signature', 'denied event.time'],
    );
    await side.stop();
  });
});
