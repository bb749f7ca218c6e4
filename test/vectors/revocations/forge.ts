import { alice, type Signer } from '../tokens/keys.js';
import { NOW, segment, signSegments, type Part } from '../tokens/forge.js';
import type { ListOptions, ListReason, ListVector, TokenCheck } from './types.js';

export { NOW };

export const LIST_TYPE = 'kkp-revocations+jwt';
export const ENDS = NOW + 900;

interface ListParts {
  header?: Part;
  payload?: Part;
  signer?: Signer;
}

export const listHeader = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  alg: 'EdDSA',
  typ: LIST_TYPE,
  kid: alice.kid,
  ...changes,
});

export const listClaims = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  iat: NOW - 10,
  exp: NOW + 50,
  rules: [],
  ...changes,
});

export const makeList = ({ header, payload, signer = alice }: ListParts = {}): string =>
  signSegments(segment(header ?? listHeader({ kid: signer.kid })), segment(payload ?? listClaims()), signer);

export function accept(
  name: string,
  claims: Record<string, unknown>,
  checks: TokenCheck[],
  options: Partial<ListOptions> = {},
): ListVector {
  const payload = listClaims(claims);
  const rules = payload.rules as Record<string, unknown>[];
  return { ...vector(name, makeList({ payload }), options), verdict: 'accept', rules, checks };
}

export function reject(
  reason: ListReason,
  name: string,
  list: string | ListParts,
  options: Partial<ListOptions> = {},
): ListVector {
  const text = typeof list === 'string' ? list : makeList(list);
  return { ...vector(name, text, options), verdict: 'reject', reason };
}

const vector = (name: string, list: string, changes: Partial<ListOptions>) => ({
  name,
  list,
  options: { now: NOW, max_lifetime_seconds: 3600, clock_skew_seconds: 5, ...changes },
});
