import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base58, didFromPublicKey } from '../../../src/core/freeq/did-key.ts';

test('the did:key of RFC 8032’s first test key is the one that the did:key specification’s tools give', () => {
  const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
  assert.equal(didFromPublicKey(publicKey), 'did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw');
});

for (const [hex, text] of [
  ['', ''],
  ['00', '1'],
  ['0000287fb4cd', '11233QC4'],
  ['48656c6c6f20576f726c6421', '2NEpo7TZRRrLZSi2U'],
] as const) {
  test(`base58 of ${hex || 'nothing'} is ${text || 'nothing'}`, () =>
    assert.equal(base58(Buffer.from(hex, 'hex')), text));
}
