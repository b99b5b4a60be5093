import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Admission } from '../../src/app/admission/admission.ts';
import { rebind } from '../../src/app/admission/rebinding.ts';
import type { Person } from '../../src/app/commands/asker.ts';
import type { Kit } from '../../src/app/kit.ts';
import { GhostMoves } from '../../src/app/people/ghost-moves.ts';
import type { GhostSubject } from '../../src/core/ids.ts';
import type { AuditEntry } from '../../src/ports/audit.ts';
import { openForTest } from '../db/kit.ts';
import { FakeNetwork, HOME } from '../fakes/fake-network.ts';
import { kitFor } from '../fakes/fake-world.ts';
import { Life } from '../fakes/life.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const account = (name: string): GhostSubject => ({ kind: 'account', name });
const [OLD, NEW] = ['@_causeway_home_a+old:willow.example', '@_causeway_home_a+new:willow.example'];

async function kit(): Promise<Kit> {
  const clock = new ManualClock();
  const networks = new Map([[HOME, new FakeNetwork(clock).connect(new Life())]]);
  return kitFor(await openForTest('sqlite::memory:'), clock, { networks });
}

describe('the ghosts of two accounts of one person', () => {
  test('change places, stay so after a restart, and change back', async () => {
    const parts = await kit();
    const first = await GhostMoves.open(parts);
    assert.deepEqual(await first.swap(HOME, account('old'), account('new')), [OLD, NEW]);
    for (const moves of [first, await GhostMoves.open(parts)]) {
      assert.deepEqual([moves.idOf(HOME, account('old')), moves.idOf(HOME, account('new'))], [NEW, OLD]);
      assert.deepEqual(moves.whoIs(OLD), { network: HOME, subject: account('new') });
      assert.equal(moves.idOf(HOME, account('other')), '@_causeway_home_a+other:willow.example');
    }
    await first.swap(HOME, account('old'), account('new'));
    const again = await GhostMoves.open(parts);
    assert.deepEqual([again.idOf(HOME, account('old')), again.idOf(HOME, account('new'))], [OLD, NEW]);
  });

  test('no ghost is ever two people’s, whatever changes with whatever', async () => {
    const moves = await GhostMoves.open(await kit());
    const names = ['a', 'b', 'c', 'd'];
    for (const [a, b] of ['ab', 'bc', 'ad', 'cd', 'ab'].map((pair) => [...pair]))
      await moves.swap(HOME, account(a ?? ''), account(b ?? ''));
    const ids = names.map((name) => moves.idOf(HOME, account(name)));
    assert.equal(new Set(ids).size, names.length);
    assert.deepEqual(
      ids.map((id) => moves.whoIs(id)?.subject.name),
      names,
    );
  });
});

describe('a ghost goes to another account', () => {
  const members = new Map([
    ['old', 'ada'],
    ['new', 'ada'],
    ['foreign', 'bea'],
  ]);
  const admission = {
    networkUser: (_: string, { account: name, origin }: { account: string | null; origin?: string }) => {
      const sub = origin === undefined ? members.get(name ?? '') : undefined;
      return sub === undefined ? { kind: 'absent' } : { kind: 'found', value: { subject: { iss: 'w', sub } } };
    },
    subjectOf: (userId: string) => `w ${userId.slice(1, 4)}`,
  } as unknown as Admission;

  async function asks(asker: Person, words: readonly string[], canWrite = true) {
    const written: AuditEntry[] = [];
    const swapped: string[] = [];
    const audit = {
      write: async (entries: readonly AuditEntry[]) => canWrite && written.push(...entries) > 0,
      problem: undefined,
      close: async () => {},
    };
    const swapGhosts = async (_: string, a: GhostSubject, b: GhostSubject) => void swapped.push(`${a.name} ${b.name}`);
    const answer = await rebind({ kit: await kit(), audit, admission, swapGhosts }, asker, words);
    return { answer, swapped, actions: written.map(({ action, subject, why }) => ({ action, subject, why })) };
  }
  const onIrc = (name: string | null, more: object = {}): Person => ({
    kind: 'network',
    network: HOME,
    nick: 'x',
    account: name,
    ...more,
  });
  const onMatrix = (userId: string): Person => ({ kind: 'matrix', userId, room: '!r' });

  for (const [where, asker, words] of [
    ['on the network', onIrc('new'), ['old']],
    ['on Matrix', onMatrix('@ada:willow.example'), ['home', 'old', 'new']],
  ] as const)
    test(`once both are proven to be one member’s, and it is written down, ${where}`, async () => {
      assert.deepEqual(await asks(asker, words), {
        answer:
          'new on home has the Matrix user of old from now on. Saying it again with the two the other way round undoes it.',
        swapped: ['old new'],
        actions: [
          {
            action: 'rebind',
            subject: 'w ada',
            why: 'the ghosts of old and new on home change places: both accounts are proven to be this member’s',
          },
        ],
      });
    });

  const refused: ReadonlyArray<[why: string, asker: Person, words: readonly string[], canWrite?: boolean]> = [
    ['the other account is somebody else’s', onIrc('foreign'), ['old']],
    ['the other account is nobody’s', onIrc('new'), ['unknown']],
    ['another member asks', onMatrix('@bea:willow.example'), ['home', 'old', 'new']],
    ['only another server says who asks', onIrc('new', { origin: 'oak.example' }), ['old']],
    ['nobody is logged in', onIrc(null), ['old']],
    ['it is one account', onIrc('new'), ['NEW']],
    ['it cannot be written down', onIrc('new'), ['old'], false],
    ['there is no such network', onMatrix('@ada:willow.example'), ['nowhere', 'old', 'new']],
  ];
  for (const [why, asker, words, canWrite] of refused)
    test(`never where ${why}`, async () => {
      const { answer, swapped, actions } = await asks(asker, words, canWrite);
      assert.deepEqual([swapped, actions], [[], []]);
      assert.notEqual(answer, '');
    });
});
