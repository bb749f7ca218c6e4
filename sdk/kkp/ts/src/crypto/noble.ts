import { Point, verifyAsync } from '@noble/ed25519';
import type { Ed25519 } from './ed25519.js';

/**
 * Ed25519 in JavaScript, for platforms without it. SHA-512 is WebCrypto's, which browsers have on secure origins only.
 *
 * The library's equation has the cofactor and WebCrypto's has not: they part where R or the key has a component of small
 * order. Refusing those here gives both the same verdicts.
 */
export const nobleEd25519: Ed25519 = {
  importKey(publicKey) {
    const keyHasPrimeOrder = hasPrimeOrder(publicKey);
    return Promise.resolve(
      async (signature, message) =>
        keyHasPrimeOrder &&
        hasPrimeOrder(signature.subarray(0, 32)) &&
        (await verifyAsync(signature, message, publicKey, { zip215: false })),
    );
  },
};

function hasPrimeOrder(encodedPoint: Uint8Array): boolean {
  try {
    return Point.fromBytes(encodedPoint).isTorsionFree();
  } catch {
    return false;
  }
}
