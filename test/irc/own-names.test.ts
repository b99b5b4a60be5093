import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnNames } from '../../src/irc/identity.ts';

test('a nick that changes in the case of its letters alone stays ours, another is given up', () => {
  const names = new OwnNames(1_000, 'ascii');
  for (const [userId, nick] of [
    [undefined, 'causeway'],
    ['@a:x', 'Alice'],
  ] as const)
    names.hold({ userId, nick });
  names.renamed('causeway', { userId: undefined, nick: 'Causeway' }, 0);
  names.renamed('Alice', { userId: '@a:x', nick: 'Al' }, 0);
  names.tick(5_000);
  assert.deepEqual(
    ['causeway', 'al', 'alice'].map((nick) => names.ownerOf(nick)?.nick),
    ['Causeway', 'Al', undefined],
  );
});

test('accounts of before are ours by whatever mapping the server has', () => {
  const names = new OwnNames(1_000, 'rfc1459');
  names.remember({ nick: 'al', account: 'Al[ice]', prefix: null });
  assert.deepEqual(
    ['al{ice}', 'AL[ICE]'].map((account) => names.isOwnAccount(account)),
    [true, true],
  );
  names.setCasemapping('ascii');
  assert.deepEqual(
    ['al{ice}', 'AL[ICE]'].map((account) => names.isOwnAccount(account)),
    [false, true],
  );
});
