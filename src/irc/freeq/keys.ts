import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { didFromPublicKey } from '../../core/freeq/did-key.ts';
import type { Signer } from '../wire/registration.ts';

/** `bot`, or a Matrix user id. */
export type KeyOwner = string;

/** The 32 bytes of a public key come last in its DER form (RFC 8410). */
const KEY_BYTES = 32;
const OTHERS_BITS = 0o077;

/**
 * The keys of the bot and of every member who speaks for themselves, one file each, made when first needed. They are never made
 * anew over one that cannot be read: a nick on freeq belongs to its key for ever.
 */
export class Keys {
  readonly #directory: string;
  readonly #fileName: (owner: KeyOwner) => string;
  readonly #known = new Map<KeyOwner, Signer>();

  /** @param fileName what the file of an owner is called; different for different owners */
  constructor(directory: string, fileName: (owner: KeyOwner) => string) {
    this.#directory = directory;
    this.#fileName = fileName;
  }

  of(owner: KeyOwner): Result<Signer> {
    const known = this.#known.get(owner);
    if (known !== undefined) return ok(known);
    const path = join(this.#directory, this.#fileName(owner));
    try {
      const signer = read(path, owner) ?? this.#make(path, owner);
      this.#known.set(owner, signer);
      return ok(signer);
    } catch (error) {
      return fail(unusable(path, error instanceof Error ? error.message : String(error)));
    }
  }

  #make(path: string, owner: KeyOwner): Signer {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    const signer = signerOf(privateKey);
    const text = JSON.stringify({ owner, did: signer.did, ...privateKey.export({ format: 'jwk' }) });
    // Whole or not at all, and never over another: a link fails where the name is taken.
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    writeSafely(draft, `${text}\n`);
    try {
      linkSync(draft, path);
    } finally {
      unlinkSync(draft);
    }
    const directory = openSync(this.#directory, 'r');
    fsyncSync(directory);
    closeSync(directory);
    return signer;
  }
}

/** @returns undefined where there is no file; throws where there is one that cannot be used */
function read(path: string, owner: KeyOwner): Signer | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if ((found.mode & OTHERS_BITS) !== 0) throw new Error('others may read it; write: chmod 600');
  const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof stored !== 'object' || stored === null) throw new Error('it holds no key');
  if (!('owner' in stored) || stored.owner !== owner) throw new Error(`it is not the key of ${owner}`);
  const signer = signerOf(createPrivateKey({ key: stored, format: 'jwk' }));
  if (!('did' in stored) || stored.did !== signer.did) throw new Error('its key is not that of its did');
  return signer;
}

function signerOf(privateKey: KeyObject): Signer {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
  return {
    did: didFromPublicKey(raw),
    publicKey: raw.toString('base64url'),
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64url'),
  };
}

function writeSafely(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // Whatever the umask is.
  chmodSync(path, 0o600);
}

const unusable = (path: string, why: string): BridgeError => ({
  code: 'freeq_key_unusable',
  text: `The key file ${path} cannot be used (${why}). Put it right or bring it back from a backup. Only where the identity is given up for good: remove it, and a new one is made.`,
  retry: 'later',
  notify: 'log',
});
