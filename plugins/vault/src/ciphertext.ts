/**
 * A blob is Vault's own text, as ASCII: `vault:v3:` and base64. Vault reads more than it writes: `v0` and `v01` for `v1`,
 * line breaks within base64, and any bits in the padding (sdk/helper/keysutil/policy.go, Go's base64.StdEncoding).
 * Only what Vault writes is taken here, so that no two blobs say the same.
 */
const CIPHERTEXT = /^vault:v([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})$/;
const LONGEST = 65_536;
/** Nonce and tag of every AEAD type but xchacha20-poly1305, whose nonce is longer. */
const LEAST_BYTES = 12 + 16;

export interface Ciphertext {
  readonly text: string;
  /** Counted from 1. */
  readonly version: number;
}

/** Undefined when Vault did not write this. */
export function parseCiphertext(text: unknown): Ciphertext | undefined {
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  const [, version, base64 = ''] = CIPHERTEXT.exec(text) ?? [];
  const bytes = decodeBase64(base64);
  if (version === undefined || bytes === undefined || bytes.length < LEAST_BYTES) return undefined;
  return { text, version: Number(version) };
}

export function encodeBlob({ text }: Ciphertext): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export function decodeBlob(blob: Uint8Array): Ciphertext | undefined {
  return parseCiphertext(Buffer.from(blob).toString('latin1'));
}

/** A buffer of its own, or undefined when the text is not canonical base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const decoded = Buffer.from(text, 'base64');
  try {
    return decoded.toString('base64') === text ? Uint8Array.from(decoded) : undefined;
  } finally {
    decoded.fill(0);
  }
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export const versionLabel = (version: number): string => `v${version}`;
