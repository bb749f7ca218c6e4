import type { Ed25519, VerifySignature } from '../crypto/ed25519.js';
import { platformEd25519 } from '../crypto/platform.js';
import type { JwkSet } from '../types.js';
import { type PublicKey, readPublicKeys } from './read.js';

/** Keys to verify tokens with: made by `importJwks` or `createRemoteJwks`. */
export interface TokenKeys {
  /** The verification under the key of this `kid`; undefined when there is no such key. */
  find(kid: string): Promise<VerifySignature | undefined>;
}

/**
 * Checks a JWK Set once, for many calls of `verifyToken`. Throws KeySetError.
 *
 * `ed25519` replaces the platform's or the bundled implementation, as where neither WebCrypto nor a secure origin is at hand.
 */
export function importJwks(jwks: JwkSet, ed25519: Ed25519 = platformEd25519): TokenKeys {
  return makeTokenKeys(readPublicKeys(jwks), ed25519);
}

export function makeTokenKeys(publicKeys: readonly PublicKey[], ed25519: Ed25519): TokenKeys {
  const bytesOf = new Map(publicKeys.map(({ jwk, bytes }) => [jwk.kid, bytes]));
  const verifiers = new Map<string, Promise<VerifySignature>>();
  return {
    async find(kid) {
      const bytes = bytesOf.get(kid);
      if (!bytes) return undefined;
      const verifier = verifiers.get(kid) ?? ed25519.importKey(bytes);
      verifiers.set(kid, verifier);
      return verifier;
    },
  };
}
