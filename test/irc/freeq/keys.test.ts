import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Keys } from '../../../src/irc/freeq/keys.ts';
import { makeTempDir } from '../../servers/temp-dir.ts';

const fileName = (owner: string): string => `${owner.replace(/\W/g, '')}.json`;
const open = (directory: string): Keys => new Keys(directory, fileName);

function didOf(keys: Keys, owner: string): string {
  const identity = keys.of(owner);
  if (!identity.ok) throw new Error(identity.error.text);
  return identity.value.did;
}

describe('keys on freeq', () => {
  test('are made once, are different for different people, and are the same after a restart', () => {
    const directory = join(makeTempDir('keys'), 'deep', 'keys');
    const keys = open(directory);
    const dids = ['bot', '@alice:x', '@bob:x'].map((owner) => didOf(keys, owner));
    assert.equal(new Set(dids).size, 3);
    const again = open(directory);
    assert.deepEqual(
      ['bot', '@alice:x', '@bob:x'].map((owner) => didOf(again, owner)),
      dids,
    );
    assert.deepEqual(readdirSync(directory).sort(), ['alicex.json', 'bobx.json', 'bot.json']);
  });

  test('are for nobody else to read', () => {
    const directory = join(makeTempDir('keys-mode'), 'keys');
    didOf(open(directory), 'bot');
    assert.deepEqual(
      [statSync(directory).mode & 0o777, statSync(join(directory, 'bot.json')).mode & 0o777],
      [0o700, 0o600],
    );
  });

  test('sign what anybody can check with the key that is the DID', () => {
    const identity = open(join(makeTempDir('keys-sign'), 'keys')).of('bot');
    if (!identity.ok) throw new Error(identity.error.text);
    const { publicKey, sign } = identity.value;
    const bytes = Buffer.from('{"nonce":"x"}');
    const key = { key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' } as const;
    assert.equal(verify(null, bytes, key, Buffer.from(sign(bytes), 'base64url')), true);
    assert.equal(verify(null, Buffer.from('{}'), key, Buffer.from(sign(bytes), 'base64url')), false);
  });

  for (const [what, spoil] of [
    ['is damaged', (path: string) => writeFileSync(path, '{"kty":')],
    ['is empty, as after a full disk', (path: string) => writeFileSync(path, '')],
    [
      'belongs to somebody else',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('bot', 'tob')),
    ],
    [
      'holds another key than its did says',
      (path: string) => {
        const other = Buffer.alloc(32, 7).toString('base64url');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/"d":"[^"]*"/, `"d":"${other}"`));
      },
    ],
    ['can be read by others', (path: string) => chmodSync(path, 0o644)],
  ] as const) {
    test(`a file that ${what} is refused with its name, and left as it is`, () => {
      const directory = join(makeTempDir('keys-spoiled'), 'keys');
      didOf(open(directory), 'bot');
      const path = join(directory, 'bot.json');
      spoil(path);
      const before = readFileSync(path, 'utf8');
      const identity = open(directory).of('bot');
      assert.equal(identity.ok, false);
      assert.ok(!identity.ok && identity.error.code === 'freeq_key_unusable' && identity.error.text.includes(path));
      assert.equal(readFileSync(path, 'utf8'), before);
    });
  }
});
