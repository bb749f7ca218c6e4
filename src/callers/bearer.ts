import type { CallerRequest } from './authenticator.js';

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** The token of `Authorization: Bearer` (RFC 6750 section 2.1), the only place where a bearer credential is taken from. */
export const bearerTokenOf = ({ headers }: CallerRequest): string | undefined =>
  BEARER.exec(headers.authorization ?? '')?.[1];
