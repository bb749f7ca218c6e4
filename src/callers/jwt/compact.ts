import { decodeBase64url } from '../../base64url.js';
import { parseStrictJson } from '../../strict-json.js';

/** Longest credential, in characters. */
const MAX_CREDENTIAL_LENGTH = 8192;

export type JsonObject = Readonly<Record<string, unknown>>;

/** A compact JWS that can be read one way only. Nothing of it is verified. */
export interface CompactJws {
  readonly text: string;
  readonly header: JsonObject;
  readonly payload: Buffer;
}

/** Such a JWS with a JWT's claims. */
interface CompactJwt extends CompactJws {
  readonly claims: JsonObject;
}

/**
 * Reads a compact JWS (RFC 7515 section 7.1); undefined for anything else: more than 8,192 characters, other than three segments,
 * base64url that is not canonical, a header that readers could disagree about.
 */
export function readCompactJws(text: string): CompactJws | undefined {
  if (text.length > MAX_CREDENTIAL_LENGTH) return undefined;
  const segments = text.split('.');
  if (segments.length !== 3) return undefined;
  const [headerBytes, payload, signature] = segments.map(decodeBase64url);
  if (!headerBytes?.length || !payload?.length || !signature?.length) return undefined;
  const header = parseStrictJson(headerBytes);
  return header && { text, header, payload };
}

/** Reads a JWT; undefined for anything that is no such JWS, or whose claims readers could disagree about. */
export function readCompactJwt(text: string): CompactJwt | undefined {
  const jws = readCompactJws(text);
  const claims = jws && parseStrictJson(jws.payload);
  return claims && { ...jws, claims };
}
