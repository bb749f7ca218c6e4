import { Point, etc, hashes, verifyAsync } from '@noble/ed25519';
import type { Ed25519 } from './ed25519.js';
import { fromLittleEndian } from './little-endian.js';

/**
 * Ed25519 in JavaScript, for platforms without it. SHA-512 is WebCrypto's, which browsers have on secure origins only.
 *
 * The library verifies with the cofactor, WebCrypto without: they part on points with a component of small order. What the
 * library accepts is therefore held to the equation without it, so that a token has one verdict everywhere.
 */
export const nobleEd25519: Ed25519 = {
  importKey: (publicKey) =>
    Promise.resolve(
      async (signature, message) =>
        signature.length === 64 &&
        (await verifyAsync(signature, message, publicKey, { zip215: false })) &&
        (await holdsWithoutCofactor(signature, message, publicKey)),
    ),
};

/** R = [S]B - [k]A, RFC 8032 section 5.1.7; the encodings and the range of S are known to be good. */
async function holdsWithoutCofactor(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): Promise<boolean> {
  const r = signature.subarray(0, 32);
  const s = fromLittleEndian(signature.subarray(32));
  const hash = await hashes.sha512Async(etc.concatBytes(r, publicKey, message));
  const k = etc.mod(fromLittleEndian(hash), Point.CURVE().n);
  const kA = Point.fromBytes(publicKey).multiplyUnsafe(k);
  const expected = Point.BASE.multiplyUnsafe(s).subtract(kA);
  return expected.equals(Point.fromBytes(r));
}
