import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { doorWaysOf } from '../../../src/core/irc/account-masks.ts';
import { type DoorPlan, planDoor, type SeenDoor, type WantedDoor } from '../../../src/core/irc/door.ts';
import { readIsupport } from '../../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';

const isupportOf = (tokens: string) => readIsupport(applyIsupport(NO_ISUPPORT, ['me', ...tokens.split(' ')]));
const INSPIRCD = isupportOf('EXTBAN=,CRUmw INVEX=I MAXLIST=I:100,b:100 CASEMAPPING=ascii');
const CLASSIC = isupportOf('INVEX=I MAXLIST=beI:50 CASEMAPPING=ascii');
const ERGO = isupportOf('INVEX EXTBAN=,m MAXLIST=beI:1000 CASEMAPPING=ascii');

const OPEN: SeenDoor = { closed: false, bans: [], exceptions: [], access: undefined };
const wanted = (change: Partial<WantedDoor>): WantedDoor => ({
  membersOnly: true,
  accounts: [],
  bannedAccounts: [],
  self: undefined,
  ...change,
});
const onInspircd = (want: Partial<WantedDoor>, seen: Partial<SeenDoor> = {}, isupport = INSPIRCD): DoorPlan =>
  planDoor(wanted(want), { ...OPEN, ...seen }, doorWaysOf(isupport, ''), isupport);
const onErgo = (want: Partial<WantedDoor>, access: Record<string, string>, seen: Partial<SeenDoor> = {}): DoorPlan =>
  planDoor(
    wanted(want),
    { ...OPEN, ...seen, access: new Map(Object.entries(access)) },
    doorWaysOf(ERGO, 'ergo-2.15.0'),
    ERGO,
  );
const written = ({ modes, access }: DoorPlan): readonly string[] => [
  ...modes.map(({ sign, letter, param }) => [sign + letter, ...(param === undefined ? [] : [param])].join(' ')),
  ...access.map(({ sign, letter, account }) => `AMODE ${sign}${letter} ${account}`),
];
const ours = (...masks: string[]) => masks.map((mask) => ({ mask, ours: true }));
const theirs = (...masks: string[]) => masks.map((mask) => ({ mask, ours: false }));

describe('a door in lists of the channel', () => {
  test('is shut, and members are excepted, the bot first', () => {
    assert.deepEqual(written(onInspircd({ accounts: ['alice', 'bob'], self: 'R:causeway' })), [
      '+i',
      '+I R:causeway',
      '+I R:alice',
      '+I R:bob',
    ]);
  });

  test('takes out before it lets in, and bans first of all', () => {
    const seen = { closed: true, exceptions: ours('R:bob'), bans: ours('R:mallory') };
    assert.deepEqual(written(onInspircd({ accounts: ['alice'], bannedAccounts: ['eve'] }, seen)), [
      '+b R:eve',
      '-I R:bob',
      '+I R:alice',
      '-b R:mallory',
    ]);
  });

  test('leaves bans of ours that are there for another reason', () => {
    const seen = { closed: true, bans: ours('R:mallory', 'Spam!*@*') };
    assert.deepEqual(written(onInspircd({ otherBans: ['spam!*@*'] }, seen)), ['-b R:mallory']);
  });

  test('lets nobody in who is banned, whatever else is said', () => {
    assert.deepEqual(written(onInspircd({ accounts: ['Eve', 'alice'], bannedAccounts: ['eve'] })), [
      '+b R:eve',
      '+i',
      '+I R:alice',
    ]);
  });

  test('leaves what people set themselves', () => {
    const seen = { closed: true, exceptions: theirs('R:guest', '*!*@friend.example'), bans: theirs('*!*@bad.example') };
    assert.deepEqual(written(onInspircd({}, seen)), []);
  });

  test('knows an entry in another case', () => {
    assert.deepEqual(
      written(onInspircd({ accounts: ['alice', 'ALICE'] }, { closed: true, exceptions: ours('r:Alice') })),
      [],
    );
  });

  test('is opened, and bans stay', () => {
    const seen = { closed: true, exceptions: ours('R:alice', 'R:causeway'), bans: ours('R:eve') };
    assert.deepEqual(
      written(
        onInspircd({ membersOnly: false, bannedAccounts: ['eve'], self: 'R:causeway', accounts: ['alice'] }, seen),
      ),
      ['-I R:alice', '-I R:causeway', '-i'],
    );
  });

  test('says whom a full list leaves out, and keeps who is there', () => {
    const small = isupportOf('EXTBAN=,R INVEX=I MAXLIST=bI:4 CASEMAPPING=ascii');
    const plan = onInspircd(
      { accounts: ['a', 'b', 'c', 'd'], bannedAccounts: ['eve'] },
      { closed: true, exceptions: ours('R:c', 'R:gone') },
      small,
    );
    assert.deepEqual(written(plan), ['+b R:eve', '-I R:gone', '+I R:a', '+I R:b']);
    assert.deepEqual(plan.leftOut, [{ account: 'd', why: 'full' }]);
  });

  test('fills lists that have room of their own each for itself', () => {
    const apart = isupportOf('EXTBAN=,R INVEX=I MAXLIST=b:1,I:2 CASEMAPPING=ascii');
    const plan = onInspircd({ accounts: ['a', 'b'], bannedAccounts: ['eve'] }, { closed: true }, apart);
    assert.deepEqual([written(plan), plan.leftOut], [['+b R:eve', '+I R:a', '+I R:b'], []]);
  });

  test('never writes a mask that is no account', () => {
    const plan = onInspircd({ accounts: ['*', 'a b', 'alice'], bannedAccounts: ['x!*@*'] });
    assert.deepEqual(written(plan), ['+i', '+I R:alice']);
    assert.deepEqual(
      plan.leftOut.map(({ account, why }) => `${account}: ${why}`),
      ['x!*@*: name', '*: name', 'a b: name'],
    );
  });
});

