import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Directory } from '../../../src/core/authority/directory.ts';
import type { AuthorityUpdate, Handle, Member } from '../../../src/core/authority/member.ts';
import { changed, dropped, everybody, ISS, keyOf, mxid, person, restarted, seat } from './fixture.ts';

function directoryOf(...updates: AuthorityUpdate[]): Directory {
  const directory = new Directory();
  for (const update of updates) directory.apply(update);
  return directory;
}
const ada = person('ada', { seats: [seat('garden', 'coordinator')] });
const bo = person('bo');
const suspended = person('bo', { status: 'suspended', statusText: 'suspended' });
const ownerOf = (directory: Directory, handle: Handle): string => {
  const owner = directory.resolve(handle);
  return owner.kind === 'found' ? owner.value.sub : owner.kind;
};
const kindOf = (directory: Directory, sub: string) => directory.member(keyOf(sub)).kind;

describe('a directory', () => {
  test('knows nobody before it heard anything, and says why', () => {
    const directory = new Directory();
    const silent = { kind: 'unknown', reason: 'timeout', text: 'It did not answer in 5 s.' } as const;
    assert.equal(directory.resolve(mxid('ada')).kind, 'unknown');
    directory.apply(silent);
    assert.deepEqual(directory.member(keyOf('ada')), silent);
    assert.deepEqual([directory.isComplete, directory.asOfMs], [false, undefined]);
  });

  test('after a snapshot knows everybody, and that all others are strangers', () => {
    const directory = directoryOf(everybody(3, ada, bo));
    const freshness = { asOfMs: 1_003, revision: 3, via: 'snapshot' };
    assert.deepEqual(directory.member(keyOf('ada')), { kind: 'found', value: ada, freshness });
    assert.deepEqual(directory.resolve(mxid('bo')), { kind: 'found', value: bo.subject, freshness });
    assert.deepEqual(directory.resolve(mxid('eve')), { kind: 'absent', freshness, stranger: true });
    assert.deepEqual([...directory.members()], [ada, bo]);
    assert.equal(directory.isComplete, true);
  });

  test('tells who changed, each once, and nobody who did not', () => {
    const directory = directoryOf(everybody(1, ada, bo));
    const { changed: subjects, alerts } = directory.apply(everybody(2, structuredClone(ada), suspended, person('cy')));
    assert.deepEqual([[...subjects].sort(), alerts], [[keyOf('bo'), keyOf('cy')], []]);
  });

  test('a subject missing from a snapshot is absent by it, with its revision, not a stranger', () => {
    const directory = directoryOf(everybody(1, ada, bo), everybody(2, ada));
    const freshness = { asOfMs: 1_002, revision: 2, via: 'snapshot' };
    assert.deepEqual(directory.member(keyOf('bo')), { kind: 'absent', freshness });
    assert.equal(ownerOf(directory, mxid('bo')), 'bo', 'whose handle it was is remembered');
  });

  test('invariant 2: an empty snapshot changes nothing, alerts, and is not taken for news', () => {
    const directory = directoryOf(everybody(1, ada, bo));
    const { changed: subjects, alerts } = directory.apply(everybody(2));
    assert.deepEqual([subjects, alerts.length, directory.lastSnapshotWasEmpty], [[], 1, true]);
    directory.apply({ kind: 'heartbeat', asOfMs: 9_000 });
    assert.deepEqual([kindOf(directory, 'ada'), directory.asOfMs], ['found', 1_001]);
    directory.apply(everybody(3, ada));
    assert.deepEqual([kindOf(directory, 'bo'), directory.lastSnapshotWasEmpty], ['absent', false]);
  });

  test('a cooperative that has no members yet has none, and somebody is told', () => {
    const directory = new Directory();
    const { alerts } = directory.apply(everybody(1));
    assert.deepEqual([alerts.length, directory.resolve(mxid('ada')).kind], [1, 'absent']);
  });

  test('a heartbeat makes everything as fresh as it is; a gap ends that until the next snapshot', () => {
    const directory = directoryOf(everybody(1, ada), { kind: 'heartbeat', asOfMs: 5_000 });
    const known = directory.member(keyOf('ada'));
    assert.deepEqual(known.kind === 'found' && known.freshness, { asOfMs: 5_000, revision: 1, via: 'snapshot' });
    directory.apply({ kind: 'gap' });
    directory.apply({ kind: 'heartbeat', asOfMs: 6_000 });
    assert.equal(directory.asOfMs, 5_000);
    directory.apply({
      ...everybody(2, ada),
      freshness: { asOfMs: 7_000, revision: 2, via: 'snapshot' },
    } as AuthorityUpdate);
    assert.equal(directory.asOfMs, 7_000);
  });

  test('an authority that never names everybody is fresh by its heartbeats', () => {
    const directory = directoryOf({ kind: 'gap' }, changed(1, ada), { kind: 'heartbeat', asOfMs: 5_000 });
    assert.equal(directory.asOfMs, 5_000);
  });

  test('without snapshots somebody who was dropped is absent, and others stay unknown', () => {
    const directory = directoryOf(changed(1, bo), dropped(2, 'bo'));
    assert.deepEqual(
      [ownerOf(directory, mxid('bo')), kindOf(directory, 'bo'), kindOf(directory, 'ada')],
      ['bo', 'absent', 'unknown'],
    );
  });

  test('remembers twenty thousand who are gone, and no more', () => {
    const directory = directoryOf(changed(1, ada));
    for (let at = 0; at <= 20_000; at++) directory.apply(dropped(2 + at, `m${at}`));
    assert.deepEqual(
      ['m0', 'm1', 'm20000', 'ada'].map((sub) => kindOf(directory, sub)),
      ['unknown', 'absent', 'absent', 'found'],
    );
  });

  test('invariant 7: older never undoes newer', () => {
    const directory = directoryOf(everybody(5, ada, bo), changed(9, suspended));
    assert.deepEqual(directory.apply(changed(7, bo)).changed, []);
    assert.deepEqual(directory.apply(everybody(8, ada, bo)).changed, []);
    assert.deepEqual(directory.apply(changed(4, person('eve'))).changed, [], 'the snapshot did not name her');
    const known = directory.member(keyOf('bo'));
    assert.deepEqual(known.kind === 'found' && known.value, suspended);
    assert.equal(kindOf(directory, 'eve'), 'absent');
  });

  test('of two statements with one number the first counts', () => {
    const directory = directoryOf(everybody(5, ada, bo));
    assert.deepEqual(directory.apply(changed(5, suspended)).changed, []);
  });

  test('invariant 5: a word that nobody explained is told once', () => {
    const odd = person('cy', { status: 'unmapped', statusText: 'on the moon' });
    const directory = new Directory();
    const alerts = [everybody(1, ada, odd), everybody(2, ada, odd), changed(3, { ...odd, name: 'Cy' })].flatMap(
      (update) => directory.apply(update).alerts,
    );
    assert.equal(alerts.length, 1);
    assert.match(alerts[0] ?? '', /on the moon.*authority\.statuses/);
  });
});

