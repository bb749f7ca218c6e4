import type { IncomingHttpHeaders } from 'node:http';
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

/** Whether a token in the header is one of KKP's own, as opposed to a caller's credential. */
export type IsOwnToken = (token: string) => boolean;

export const IS_OWN_TOKEN = Symbol('IS_OWN_TOKEN');
