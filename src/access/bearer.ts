import type { IncomingHttpHeaders } from 'node:http';
import { decodeBase64url } from '../base64url.js';
import { parseStrictJson } from '../strict-json.js';
import type { TokenScheme } from './asker.js';

const CREDENTIALS = /^(Bearer|DPoP) +([\x21-\x7e]+)$/i;

/** Scheme, in lower case, and token of an `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export function bearerOf({
  authorization,
}: IncomingHttpHeaders): { scheme: TokenScheme; token: string } | undefined {
  const [, scheme, token] = CREDENTIALS.exec(authorization ?? '') ?? [];
  return scheme === undefined || token === undefined
    ? undefined
    : { scheme: scheme.toLowerCase() as TokenScheme, token };
}

/**
 * Whether a token reads like one of KKP's own, as opposed to a caller's credential. Says who is to judge it, and nothing
 * about whether it is good.
 */
export function readsLikeOurs(token: string): boolean {
  const [header = {}, payload = {}] = token.split('.', 2).map(readSegment);
  return header.alg === 'EdDSA' && typeof payload.backend === 'string' && typeof payload.key_id === 'string';
}

function readSegment(segment: string): Readonly<Record<string, unknown>> {
  const bytes = decodeBase64url(segment);
  return (bytes && parseStrictJson(bytes)) ?? {};
}
