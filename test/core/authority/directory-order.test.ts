import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Directory } from '../../../src/core/authority/directory.ts';
import type { AuthorityUpdate, Handle, Member } from '../../../src/core/authority/member.ts';
import { growsEvenly, processorMs } from '../../growth.ts';
import { changed, dropped, everybody, keyOf, mxid, person, restarted } from './fixture.ts';

const SUBS = ['ada', 'bo', 'cy'];
const HANDLES: readonly Handle[] = [
  ...SUBS.map(mxid),
  { kind: 'irc-account', network: 'home', value: 'one' },
  { kind: 'irc-account', network: 'home', value: 'two' },
];

type Event =
  | { readonly kind: 'set'; readonly member: Member }
  | { readonly kind: 'drop'; readonly sub: string }
  | { readonly kind: 'all' };
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...SUBS),
      fc.constantFrom('active', 'suspended', 'expelled' as const),
      fc.subarray([...HANDLES]),
    )
    .map(([sub, status, handles]) => ({
      kind: 'set' as const,
      member: person(sub, { status: status as 'active', handles }),
    })),
  fc.constantFrom(...SUBS).map((sub) => ({ kind: 'drop' as const, sub })),
  fc.constant({ kind: 'all' as const }),
);

/** What an authority to which these things happen says, in order, with one count for all. */
function said(events: readonly Event[]): AuthorityUpdate[] {
  const members = new Map<string, Member>();
  return events.flatMap((event, at): AuthorityUpdate[] => {
    if (event.kind === 'all') return members.size === 0 ? [] : [everybody(at + 1, ...members.values())];
    if (event.kind === 'drop') {
      members.delete(event.sub);
      return [dropped(at + 1, event.sub)];
    }
    members.set(event.member.subject.sub, event.member);
    return [changed(at + 1, event.member)];
  });
}

/** All that can be asked of it. */
const seen = (directory: Directory) => ({
  members: SUBS.map((sub) => directory.member(keyOf(sub))),
  owners: HANDLES.map((handle) => {
    const owner = directory.resolve(handle);
    return owner.kind === 'found' ? owner.value.sub : owner.kind;
  }),
  asOfMs: directory.asOfMs,
  isComplete: directory.isComplete,
});

function after(updates: readonly AuthorityUpdate[]): Directory {
  const directory = new Directory();
  for (const update of updates) directory.apply(update);
  return directory;
}

const anyHistory = fc.array(anyEvent, { minLength: 1, maxLength: 12 }).map(said);

describe('what an authority says', () => {
  test('invariant 7: in any order, doubled and repeated, comes to the same', () => {
    const anyDelivery = anyHistory.chain((updates) =>
      fc.tuple(
        fc.constant(updates),
        fc
          .tuple(fc.shuffledSubarray(updates, { minLength: updates.length }), fc.array(fc.nat(11), { maxLength: 8 }))
          .map(([shuffled, repeats]) => [...shuffled, ...repeats.flatMap((at) => updates.slice(at, at + 2))]),
      ),
    );
    fc.assert(
      fc.property(anyDelivery, ([inOrder, delivered]) => {
        assert.deepEqual(seen(after(delivered)), seen(after(inOrder)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('invariant 8: a crash and a restart anywhere come to the same', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(12), (updates, at) => {
        const again = restarted(updates.slice(0, at));
        for (const update of updates.slice(at)) again.apply(update);
        const [own, wanted] = [seen(again), seen(after(updates))].map((each) => ({
          ...each,
          members: each.members.map((known) => (known.kind === 'found' ? known.value : known.kind)),
        }));
        assert.deepEqual(own, wanted);
      }),
      { numRuns: 1_000 },
    );
  });

  test('changes are exactly what changed', () => {
    fc.assert(
      fc.property(anyHistory, (updates) => {
        const directory = new Directory();
        for (const update of updates) {
          const before = SUBS.map((sub) => directory.member(keyOf(sub)));
          const { changed: subjects } = directory.apply(update);
          SUBS.forEach((sub, at) => {
            const [was, is] = [before[at], directory.member(keyOf(sub))];
            const value = (known: typeof is | undefined) => (known?.kind === 'found' ? known.value : null);
            const isOther = JSON.stringify(value(was)) !== JSON.stringify(value(is));
            if (isOther) assert.ok(subjects.includes(keyOf(sub)), `${sub} changed silently`);
          });
        }
      }),
    );
  });
});

describe('with ten thousand members', () => {
  const crowd = (size: number): Member[] => Array.from({ length: size }, (_, at) => person(`m${at}`));
  const one = person('m77', { status: 'suspended' });

  test('a snapshot that changes one of them says so, and is read in one pass', () => {
    const many = crowd(10_000);
    const directory = after([everybody(1, ...many)]);
    const { changed: subjects } = directory.apply(everybody(2, ...structuredClone(many).with(77, one)));
    assert.deepEqual(subjects, [keyOf('m77')]);
    growsEvenly('a snapshot', (size) => after([everybody(1, ...many.slice(0, size))]), 10_000);
  });

  test('a change costs the same as among a few', () => {
    const changesMs = (size: number): number => {
      const directory = after([everybody(1, ...crowd(size))]);
      return processorMs(() => {
        for (let at = 0; at < 2_000; at++) directory.apply(changed(3 + at, { ...one, name: `${at}` }));
      });
    };
    const [few, many] = [changesMs(100), changesMs(10_000)];
    assert.ok(many < 10 * Math.max(few, 5), `${many} ms among ten thousand, ${few} ms among a hundred`);
  });
});