describe('handles', () => {
  const phone: Handle = { kind: 'irc-account', network: 'home', value: 'Phone' };
  const withPhone = (sub: string): Member => person(sub, { handles: [mxid(sub), phone] });

  test('accounts compare without case and only on their network; Matrix ids exactly', () => {
    const directory = directoryOf(everybody(1, withPhone('ada')));
    const asked = [{ ...phone, value: 'PHONE' }, { ...phone, network: 'else' }, { ...mxid('ADA') }];
    assert.deepEqual(
      asked.map((handle) => ownerOf(directory, handle)),
      ['ada', 'absent', 'absent'],
    );
  });

  test('no account is nobody’s account', () => {
    const directory = directoryOf(everybody(1, person('ada', { handles: [{ ...phone, value: '' }] })));
    assert.equal(ownerOf(directory, { ...phone, value: '' }), 'absent');
  });

  test('invariant 24: a handle that moves in a snapshot moves at once, and whoever had it has it no more', () => {
    const directory = directoryOf(everybody(1, withPhone('ada'), bo));
    const { changed: subjects, touched } = directory.apply(everybody(2, ada, withPhone('bo')));
    assert.equal(ownerOf(directory, phone), 'bo');
    assert.deepEqual([...subjects].sort(), [keyOf('ada'), keyOf('bo')]);
    assert.ok(touched.some(({ value }) => value === 'Phone'));
  });

  test('invariant 24: given to two people it is nobody’s, is told, and their other handles work', () => {
    const directory = directoryOf(everybody(1, withPhone('ada'), bo));
    const { changed: subjects, alerts } = directory.apply(changed(2, withPhone('bo')));
    assert.equal(directory.resolve(phone).kind, 'unknown');
    assert.deepEqual([ownerOf(directory, mxid('ada')), ownerOf(directory, mxid('bo'))], ['ada', 'bo']);
    assert.deepEqual([...subjects].sort(), [keyOf('ada'), keyOf('bo')]);
    assert.deepEqual(alerts.length, 1);
    assert.match(alerts[0] ?? '', /Phone on home is given to several people \(ada, bo\)/);
    assert.deepEqual([...directory.apply(changed(3, ada)).changed].sort(), [keyOf('ada'), keyOf('bo')]);
    assert.equal(ownerOf(directory, phone), 'bo');
  });

  test('a proof gives a handle, and gives way to the authority', () => {
    const directory = directoryOf(everybody(1, ada, bo));
    directory.setLinks([{ handle: phone, subject: ada.subject }]);
    assert.equal(ownerOf(directory, phone), 'ada');
    assert.deepEqual(directory.handlesOf(keyOf('ada')), [mxid('ada'), phone]);
    directory.apply(changed(2, withPhone('bo')));
    assert.equal(ownerOf(directory, phone), 'bo');
    directory.apply(changed(3, bo));
    assert.equal(ownerOf(directory, phone), 'ada');
    directory.setLinks([]);
    assert.equal(ownerOf(directory, phone), 'absent');
  });

  test('a handle of somebody who is gone is free for another, and theirs again when they come back', () => {
    const directory = directoryOf(everybody(1, withPhone('ada'), bo), dropped(2, 'ada'));
    assert.deepEqual([ownerOf(directory, phone), kindOf(directory, 'ada')], ['ada', 'absent']);
    assert.deepEqual(directory.handlesOf(keyOf('ada')), [mxid('ada'), phone]);
    directory.apply(changed(3, withPhone('bo')));
    assert.equal(ownerOf(directory, phone), 'bo');
    directory.apply(dropped(4, 'bo'));
    assert.equal(ownerOf(directory, phone), 'bo', 'who had it last');
    directory.apply(changed(5, withPhone('ada')));
    assert.equal(ownerOf(directory, phone), 'ada');
    directory.apply(dropped(6, 'ada'));
    assert.equal(ownerOf(directory, phone), 'ada', 'who had it last');
  });
});

