import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readIsupport } from '../../../src/core/irc/isupport.ts';
import type { ModeChange } from '../../../src/core/irc/modes.ts';
import { quietedBy } from '../../../src/core/irc/quiet-mask.ts';

const server = (tokens: Readonly<Record<string, string>>) => readIsupport(new Map(Object.entries(tokens)));
const ERGO = server({ EXTBAN: ',m', PREFIX: '(qaohv)~&@%+', CHANMODES: 'Ibe,k,fl,CEMRUimnstu' });
const INSPIRCD = server({ EXTBAN: ',ABCNORSTUacmrz', PREFIX: '(ov)@+', CHANMODES: 'Ibegw,k,l,imnpst' });
const SOLANUM = server({ EXTBAN: '$,ajrxz', PREFIX: '(ov)@+', CHANMODES: 'eIbq,k,flj,imnpst' });
const UNREAL = server({ EXTBAN: '~,acfmnpqrt', PREFIX: '(qaohv)~&@%+', CHANMODES: 'beI,k,l,imnpst' });
const NGIRCD = server({ PREFIX: '(qaohv)~&@%+', CHANMODES: 'beI,k,l,imMnOPQRstVz' });

const by = (letter: string, param?: string): ModeChange => ({
  sign: '+',
  letter,
  ...(param === undefined ? {} : { param }),
});

describe('whom a change silences', () => {
  test('is a mask behind m: on Ergo and InspIRCd, and an owner is nobody silenced', () => {
    assert.deepEqual(quietedBy(by('b', 'm:bob!*@*'), ERGO), { mask: 'bob!*@*' });
    assert.deepEqual(quietedBy(by('b', 'm:bob!*@*'), INSPIRCD), { mask: 'bob!*@*' });
    assert.deepEqual(quietedBy(by('b', 'm:R:bob'), INSPIRCD), { account: 'bob' });
    assert.equal(quietedBy(by('q', 'bob'), ERGO), undefined);
  });

  test('is an entry of a list of its own on solanum', () => {
    assert.deepEqual(quietedBy(by('q', 'bob!*@*'), SOLANUM), { mask: 'bob!*@*' });
    assert.deepEqual(quietedBy(by('q', '$a:bob'), SOLANUM), { account: 'bob' });
  });

  test('is a mask behind ~q: or ~quiet: on UnrealIRCd', () => {
    assert.deepEqual(quietedBy(by('b', '~q:bob!*@*'), UNREAL), { mask: 'bob!*@*' });
    assert.deepEqual(quietedBy(by('b', '~quiet:~a:bob'), UNREAL), { account: 'bob' });
  });

  test('is nobody where a ban keeps out, asks for the list, or the server knows no such masks', () => {
    assert.equal(quietedBy(by('b', 'bob!*@*'), ERGO), undefined);
    assert.equal(quietedBy(by('b', '$a:bob'), SOLANUM), undefined);
    assert.equal(quietedBy(by('b'), ERGO), undefined);
    assert.equal(quietedBy(by('b', 'm:bob!*@*'), NGIRCD), undefined);
  });
});
