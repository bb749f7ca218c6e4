import { decodeBase64url } from './base64url.js';
import { BEARER_TOKEN } from './credentials.js';
import type { Prover, Target } from './dpop/prover.js';
import { isJsonObject, parseStrictJson } from './strict-json.js';

/** Sets the headers that show a token, and the proof that a bound one wants. */
export type Show = (headers: Headers, target: Target) => Promise<void>;

/** Where a route takes a token: in the header alone, or as well in the body, where one that is not bound stays. */
export type TokenPlace = 'header' | 'body';

interface ShowOptions {
  prover: Prover | undefined;
  /** Whether the Authorization header holds nothing else. */
  headerIsFree: boolean;
}

interface Showing {
  items: readonly object[];
  show?: Show;
}

/**
 * How the items of a request show their tokens. One request has one header and one proof: where either is needed, all items
 * must have the same token. Throws TypeError.
 */
export function showTokens(
  place: TokenPlace,
  items: readonly { token?: string }[],
  { prover, headerIsFree }: ShowOptions,
): Showing {
  const [token, ...others] = new Set(items.map((item) => item.token));
  const bound = [token, ...others].some(isBound) ? prover : undefined;
  if (place === 'body' && !bound) return { items };
  if (others.length > 0) throw new TypeError('the items of this batch must all have the same token');
  if (token === undefined) return { items };
  if (headerIsFree) return { items: items.map(withoutToken), show: inHeader(token, bound) };
  if (!bound || place === 'header') {
    throw new TypeError(
      'a token for this goes into the Authorization header, which has a credential already',
    );
  }
  return { items, show: async (headers, target) => headers.set('DPoP', await bound.prove(token, target)) };
}

function inHeader(token: string, prover: Prover | undefined): Show {
  if (typeof token !== 'string' || !BEARER_TOKEN.test(token))
    throw new TypeError('token must be a token in one line');
  return async (headers, target) => {
    headers.set('Authorization', `${prover ? 'DPoP' : 'Bearer'} ${token}`);
    if (prover) headers.set('DPoP', await prover.prove(token, target));
  };
}

function withoutToken(item: { token?: string }): object {
  return Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'token'));
}

/** Whether a token says that it is bound to a DPoP key. What it says is for the server to verify. */
function isBound(token: unknown): boolean {
  const [, payload = ''] = typeof token === 'string' ? token.split('.') : [];
  try {
    const { cnf } = parseStrictJson(decodeBase64url(payload) ?? new Uint8Array());
    return isJsonObject(cnf) && 'jkt' in cnf;
  } catch {
    return false;
  }
}
