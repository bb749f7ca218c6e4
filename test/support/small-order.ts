const P = 2n ** 255n - 19n;
const ORDER_8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a';

/** 32 bytes, little-endian, with the sign of x on top. */
export function point(y: bigint, sign: 0 | 1): Buffer {
  const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  bytes[31] = (bytes[31] ?? 0) | (sign << 7);
  return bytes;
}

const orderEight = BigInt(`0x${Buffer.from(ORDER_8, 'hex').reverse().toString('hex').replace(/^f/, '7')}`);
/** The values of y under which points of small order are written, the two beyond p included. */
const SMALL: readonly bigint[] = [0n, 1n, P - 1n, orderEight, P - orderEight, P, P + 1n];

/** The 14 encodings of the Ed25519 points of small order, in hex. */
export const SMALL_ORDER = SMALL.flatMap((y) => [point(y, 0), point(y, 1)]).map((bytes) =>
  bytes.toString('hex'),
);
