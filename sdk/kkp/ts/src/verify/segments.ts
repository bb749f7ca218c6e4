import { decodeBase64url } from '../base64url.js';
import { TokenError } from '../errors.js';
import { type JsonObject, StrictJsonError, parseStrictJson } from '../strict-json.js';

const MAX_TOKEN_LENGTH = 8192;

/** A JWS in compact form (RFC 7515 section 7.1), decoded; `signed` is the ASCII text under the signature. */
export interface Segments {
  header: Uint8Array;
  payload: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
  signed: Uint8Array<ArrayBuffer>;
}

export function splitToken(token: unknown, maxLength = MAX_TOKEN_LENGTH): Segments {
  if (typeof token !== 'string' || token.length > maxLength) throw new TokenError('malformed');
  const texts = token.split('.');
  const [header, payload, signature] = texts.map((text) => (text === '' ? undefined : decodeBase64url(text)));
  if (texts.length !== 3 || !header || !payload || !signature) throw new TokenError('malformed');
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf('.')));
  return { header, payload, signature, signed };
}

export function parseSegment(bytes: Uint8Array): JsonObject {
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    if (error instanceof StrictJsonError) throw new TokenError('malformed');
    throw error;
  }
}
