import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { chmod, open, readFile, stat } from 'node:fs/promises';

/** Signs checkpoints and the head of an audit log. */
export type SigningKey = { readonly publicKey: string; sign(text: string): string };

const MAX_KEY_BYTES = 4096;

/**
 * The key beside the log; made when there is none. Only its owner may read it: whoever has it can write a log that
 * looks like ours.
 * @throws errors of the file system; an Error with a sentence where the file holds something else
 */
export async function ensureSigningKey(path: string): Promise<SigningKey> {
  return (await readKey(path)) ?? (await makeKey(path)) ?? (await readKey(path)) ?? Promise.reject(notAKey(path));
}

async function readKey(path: string): Promise<SigningKey | undefined> {
  try {
    const { mode, size } = await stat(path);
    if (size > MAX_KEY_BYTES) throw notAKey(path);
    if ((mode & 0o077) !== 0) await chmod(path, 0o600);
    return signingKey(parseKey(path, await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseKey(path: string, text: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw notAKey(path);
}

/** @returns undefined where somebody else made it meanwhile */
async function makeKey(path: string): Promise<SigningKey | undefined> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(privateKey.export({ format: 'pem', type: 'pkcs8' }));
      await file.datasync();
    } finally {
      await file.close();
    }
    return signingKey(privateKey);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

const signingKey = (key: KeyObject): SigningKey => ({
  publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64'),
  sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
});

const notAKey = (path: string): Error =>
  new Error(`${path} holds no Ed25519 key. Put the right file back, or move it away together with the log beside it.`);
