import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Caution } from '../../../src/app/admission/caution.ts';
import { Holds } from '../../../src/app/admission/holds.ts';
import type { KeepPlan } from '../../../src/app/admission/keep-plan.ts';
import type { Reports } from '../../../src/app/admission/reports.ts';
import type { Removal } from '../../../src/core/authority/plan-members.ts';
import type { ActualRoom } from '../../../src/core/room/actual-room.ts';
import type { ManagedRoom } from '../../../src/core/room/layout.ts';
import type { Audit } from '../../../src/ports/audit.ts';
import type { Database } from '../../../src/ports/db.ts';
import { openForTest } from '../../db/kit.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const SPACE = { id: 'space:coop', name: 'Willow' } as ManagedRoom;
const WINDOW_MS = 600_000;
const silentAudit: Audit = { problem: undefined, write: async () => true, close: async () => {} };

/** A Space with people in it, who are taken out as plans say that may be carried out. */
class House {
  readonly clock = new ManualClock();
  readonly there = new Map<string, 'join' | 'leave'>();
  readonly said: string[] = [];
  readonly looks: string[] = [];
  readonly #db: Database;
  #caution: Caution | undefined;

  constructor(db: Database, people: readonly string[]) {
    this.#db = db;
    for (const who of people) this.there.set(who, 'join');
  }

  /** Another run of the program, in which the Space was kept before. */
  async run(): Promise<void> {
    const kit = kitFor(this.#db, this.clock);
    const holds = new Holds(kit);
    await holds.load();
    this.#caution = new Caution({
      kit,
      holds,
      audit: silentAudit,
      reports: { say: (text: string) => this.said.push(text) } as unknown as Reports,
      mode: () => 'enforce',
      isOurs: () => false,
      lastSnapshotWasEmpty: () => false,
      isKnown: (userId) => !userId.startsWith('stranger'),
      windowMs: () => WINDOW_MS,
      look: (resource) => this.looks.push(resource),
    });
    await this.caution.kept(SPACE.id);
  }

  get caution(): Caution {
    assert.ok(this.#caution !== undefined, 'no run began');
    return this.#caution;
  }

  #room(): ActualRoom {
    const members = new Map([...this.there].map(([userId, membership]) => [userId, { membership }]));
    return { members } as unknown as ActualRoom;
  }

  #plan(who: readonly string[], code = 'suspended'): KeepPlan {
    const steps = who.map((userId): Removal => ({ kind: 'kick', userId, why: 'x', code, revision: 1 }));
    return { members: { steps, powers: new Map(), hashText: who.join(), removes: who }, powers: undefined, writes: [] };
  }

  minds(who: readonly string[]): Promise<boolean> {
    return this.caution.minds(SPACE, this.#room(), this.#plan(who));
  }

  /** Whether a plan to remove these is carried out; then they are gone. */
  async remove(who: readonly string[], code?: string): Promise<boolean> {
    const plan = this.#plan(who, code);
    if (await this.caution.holds(SPACE, this.#room(), plan)) return false;
    for (const one of who) this.there.set(one, 'leave');
    return true;
  }

  async each(who: readonly string[], code?: string): Promise<boolean[]> {
    const done: boolean[] = [];
    for (const one of who) done.push(await this.remove([one], code));
    return done;
  }
}

const people = Array.from({ length: 12 }, (_, at) => `m${at}`);

async function house(t: TestContext, who = people): Promise<House> {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const made = new House(db, who);
  await made.run();
  return made;
}

describe('a plan that is held', () => {
  test('invariant 38: is not carried out person by person either; others do not wait for it', async (t) => {
    const at = await house(t);
    const many = people.slice(0, 7);
    assert.deepEqual([await at.minds(['m0']), await at.remove(many)], [false, false]);
    assert.deepEqual(
      [await at.minds(['m0']), await at.minds(['m9', 'm0']), await at.minds(['m9'])],
      [true, true, false],
    );
  });
});

describe('removals that come one by one', () => {
  test('invariant 38: go at once while they are few, and wait when they add up', async (t) => {
    const at = await house(t);
    assert.deepEqual(await at.each(people.slice(0, 7)), [true, true, true, true, true, false, false]);
    assert.match(
      at.said[0] ?? '',
      /^Willow: a plan is held\. Within 10 minutes 5 people of 12 were removed one by one/,
    );
  });

  test('go on by themselves when those before are long enough ago', async (t) => {
    const at = await house(t);
    await at.each(people.slice(0, 5));
    assert.equal(await at.remove(['m5']), false);
    at.clock.advance(WINDOW_MS - 1);
    assert.deepEqual(at.looks, []);
    at.clock.advance(1);
    assert.deepEqual(at.looks, [SPACE.id]);
    assert.deepEqual([await at.remove(['m5']), await at.remove(['m6'])], [true, true]);
  });

  test('that grow into many while they wait are held until somebody confirms them', async (t) => {
    const at = await house(t);
    await at.each(people.slice(0, 5));
    const rest = people.slice(5, 11);
    assert.equal(await at.remove(rest), false);
    at.clock.advance(10 * WINDOW_MS);
    assert.equal(await at.remove(rest), false);
  });

  test('that somebody confirmed go, and do not count for those after them', async (t) => {
    const at = await house(t);
    await at.each(people.slice(0, 5));
    assert.equal(await at.remove(['m5']), false);
    const hash = /confirm ([0-9a-f]+)/.exec(at.said[0] ?? '')?.[1] ?? '';
    assert.notEqual(await at.caution.confirm(hash, '@ada:x'), undefined);
    assert.equal(await at.remove(['m5']), true);
    at.clock.advance(WINDOW_MS);
    assert.deepEqual(await at.each(people.slice(6, 11)), [true, true, true, true, true]);
  });

  test('count until they are long ago, over a restart too', async (t) => {
    const at = await house(t);
    await at.each(people.slice(0, 5));
    await at.run();
    assert.equal(await at.remove(['m5']), false);
  });

  test('of people who are back do not count, nor the same person twice', async (t) => {
    const at = await house(t);
    for (let turn = 0; turn < 20; turn++) {
      assert.equal(await at.remove(['m0']), true);
      at.there.set('m0', 'join');
    }
    await at.each(people.slice(1, 5));
    at.there.set('m1', 'join');
    assert.deepEqual([await at.remove(['m0']), await at.remove(['m5']), await at.remove(['m6'])], [true, true, false]);
  });

  test('of strangers, and of people who left the Space, neither count nor wait', async (t) => {
    const strangers = Array.from({ length: 10 }, (_, at) => `stranger${at}`);
    const at = await house(t, [...people, ...strangers]);
    const all = (count: number): boolean[] => Array(count).fill(true);
    assert.deepEqual(await at.each(strangers, 'stranger'), all(10));
    assert.deepEqual(await at.each(people.slice(0, 6), 'left-space'), all(6));
    assert.deepEqual(await at.each(people.slice(6, 11)), all(5));
    at.there.set('stranger0', 'join');
    assert.equal(await at.remove(['stranger0'], 'stranger'), true);
    assert.equal(await at.remove(['m11']), false);
  });
});
