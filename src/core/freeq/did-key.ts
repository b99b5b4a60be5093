/** `did:key` of Ed25519 keys: the identifier is the key. Source: W3C CCG did:key; multibase `z` is base58btc. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Multicodec ed25519-pub, as a varint. */
const ED25519_PUB = [0xed, 0x01] as const;

/** @param publicKey 32 bytes */
export const didFromPublicKey = (publicKey: Uint8Array): string =>
  `did:key:z${base58(Uint8Array.from([...ED25519_PUB, ...publicKey]))}`;

/** Leading zero bytes become leading ones, as everywhere in base58btc. */
export function base58(bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = '';
  for (; number > 0n; number /= 58n) text = ALPHABET.charAt(Number(number % 58n)) + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
}
