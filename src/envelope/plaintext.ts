import { isUtf8 } from 'node:buffer';
import { KkpError } from '../errors.js';
import type { Envelope } from './envelope-codec.js';
import { TAG_BYTES } from './gcm.js';

/** How much an envelope holds, in bytes, before it is opened: GCM adds nothing but its tag. */
export const plaintextBytesOf = ({ ciphertext }: Envelope): number =>
  Math.max(0, Math.floor((ciphertext.length * 3) / 4) - TAG_BYTES);

/** The plaintext in the form that was asked for. Bytes that are not UTF-8 are not text, and are not bent into it. */
export function encodePlaintext(plaintext: Buffer, encoding: 'utf8' | 'base64') {
  if (encoding === 'base64') return { plaintext_base64: plaintext.toString('base64url') };
  if (isUtf8(plaintext)) return { plaintext: plaintext.toString('utf8') };
  throw new KkpError('envelope_error', 'The plaintext is not UTF-8 text: ask for encoding "base64".');
}
