import { createHash } from 'node:crypto';
import { Point } from '@noble/ed25519';
import type { Signer } from './keys.js';

/** Order of the prime-order subgroup, RFC 8032 section 5.1. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

const P = 2n ** 255n - 19n;
const Y_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

export function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

export function toScalar(...parts: Uint8Array[]): bigint {
  const hash = createHash('sha512');
  parts.forEach((part) => hash.update(part));
  return BigInt(`0x${hash.digest().reverse().toString('hex')}`) % L;
}

/** The 14 encodings of the eight small-order points, the non-canonical ones included. */
export function smallOrderKeys(): Buffer[] {
  const ys = [0n, 1n, P - 1n, P, P + 1n, Y_ORDER_8, P - Y_ORDER_8];
  return ys.flatMap((y) => [littleEndian(y), littleEndian(y + 2n ** 255n)]);
}

/** Encodings with y >= p of points that are not of small order. */
export function nonCanonicalKeys(): Buffer[] {
  return [littleEndian(P + 3n), littleEndian(2n ** 255n - 1n), Buffer.alloc(32, 0xff)];
}

/** A point of order 8. */
export const torsion = Point.fromBytes(littleEndian(Y_ORDER_8));

/** RFC 8032 signing with a point of order 8 added to R: only the cofactored equation takes it. */
export function signWithTorsion(signer: Signer, message: string): Buffer {
  const { scalar, prefix } = expand(signer.seed);
  const nonce = toScalar(prefix, Buffer.from(message));
  const r = Point.BASE.multiply(nonce).add(torsion).toBytes();
  const k = toScalar(r, signer.publicKey, Buffer.from(message));
  return Buffer.concat([r, littleEndian((nonce + k * scalar) % L)]);
}

/** The signer's public key with a point of order 8 added, and how to sign under it. */
export function mixedOrderKey(signer: Signer): { publicKey: Buffer; sign(message: string): Buffer } {
  const { scalar, prefix } = expand(signer.seed);
  const publicKey = Buffer.from(Point.BASE.multiply(scalar).add(torsion).toBytes());
  const sign = (message: string) => {
    const nonce = toScalar(prefix, Buffer.from(message));
    const r = Point.BASE.multiply(nonce).toBytes();
    const k = toScalar(r, publicKey, Buffer.from(message));
    return Buffer.concat([r, littleEndian((nonce + k * scalar) % L)]);
  };
  return { publicKey, sign };
}

function expand(seed: Buffer): { scalar: bigint; prefix: Buffer } {
  const hash = createHash('sha512').update(seed).digest();
  const low = hash.subarray(0, 32);
  low.writeUInt8(low.readUInt8(0) & 248, 0);
  low.writeUInt8((low.readUInt8(31) & 127) | 64, 31);
  const scalar = BigInt(`0x${Buffer.from(low).reverse().toString('hex')}`) % L;
  return { scalar, prefix: hash.subarray(32) };
}