describe('after a restart', () => {
  const before: readonly AuthorityUpdate[] = [
    everybody(50, ada, bo, person('cy')),
    dropped(60, 'cy'),
    { kind: 'heartbeat', asOfMs: 9_000 },
  ];

  test('a directory restored with the authority down knows who was who, and how old that is', () => {
    const directory = restarted(before);
    assert.deepEqual([...directory.members()], [ada, bo]);
    assert.deepEqual([directory.asOfMs, directory.isComplete], [9_000, true]);
    assert.deepEqual(
      ['ada', 'cy', 'eve'].map((sub) => ownerOf(directory, mxid(sub))),
      ['ada', 'cy', 'absent'],
    );
    const known = directory.member(keyOf('cy'));
    assert.deepEqual(known, { kind: 'absent', freshness: { asOfMs: 9_000, revision: 60, via: 'cache' } });
  });

  test('rows of a store do the same', () => {
    const directory = directoryOf(everybody(1, person('old')));
    directory.restoreFrom(
      [
        { subject: keyOf('ada'), member: ada, revision: 50, asOfMs: 1_050 },
        { subject: keyOf('cy'), member: null, revision: 60, asOfMs: 1_060, formerHandles: [mxid('cy')] },
      ],
      { asOfMs: 9_000, isComplete: true },
    );
    assert.deepEqual([...directory.members()], [ada]);
    assert.deepEqual(
      ['cy', 'old'].map((sub) => ownerOf(directory, mxid(sub))),
      ['cy', 'absent'],
    );
    assert.deepEqual(
      ['ada', 'cy', 'old'].map((sub) => kindOf(directory, sub)),
      ['found', 'absent', 'absent'],
    );
    assert.deepEqual([directory.asOfMs, directory.isComplete], [9_000, true]);
  });

  test('the first snapshot is the truth, even where the authority counts from one again', () => {
    const directory = restarted(before);
    assert.deepEqual(directory.apply(everybody(1, suspended, person('cy'))).changed, [
      keyOf('bo'),
      keyOf('cy'),
      keyOf('ada'),
    ]);
    assert.deepEqual(directory.apply(changed(2, ada)).changed, [keyOf('ada')]);
  });

  test('rows that are not what they were make nobody a stranger', () => {
    const directory = directoryOf(everybody(1, ada));
    const row = {
      subject: keyOf('ada'),
      member: { ...ada, seats: null } as unknown as Member,
      revision: 50,
      asOfMs: 1_050,
    };
    assert.equal(directory.restoreFrom([row], { asOfMs: 9_000, isComplete: true }), false);
    assert.deepEqual([kindOf(directory, 'ada'), directory.asOfMs, directory.isComplete], ['unknown', undefined, false]);
  });

  test('somebody new is heard of, however their authority counts', () => {
    assert.deepEqual(restarted(before).apply(changed(1, person('di'))).changed, [keyOf('di')]);
  });

  test('a change older than what was known before is still older', () => {
    assert.deepEqual(restarted(before).apply(changed(40, suspended)).changed, []);
  });

  test('rows in which anything is not as it was written are none, whatever it is', () => {
    const row = { subject: keyOf('ada'), member: ada, revision: 50, asOfMs: 1_050 };
    const text = JSON.stringify(row);
    const broken = [
      text.replace('"active"', '"frozen"'),
      text.replace(`"subject":"${ISS} ada"`, `"subject":"${ISS} eve"`),
      text.replace('"revision":50', '"revision":"50"'),
      text.replace('"kind":"mxid"', '"kind":"email"'),
    ].map((one) => JSON.parse(one));
    const known = { asOfMs: 9_000, isComplete: true };
    assert.deepEqual(
      [row, ...broken].map((one) => new Directory().restoreFrom([one], known)),
      [true, false, false, false, false],
    );
    fc.assert(
      fc.property(fc.jsonValue(), (member) => {
        const odd = { ...row, member: { ...ada, seats: member } } as unknown as typeof row;
        const isSeats = Array.isArray(member) && member.length === 0;
        assert.equal(new Directory().restoreFrom([odd], known), isSeats);
      }),
    );
  });
});
