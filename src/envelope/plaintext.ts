import { isUtf8 } from 'node:buffer';
import { KkpError } from '../errors.js';

/** The plaintext in the form that was asked for. Bytes that are not UTF-8 are not text, and are not bent into it. */
export function encodePlaintext(plaintext: Buffer, encoding: 'utf8' | 'base64') {
  if (encoding === 'base64') return { plaintext_base64: plaintext.toString('base64url') };
  if (isUtf8(plaintext)) return { plaintext: plaintext.toString('utf8') };
  throw new KkpError('envelope_error', 'The plaintext is not UTF-8 text: ask for encoding "base64".');
}
