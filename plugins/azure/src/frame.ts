/*
 * What A256KW wraps: random bytes (16), length of the plaintext (2, big-endian), plaintext, zeros up to a multiple of 8.
 * RFC 3394 authenticates all of it.
 */
const RANDOM_BYTES = 16;
const HEADER_BYTES = RANDOM_BYTES + 2;
const BLOCK_BYTES = 8;

export function frame(plaintext: Uint8Array, random: (length: number) => Uint8Array): Uint8Array {
  const framed = new Uint8Array(paddedLength(plaintext.length));
  framed.set(random(RANDOM_BYTES));
  new DataView(framed.buffer).setUint16(RANDOM_BYTES, plaintext.length);
  framed.set(plaintext, HEADER_BYTES);
  return framed;
}

/** A fresh copy of the plaintext; undefined when `framed` was not made by `frame`. */
export function unframe(framed: Uint8Array): Uint8Array | undefined {
  if (framed.length < HEADER_BYTES) return undefined;
  const length = new DataView(framed.buffer, framed.byteOffset).getUint16(RANDOM_BYTES);
  const end = HEADER_BYTES + length;
  const whole = framed.length === paddedLength(length) && framed.subarray(end).every((byte) => byte === 0);
  return whole ? Uint8Array.from(framed.subarray(HEADER_BYTES, end)) : undefined;
}

function paddedLength(plaintextBytes: number): number {
  return Math.ceil((HEADER_BYTES + plaintextBytes) / BLOCK_BYTES) * BLOCK_BYTES;
}
