import { type TokenParts, NOW, accept, claimsWithRaw, goodClaims, goodHeader, makeToken } from './forge.js';
import { LONGEST_KID, alice, bob, carol, dave, publicJwk } from './keys.js';
import type { TokenVector } from './types.js';

const pretty = (value: unknown) => JSON.stringify(value, null, '\t');
const payload = (changes: Record<string, unknown>): TokenParts => ({ payload: goodClaims(changes) });
const rawClaim = (name: string, raw: string): TokenParts => ({ payload: claimsWithRaw(name, raw) });
const nested = (levels: number, open: string, inner: string, close: string) =>
  open.repeat(levels) + inner + close.repeat(levels);

/** Good tokens: each at the edge of one rule. */
export function acceptedTokens(): TokenVector[] {
  return [...keys(), ...headers(), ...sizes(), ...strings(), ...numbers(), ...times(), ...callerOptions()];
}

function keys(): TokenVector[] {
  const header = { kid: 'carol_2026-11' };
  return [
    accept('a plain good token', {}),
    accept('the key has alg Ed25519', { signer: bob }),
    accept('the key has neither alg nor use', { header: goodHeader(header), signer: carol }),
    accept('kid of 64 characters', { header: goodHeader({ kid: LONGEST_KID }), signer: dave }),
    accept(
      'kid of one character',
      { header: goodHeader({ kid: '-' }) },
      { keys: { keys: [publicJwk(alice, { kid: '-' })] } },
    ),
    accept(
      'unknown members in the key',
      {},
      { keys: { keys: [publicJwk(alice, { key_ops: ['verify'], 'x-note': 'a' })] } },
    ),
  ];
}

function headers(): TokenVector[] {
  const kid = JSON.stringify(alice.kid);
  return [
    accept('header members in another order', { header: { kid: alice.kid, typ: 'JWT', alg: 'EdDSA' } }),
    accept('header with JSON whitespace', { header: `\r\n ${pretty(goodHeader())}\t ` }),
    accept('header with escaped letters', {
      header: `{"\\u0061lg":"\\u0045dDSA","typ":"JW\\u0054","kid":${kid}}`,
    }),
  ];
}

function sizes(): TokenVector[] {
  return [
    accept('token of exactly 8192 characters', longestToken()),
    accept('payload of depth 32, objects', rawClaim('policy_claims', nested(30, '{"a":', '{}', '}'))),
    accept('payload of depth 32, arrays', rawClaim('policy_claims', `{"a":${nested(30, '[', '', ']')}}`)),
    accept('a hundred sibling arrays are not deep', payload({ policy_claims: { a: Array(100).fill([]) } })),
    accept('brackets inside a string are not nesting', payload({ policy_claims: { a: '[{"'.repeat(40) } })),
    accept('payload with JSON whitespace', { payload: `\r\n ${pretty(goodClaims())}\t ` }),
    accept('claims in reverse order', {
      payload: Object.fromEntries(Object.entries(goodClaims()).reverse()),
    }),
  ];
}

function longestToken(): TokenParts {
  const spare = 8192 - makeToken(payload({ policy_claims: { pad: '' } })).length;
  for (let size = Math.floor((spare * 3) / 4) - 3; ; size += 1) {
    const parts = payload({ policy_claims: { pad: 'p'.repeat(size) } });
    if (makeToken(parts).length === 8192) return parts;
  }
}

function strings(): TokenVector[] {
  return [
    accept('claims beyond ASCII', payload({ sub: 'Zoë 日本語 🔑', key_id: 'ключ/é', backend: 'ß' })),
    accept('a surrogate pair written as escapes', rawClaim('sub', '"\\ud83d\\udd11"')),
    accept('an escaped NUL, U+2028 and a noncharacter', payload({ policy_claims: { a: '\0\u2028\uffff' } })),
    accept('a byte order mark inside a string', payload({ sub: 'a\ufeffb' })),
    accept('every short escape', rawClaim('sub', '"\\"\\\\\\/\\b\\f\\n\\r\\t"')),
    accept('single characters', payload({ sub: '0', aud: ' ', backend: '.', key_id: '/' })),
    accept('policy claims empty', payload({ policy_claims: {} })),
    accept(
      'policy claims of every JSON type',
      payload({ policy_claims: { a: [null, true, 1.5, 'x', {}, []] } }),
    ),
    accept('policy claims with an empty name', payload({ policy_claims: { '': 1 } })),
    accept(
      'policy claims with the name __proto__',
      rawClaim('policy_claims', '{"__proto__":{"environment":"x"}}'),
    ),
    accept(
      'policy claims with names of claims',
      payload({ policy_claims: { sub: 1, exp: 'never', aud: null } }),
    ),
    accept('the same name in two objects', payload({ policy_claims: { a: { x: 1 }, b: { x: 2 }, x: 3 } })),
    accept('names that differ by case', payload({ policy_claims: { a: 1, A: 2 } })),
    accept('names that differ by Unicode form', payload({ policy_claims: { '\u00e9': 1, 'e\u0301': 2 } })),
    accept('jti of zeros', payload({ jti: '00000000-0000-0000-0000-000000000000' })),
  ];
}

function numbers(): TokenVector[] {
  return [
    accept('iat as 1.7e9', rawClaim('iat', '1.7e9')),
    accept('iat as 1700000000.0', rawClaim('iat', '1700000000.0')),
    accept('iat as 17E+8', rawClaim('iat', '17E+8')),
    accept('iat as 17000000000e-1', rawClaim('iat', '17000000000e-1')),
    accept('exp as 1.7000003e9', rawClaim('exp', '1.7000003e9')),
    accept('exp as 1700000300.00', rawClaim('exp', '1700000300.00')),
    accept('a number that underflows to zero', rawClaim('policy_claims', '{"a":1e-400}')),
    accept('a large finite number', rawClaim('policy_claims', '{"a":1e308,"b":-1e308}')),
  ];
}

function times(): TokenVector[] {
  return [
    accept('exp one second from now', payload({ exp: NOW + 1 })),
    accept('iat at the edge of the clock skew', payload({ iat: NOW + 5 })),
    accept('iat now, no clock skew allowed', payload({ iat: NOW }), { clock_skew_seconds: 0 }),
    accept('iat at the edge of the largest clock skew', payload({ iat: NOW + 60 }), {
      clock_skew_seconds: 60,
    }),
    accept('lifetime at its maximum', payload({ iat: NOW - 10, exp: NOW + 890 })),
    accept('lifetime at a larger maximum', payload({ iat: NOW, exp: NOW + 3600 }), {
      max_lifetime_seconds: 3600,
    }),
    accept('lifetime of one second', payload({ iat: NOW, exp: NOW + 1 })),
    accept('iat in the future and exp one second after', payload({ iat: NOW + 5, exp: NOW + 6 })),
    accept('the oldest token still alive', payload({ iat: NOW - 899, exp: NOW + 1 })),
  ];
}

function callerOptions(): TokenVector[] {
  const issuer = { iss: 'https://kkp.example', tenant: null };
  return [
    accept('the audience asked for', {}, { audience: 'billing' }),
    accept('the audience asked for, beyond ASCII', payload({ aud: 'café' }), { audience: 'café' }),
    accept('extra claims that are allowed', payload(issuer), { extra_claims: ['tenant', 'iss'] }),
    accept('extra claims allowed but absent', {}, { extra_claims: ['iss', 'nbf'] }),
  ];
}