test('where accounts are unknown a door is shut, and who cannot be named is said', () => {
  const plan = planDoor(
    wanted({ accounts: ['alice'], bannedAccounts: ['eve'], self: 'causeway*!c@h' }),
    OPEN,
    doorWaysOf(CLASSIC, 'ngircd-26.1'),
    CLASSIC,
  );
  assert.deepEqual(written(plan), ['+i', '+I causeway*!c@h']);
  assert.deepEqual(plan.leftOut, [
    { account: 'alice', why: 'no-way' },
    { account: 'eve', why: 'no-way' },
  ]);
});

describe('a door kept by the services', () => {
  test('gives members a pass and takes it from others', () => {
    assert.deepEqual(written(onErgo({ accounts: ['alice', 'bob'] }, { causeway: 'q', bob: 'v', carol: 'v' })), [
      '+i',
      'AMODE -v carol',
      'AMODE +v alice',
    ]);
  });

  test('keeps operators that people made, but not expelled ones', () => {
    assert.deepEqual(
      written(onErgo({ bannedAccounts: ['eve', 'founder'] }, { founder: 'q', carol: 'o', Eve: 'o' }, { closed: true })),
      ['+b eve!*@*', '+b founder!*@*', 'AMODE -o Eve'],
    );
  });

  test('leaves voices alone while the channel is open', () => {
    assert.deepEqual(written(onErgo({ membersOnly: false }, { causeway: 'q', carol: 'v' })), []);
  });
});

test('what was planned and done leaves nothing to do', () => {
  const account = fc.constantFrom('alice', 'bob', 'Carol', 'dave', 'eve', '*', 'x y');
  const accounts = fc.array(account, { maxLength: 6 });
  const entry = fc.record({ mask: account.map((name) => `R:${name}`), ours: fc.boolean() });
  fc.assert(
    fc.property(
      fc.record({ membersOnly: fc.boolean(), accounts, bannedAccounts: accounts }),
      fc.record({
        closed: fc.boolean(),
        bans: fc.uniqueArray(entry, { selector: ({ mask }) => mask }),
        exceptions: fc.uniqueArray(entry, { selector: ({ mask }) => mask }),
      }),
      (door, seen) => {
        const plan = onInspircd(door, seen);
        const after = { bans: [...seen.bans], exceptions: [...seen.exceptions] };
        let closed = seen.closed;
        for (const { sign, letter, param } of plan.modes) {
          if (letter === 'i') closed = sign === '+';
          const name = letter === 'b' ? 'bans' : 'exceptions';
          if (param === undefined) continue;
          after[name] = after[name].filter(({ mask }) => mask !== param);
          if (sign === '+') after[name].push({ mask: param, ours: true });
        }
        assert.deepEqual(written(onInspircd(door, { ...after, closed })), []);
      },
    ),
  );
});
