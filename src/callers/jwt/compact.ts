import { decodeBase64url } from '../../base64url.js';
import { parseStrictJson } from '../../strict-json.js';

/** Longest credential, in characters. */
export const MAX_CREDENTIAL_LENGTH = 8192;

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JWT that can be read one way only. Nothing of it is verified. */
export interface CompactJwt {
  readonly text: string;
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/**
 * Reads a compact JWS (RFC 7515 section 7.1) with a JWT's claims; undefined for anything else: more than 8,192 characters, other
 * than three segments, base64url that is not canonical, JSON that readers could disagree about.
 */
export function readCompactJwt(text: string): CompactJwt | undefined {
  if (text.length > MAX_CREDENTIAL_LENGTH) return undefined;
  const segments = text.split('.');
  if (segments.length !== 3) return undefined;
  const [header, claims, signature] = segments.map(decodeBase64url);
  if (!header?.length || !claims?.length || !signature?.length) return undefined;
  const [readHeader, readClaims] = [header, claims].map((bytes) => parseStrictJson(bytes));
  return readHeader && readClaims && { text, header: readHeader, claims: readClaims };
}
