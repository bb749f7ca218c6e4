import { fromLittleEndian } from './little-endian.js';

const P = 2n ** 255n - 19n;
const Y_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y of the eight points of small order; under such a key one fixed signature verifies every message. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, Y_ORDER_8, P - Y_ORDER_8]);

/** Whether these are 32 bytes in canonical form (RFC 8032 section 5.1.3: y < p) and not a point of small order. */
export function isSafePoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  // The highest bit is the sign of x.
  const y = fromLittleEndian(bytes) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER_Y.has(y);
}
