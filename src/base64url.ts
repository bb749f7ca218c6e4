/**
 * Bytes of an unpadded base64url text (RFC 4648 section 5), or undefined unless it is the one canonical spelling: no
 * padding, no white space, no other alphabet, no stray bits in the last character. A lenient decoder takes the same
 * Ed25519 signature in 16 spellings.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
