import { hash } from 'node:crypto';

/** SHA-256 of a certificate in DER, in base64url: `x5t#S256` (RFC 8705 section 3.1). */
export const certificateThumbprint = (der: Uint8Array): string => hash('sha256', der, 'base64url');
