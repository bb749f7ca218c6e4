import { createHash, hkdfSync } from 'node:crypto';
import { KEY_BYTES } from './gcm.js';

const CONTENT_KEY = 'kkp/v1/content-key';
const COMMITMENT = 'kkp/v1/commitment';

export const COMMITMENT_BYTES = 32;

export interface DerivedKeys {
  readonly contentKey: Buffer;
  readonly commitment: Buffer;
}

/**
 * Both come from the data key by HKDF-SHA-256 (RFC 5869) with the payload's nonce as salt, so that even two messages
 * under one data key would have different content keys. The info is a label; the commitment's goes on with the
 * SHA-256 of the data key record, so that none of its bytes can change, while a rewrap, which changes the record
 * alone, leaves the payload as it is.
 */
export function deriveKeys(dataKey: Uint8Array, nonce: Uint8Array, record: Uint8Array): DerivedKeys {
  const recordHash = createHash('sha256').update(record).digest();
  return {
    contentKey: hkdf(dataKey, nonce, Buffer.from(CONTENT_KEY), KEY_BYTES),
    commitment: hkdf(dataKey, nonce, Buffer.concat([Buffer.from(COMMITMENT), recordHash]), COMMITMENT_BYTES),
  };
}

function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length));
}
