import { decodeBase64url } from '../base64url.js';
import { decodeDataKey, type DecodedDataKey } from './data-key-record.js';
import { NONCE_BYTES, TAG_BYTES } from './gcm.js';

/** Format v1, as it travels. `ciphertext`, `nonce` and `encrypted_data_key` are base64url without padding. */
export interface Envelope {
  readonly backend: string;
  readonly key_id: string;
  readonly ciphertext: string;
  readonly nonce: string;
  readonly encrypted_data_key: string;
  readonly associated_data?: string;
}

export interface DecodedEnvelope {
  /** With the 16-byte tag at its end. */
  readonly ciphertext: Buffer;
  readonly nonce: Buffer;
  readonly dataKey: DecodedDataKey;
}

/** @throws Error for an envelope that KKP cannot have made */
export function decodeEnvelope(envelope: Envelope): DecodedEnvelope {
  const ciphertext = bytes(envelope.ciphertext);
  const nonce = bytes(envelope.nonce);
  if (ciphertext.length < TAG_BYTES || nonce.length !== NONCE_BYTES)
    throw new RangeError('No tag or no nonce.');
  return { ciphertext, nonce, dataKey: decodeDataKey(bytes(envelope.encrypted_data_key)) };
}

function bytes(text: string): Buffer {
  const decoded = decodeBase64url(text);
  if (!decoded) throw new RangeError('Not canonical base64url.');
  return decoded;
}
