/** The number whose bytes these are, the lowest first (RFC 8032 section 5.1.2). */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
