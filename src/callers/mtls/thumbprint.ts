import { createHash } from 'node:crypto';

/** SHA-256 of a certificate in DER, in base64url: `x5t#S256` (RFC 8705 section 3.1). */
export const certificateThumbprint = (der: Uint8Array): string =>
  createHash('sha256').update(der).digest('base64url');
