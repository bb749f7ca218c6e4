import { NOW, type TokenParts, type VectorExtras, claimsWithRaw, goodClaims, reject } from './forge.js';
import type { TokenVector } from './types.js';

const refused = (name: string, parts: TokenParts, extras?: VectorExtras) =>
  reject('bad_claims', name, parts, extras);
const payload = (changes: Record<string, unknown>): TokenParts => ({ payload: goodClaims(changes) });
const raw = (name: string, text: string): TokenParts => ({ payload: claimsWithRaw(name, text) });

/** Well-signed payloads whose members are not exactly the claims of a KKP token. */
export function badClaims(): TokenVector[] {
  return [...missing(), ...strings(), ...policyClaims(), ...times(), ...jtis(), ...extraMembers()];
}

function missing(): TokenVector[] {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(goodClaims()).filter(([key]) => key !== name));
  return [
    ...Object.keys(goodClaims()).map((name) => refused(`no ${name}`, { payload: without(name) })),
    refused('no claims at all', { payload: {} }),
    refused('claims only in __proto__', { payload: `{"__proto__":${JSON.stringify(goodClaims())}}` }),
    refused('no aud, though the verifier asks for none', { payload: without('aud') }),
    refused('no aud, though the verifier asks for one', { payload: without('aud') }, { audience: 'billing' }),
    refused(
      'no exp, though allowed as an extra claim',
      { payload: without('exp') },
      { extra_claims: ['exp'] },
    ),
  ];
}

function strings(): TokenVector[] {
  const values: [string, unknown][] = [
    ['empty', ''],
    ['null', null],
    ['a number', 7],
    ['true', true],
    ['an array', ['billing']],
    ['an object', { billing: 'billing' }],
  ];
  return ['sub', 'aud', 'backend', 'key_id'].flatMap((name) =>
    values.map(([what, value]) => refused(`${name} is ${what}`, payload({ [name]: value }))),
  );
}

function policyClaims(): TokenVector[] {
  const values: [string, unknown][] = [
    ['null', null],
    ['an array', []],
    ['a string', '{}'],
    ['a number', 0],
    ['false', false],
  ];
  return values.map(([what, value]) =>
    refused(`policy_claims is ${what}`, payload({ policy_claims: value })),
  );
}

function times(): TokenVector[] {
  const texts = [
    '"1700000300"',
    '1700000300.5',
    '-1',
    '-1.7e9',
    '9007199254740992',
    '1e300',
    'true',
    'null',
    '[]',
    '{}',
  ];
  return ['exp', 'iat'].flatMap((name) => [
    ...texts.map((text) => refused(`${name} is ${text}`, raw(name, text))),
    refused(`${name} is just above an integer`, raw(name, '1699999999.000001')),
    refused(`${name} is a date in text`, payload({ [name]: '2023-11-14T22:18:20Z' })),
    refused(`${name} is an array of one number`, payload({ [name]: [NOW] })),
    refused(`${name} is 2^53 + 1`, raw(name, '9007199254740993')),
  ]);
}

function jtis(): TokenVector[] {
  const good = String(goodClaims().jti);
  const values: [string, unknown][] = [
    ['upper-case', good.toUpperCase()],
    ['not a UUID', 'token-1'],
    ['empty', ''],
    ['without dashes', good.replaceAll('-', '')],
    ['with a newline at the end', `${good}\n`],
    ['with a space before', ` ${good}`],
    ['in braces', `{${good}}`],
    ['a URN', `urn:uuid:${good}`],
    ['one digit short', good.slice(1)],
    ['one digit long', `${good}0`],
    ['with a letter beyond f', good.replace('6f', '6g')],
    ['with full-width digits', good.replace('6f', '６f')],
    ['with dashes moved', '6f1c1f0e8-a54-4d57-9a3c-2f1d4b5e6a70'],
    ['a number', 1],
    ['null', null],
    ['an array', [good]],
  ];
  return values.map(([what, value]) => refused(`jti is ${what}`, payload({ jti: value })));
}

function extraMembers(): TokenVector[] {
  const issuer = { iss: 'https://kkp.example' };
  return [
    refused('iss, not allowed', payload(issuer)),
    refused('nbf, not allowed', payload({ nbf: NOW - 10 })),
    refused('an extra claim null', payload({ tenant: null })),
    refused('SUB beside sub', payload({ SUB: 'admin' })),
    refused('a claim with an empty name', payload({ '': 1 })),
    refused('a claim named __proto__', raw('policy_claims', '{},"__proto__":{"a":1}')),
    refused('a claim named constructor', payload({ constructor: 'x' })),
    refused('an extra claim, another allowed', payload(issuer), { extra_claims: ['tenant'] }),
    refused('two extra claims, one allowed', payload({ ...issuer, tenant: 'a' }), {
      extra_claims: ['tenant'],
    }),
    refused('an extra claim, its prefix allowed', payload(issuer), { extra_claims: ['is', 'iss '] }),
    refused('an extra claim, allowed in another case', payload(issuer), { extra_claims: ['ISS'] }),
    refused('an extra claim, none allowed', payload(issuer), { extra_claims: [] }),
  ];
}
