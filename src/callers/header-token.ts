import type { IncomingHttpHeaders } from 'node:http';

/** Schemes of the `Authorization` header by which a token is shown, in lower case. */
export type TokenScheme = 'bearer' | 'dpop';

interface HeaderToken {
  readonly scheme: TokenScheme;
  readonly token: string;
}

const CREDENTIALS = /^(Bearer|DPoP) +([\x21-\x7e]+)$/i;

/** The token in an `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1), the only header that is looked at. */
export function headerTokenOf({ authorization }: IncomingHttpHeaders): HeaderToken | undefined {
  const [, scheme, token] = CREDENTIALS.exec(authorization ?? '') ?? [];
  return scheme === undefined || token === undefined
    ? undefined
    : { scheme: scheme.toLowerCase() as TokenScheme, token };
}
