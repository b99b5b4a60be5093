import { createHash, createPublicKey, verify } from 'node:crypto';
import type { ChainTools } from '../core/authority/audit-chain.ts';

/** Hashing and signatures of the audit log. A public key is its SPKI form in base64. */
export const chainTools: ChainTools = {
  digest: (text) => createHash('sha256').update(text).digest('hex'),

  signed(publicKey, text, signature) {
    try {
      const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
      // Else another kind of key would verify in its own way.
      if (key.asymmetricKeyType !== 'ed25519') return false;
      return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  },
};

/** A public key as people compare it. */
export const fingerprint = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 32);
