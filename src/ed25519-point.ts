/** The prime of the field, 2^255 - 19. */
const P = 2n ** 255n - 19n;

/** y of a point of order 8 (RFC 8032 curve; the other one has the y with the opposite sign). */
const ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;

/** The y of the eight points whose order divides 8. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y]);

/**
 * Why 32 bytes are no public key to trust, in words; undefined when nothing speaks against them. They must encode a point
 * canonically (y < p), and not one of small order: those are 14 encodings, and under each one fixed signature verifies every message.
 */
export function pointFault(point: Uint8Array): string | undefined {
  if (point.length !== 32) return 'is not 32 bytes long';
  const bigEndian = Buffer.from(point).reverse();
  bigEndian.writeUInt8(bigEndian.readUInt8(0) & 0x7f, 0); // the top bit is the sign of x
  const y = BigInt(`0x${bigEndian.toString('hex')}`);
  if (y >= P) return 'is not a canonically encoded point';
  return SMALL_ORDER_Y.has(y) ? 'is a point of small order' : undefined;
}

export const isSoundPoint = (point: Uint8Array): boolean => pointFault(point) === undefined;
