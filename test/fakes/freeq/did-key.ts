import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Multicodec 0xed, as a varint. */
const ED25519 = Buffer.from([0xed, 0x01]);
/** What comes before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A person of freeq who brings their own key. */
export type KeyHolder = { readonly did: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

export function makeKeyHolder(): KeyHolder {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { did: didOf(publicKey), privateKey, publicKey };
}

/** The 32 bytes of an Ed25519 public key. */
export const rawKey = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);

export const keyFromRaw = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });

export const didOf = (key: KeyObject): string => `did:key:z${toBase58(Buffer.concat([ED25519, rawKey(key)]))}`;

/** Undefined where this is not the did:key of an Ed25519 key. */
export function keyOf(did: string): KeyObject | undefined {
  if (!did.startsWith('did:key:z')) return undefined;
  const bytes = fromBase58(did.slice('did:key:z'.length));
  if (bytes?.length !== 34 || !bytes.subarray(0, 2).equals(ED25519)) return undefined;
  return keyFromRaw(bytes.subarray(2));
}

export const signBytes = (bytes: Uint8Array, key: KeyObject): string => sign(null, bytes, key).toString('base64url');

export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: string): boolean {
  const raw = Buffer.from(signature, 'base64url');
  return raw.length === 64 && verify(null, bytes, key, raw);
}

function toBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = BASE58.charAt(Number(value % 58n)) + text;
  return text;
}

function fromBase58(text: string): Buffer | undefined {
  let value = 0n;
  for (const char of text) {
    const digit = BASE58.indexOf(char);
    if (digit < 0) return undefined;
    value = value * 58n + BigInt(digit);
  }
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** What comes before the 32 bytes of an Ed25519 private key in PKCS#8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seed 64 hex digits, as in freeq's `iroh-key.secret` @returns the public key; as hex it is the server's id */
export const keyFromSeed = (seed: string): KeyObject =>
  createPublicKey(
    createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' }),
  );
