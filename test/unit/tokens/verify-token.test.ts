import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { verifyToken, type KeyLookup, type TokenFault, type TokenRules } from '../../../src/tokens/index.js';
import { CLAIMS, forge, HEADER, KEY, NOW } from './fixtures.js';

const PUBLIC = createPublicKey(KEY.privateKey);
const RULES: TokenRules = { maxLifetimeSeconds: 900 };
const keyOf = (kid: string) => (kid === KEY.kid ? PUBLIC : undefined);
const judge = (token: unknown, rules = RULES, now = NOW) => verifyToken(token, keyOf, rules, now);
const refusal = (reason: TokenFault) => ({ ok: false, reason });

const GOOD = forge();
const [H = '', P = '', S = ''] = GOOD.split('.');
const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const text = JSON.stringify(CLAIMS);
const without = (name: string) => Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));
const levels = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
/** The good claims with JSON text in place of the policy claims. */
const withPolicy = (json: string): string => text.replace('{"environment":"test"}', json);

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with S + L in place of S: the same equation, another text. */
function malleable(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + ORDER;
  return Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(),
  ]);
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = PUBLIC.export({ type: 'spki', format: 'pem' });
const hmac = (key: string | Buffer, alg = 'HS256'): string => {
  const input = `${base64url(JSON.stringify({ ...HEADER, alg }))}.${P}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
};

describe('a good token', () => {
  it('is accepted, and gives its claims', () => {
    expect(judge(GOOD)).toEqual({ ok: true, claims: CLAIMS });
  });

  it.each<[string, string, TokenRules, number]>([
    ['in its last second', GOOD, RULES, CLAIMS.exp - 1],
    ['five seconds before its time', GOOD, RULES, NOW - 5],
    [
      'a minute before its time, by a rule that allows it',
      GOOD,
      { ...RULES, clockSkewSeconds: 60 },
      NOW - 60,
    ],
    ['with the longest lifetime', forge({ ...CLAIMS, exp: NOW + 900 }), RULES, NOW],
    ['for the audience asked for', GOOD, { ...RULES, audience: 'reports' }, NOW],
    [
      'with a claim that is allowed',
      forge({ ...CLAIMS, iss: 'kkp' }),
      { ...RULES, extraClaims: ['iss'] },
      NOW,
    ],
    ['without the claim that is allowed', GOOD, { ...RULES, extraClaims: ['iss'] }, NOW],
    [
      'with members in another order',
      forge(Object.fromEntries(Object.entries(CLAIMS).reverse())),
      RULES,
      NOW,
    ],
    ['with white space in its JSON', forge(JSON.stringify(CLAIMS, null, 2)), RULES, NOW],
    ['with 32 levels', forge(withPolicy(levels(31))), RULES, NOW],
    ['with a decimal point in a time', forge(text.replace(`${NOW + 300}`, `${NOW + 300}.0`)), RULES, NOW],
    [
      'with the same name in two objects',
      forge(withPolicy('{"a":{"x":1},"b":{"x":[{"x":2},{"x":3}]}}')),
      RULES,
      NOW,
    ],
    [
      'with names among values',
      forge(withPolicy('{"a":"b","b":["a","a"],"c":{},"d":[],"":"x"}')),
      RULES,
      NOW,
    ],
    [
      'with braces and quotes in a string',
      forge(withPolicy('{"a":"}],{\\"a\\":\\\\","b":"\\\\"}')),
      RULES,
      NOW,
    ],
    ['with a surrogate pair in escapes', forge(withPolicy('{"a":"\\ud834\\udd1e"}')), RULES, NOW],
    ['with the largest double', forge(withPolicy('{"a":-1.7976931348623157e308}')), RULES, NOW],
  ])('is accepted %s', (_name, token, rules, now) => {
    expect(judge(token, rules, now).ok).toBe(true);
  });
});

describe.each<[TokenFault, [string, unknown][]]>([
  [
    'malformed',
    [
      ['nothing', ''],
      ['no string', 42],
      ['a token in a list', [GOOD]],
      ['an object that turns into a token', { toString: () => GOOD }],
      ['two segments', `${H}.${P}`],
      ['four segments', `${GOOD}.${S}`],
      ['five segments, as a JWE', `${H}.${P}.${S}.${S}.${S}`],
      ['an empty header', `.${P}.${S}`],
      ['an empty payload', `${H}..${S}`],
      ['an empty signature', `${H}.${P}.`],
      ['the JSON serialisation', JSON.stringify({ protected: H, payload: P, signature: S })],
      ['a space before', ` ${GOOD}`],
      ['a line feed behind', `${GOOD}\n`],
      ['a space within', `${H}. ${P}.${S}`],
      ['the word Bearer', `Bearer ${GOOD}`],
      ['padding', `${GOOD}==`],
      [
        'another last character of the same signature',
        `${GOOD.slice(0, -1)}${String.fromCharCode(GOOD.charCodeAt(GOOD.length - 1) + 1)}`,
      ],
      ['plain base64', `${H}.${P}.${Buffer.alloc(64, 255).toString('base64').replace(/=/g, '')}`],
      ['a NUL', `${GOOD}\0`],
      ['full-width characters', GOOD.replace('e', 'ｅ')],
      ['more than 8192 characters', forge({ ...CLAIMS, policy_claims: { a: 'x'.repeat(6200) } })],
      ['a header that is no JSON', forge(CLAIMS, 'alg=EdDSA')],
      ['a header that is a list', forge(CLAIMS, [HEADER])],
      ['a header that is null', forge(CLAIMS, 'null')],
      [
        'a header of bytes that are not UTF-8',
        forge(CLAIMS, bytes('{"alg":"EdDSA","typ":"JWT","kid":"', [0xff], '"}')),
      ],
      ['a header with a byte order mark', forge(CLAIMS, `\ufeff${JSON.stringify(HEADER)}`)],
      ['a header with alg twice', forge(CLAIMS, `{"alg":"none",${JSON.stringify(HEADER).slice(1)}`)],
      [
        'a header with kid twice, once escaped',
        forge(CLAIMS, `{"k\\u0069d":"x",${JSON.stringify(HEADER).slice(1)}`),
      ],
      ['a header with a comma too many', forge(CLAIMS, JSON.stringify(HEADER).replace('}', ',}'))],
      ['two headers in one', forge(CLAIMS, JSON.stringify(HEADER).repeat(2))],
      ['a payload that is no JSON', forge('hello')],
      ['a payload that is a list', forge([CLAIMS])],
      ['a payload that is a string', forge('"x"')],
      ['a payload that is null', forge('null')],
      ['a payload cut short', forge(text.slice(0, -1))],
      ['a payload with something behind', forge(`${text}x`)],
      ['a payload with a byte order mark', forge(bytes([0xef, 0xbb, 0xbf], text))],
      ['a payload of an overlong encoding', forge(bytes(text.slice(0, -2), [0xc0, 0x80], '"}'))],
      ['a payload with a surrogate in UTF-8', forge(bytes(text.slice(0, -2), [0xed, 0xa0, 0x80], '"}'))],
      ['sub twice', forge(text.replace('{', '{"sub":"root",'))],
      ['sub twice, once escaped', forge(text.replace('{', '{"s\\u0075b":"root",'))],
      ['a member twice, deep within', forge(withPolicy('{"a":[{"b":{"x":1,"y":{},"x":1}}]}'))],
      ['a member twice, after a list', forge(withPolicy('{"x":[1,2],"x":1}'))],
      ['an empty name twice', forge(withPolicy('{"":1,"":2}'))],
      ['a lone surrogate in a value', forge(withPolicy('{"a":"\\ud800"}'))],
      ['a lone surrogate in a name', forge(withPolicy('{"\\udfff":1}'))],
      ['a lone surrogate in a list', forge(withPolicy('{"a":["\\ud800x"]}'))],
      ['surrogates the wrong way round', forge(withPolicy('{"a":"\\udd1e\\ud834"}'))],
      ['a number beyond a double', forge(withPolicy('{"a":1e309}'))],
      ['a negative number beyond a double', forge(withPolicy('{"a":[-1e999]}'))],
      ['exp beyond a double', forge(text.replace(`${CLAIMS.exp}`, '1e999'))],
      ['NaN', forge(withPolicy('{"a":NaN}'))],
      ['Infinity', forge(withPolicy('{"a":Infinity}'))],
      ['a number with a leading zero', forge(withPolicy('{"a":01}'))],
      ['single quotes', forge(text.replaceAll('"', "'"))],
      ['a comment', forge(`${text}//`)],
      ['33 levels', forge(withPolicy(levels(32)))],
      [
        '33 levels of objects',
        forge(withPolicy(`${'{"a":'.repeat(31)}{}${'}'.repeat(31)}`.replace('{}', '[{}]'))),
      ],
      ['a line feed within a string', forge(withPolicy('{"a":"\n"}'))],
    ],
  ],
  [
    'unsupported_header',
    [
      ...[
        'none',
        'None',
        'NONE',
        'nOnE',
        '',
        'eddsa',
        'EDDSA',
        'Ed25519',
        'Ed448',
        'HS256',
        'RS256',
        'PS256',
        'ES256',
        'EdDSA ',
      ].map((alg): [string, unknown] => [`alg "${alg}"`, forge(CLAIMS, { ...HEADER, alg })]),
      [
        'alg none without a signature that counts',
        `${base64url(JSON.stringify({ ...HEADER, alg: 'none' }))}.${P}.AA`,
      ],
      ['HMAC with the public key in PEM', hmac(spki.toString())],
      ['HMAC with the public key as bytes', hmac(Buffer.from(KEY.jwk.x, 'base64url'))],
      ['HMAC with the public key as text', hmac(KEY.jwk.x)],
      ['HMAC with no key', hmac('')],
      ['alg in a list', forge(CLAIMS, { ...HEADER, alg: ['EdDSA'] })],
      ['alg null', forge(CLAIMS, { ...HEADER, alg: null })],
      ['no alg', forge(CLAIMS, { typ: 'JWT', kid: KEY.kid })],
      ['no typ', forge(CLAIMS, { alg: 'EdDSA', kid: KEY.kid })],
      ['no kid', forge(CLAIMS, { alg: 'EdDSA', typ: 'JWT' })],
      ['an empty header object', forge(CLAIMS, {})],
      ['typ in small letters', forge(CLAIMS, { ...HEADER, typ: 'jwt' })],
      ['typ of an access token', forge(CLAIMS, { ...HEADER, typ: 'at+jwt' })],
      ['typ of a DPoP proof', forge(CLAIMS, { ...HEADER, typ: 'dpop+jwt' })],
      ['a jwk', forge(CLAIMS, { ...HEADER, jwk: KEY.jwk })],
      ['a jku', forge(CLAIMS, { ...HEADER, jku: 'https://attacker.example/keys' })],
      ['an x5u', forge(CLAIMS, { ...HEADER, x5u: 'https://attacker.example/cert' })],
      ['an x5c', forge(CLAIMS, { ...HEADER, x5c: ['MIIB'] })],
      ['crit', forge(CLAIMS, { ...HEADER, crit: ['exp'], exp: 1 })],
      ['b64 false', forge(CLAIMS, { ...HEADER, b64: false, crit: ['b64'] })],
      ['zip', forge(CLAIMS, { ...HEADER, zip: 'DEF' })],
      ['cty of a nested JWT', forge(CLAIMS, { ...HEADER, cty: 'JWT' })],
      [
        'a prototype in place of the kid',
        forge(CLAIMS, `{"alg":"EdDSA","typ":"JWT","__proto__":{"kid":"${KEY.kid}"}}`),
      ],
      ['an empty kid', forge(CLAIMS, { ...HEADER, kid: '' })],
      ['a kid of 65 characters', forge(CLAIMS, { ...HEADER, kid: 'k'.repeat(65) })],
      ['a kid that is a path', forge(CLAIMS, { ...HEADER, kid: '../../dev/null' })],
      ['a kid that is a query', forge(CLAIMS, { ...HEADER, kid: "x' OR '1'='1" })],
      ['a kid with a line feed behind', forge(CLAIMS, { ...HEADER, kid: `${KEY.kid}\n` })],
      ['a kid that is a number', forge(CLAIMS, { ...HEADER, kid: 1 })],
      ['a kid in a list', forge(CLAIMS, { ...HEADER, kid: [KEY.kid] })],
    ],
  ],
  [
    'unknown_key',
    [
      ['another kid', forge(CLAIMS, { ...HEADER, kid: 'k'.repeat(43) })],
      ['a kid of 64 characters', forge(CLAIMS, { ...HEADER, kid: 'k'.repeat(64) })],
      ['the kid in small letters', forge(CLAIMS, { ...HEADER, kid: KEY.kid.toLowerCase() })],
      ['a kid that objects have', forge(CLAIMS, { ...HEADER, kid: 'constructor' })],
    ],
  ],
  [
    'bad_signature',
    [
      ['all zero', `${H}.${P}.${base64url(Buffer.alloc(64))}`],
      ['63 bytes', `${H}.${P}.${base64url(Buffer.from(S, 'base64url').subarray(0, 63))}`],
      ['65 bytes', `${H}.${P}.${base64url(Buffer.concat([Buffer.from(S, 'base64url'), Buffer.alloc(1)]))}`],
      ['one byte', `${H}.${P}.AA`],
      ['S beyond the group order', `${H}.${P}.${base64url(malleable(Buffer.from(S, 'base64url')))}`],
      [
        'R and S swapped',
        `${H}.${P}.${base64url(Buffer.concat([Buffer.from(S, 'base64url').subarray(32), Buffer.from(S, 'base64url').subarray(0, 32)]))}`,
      ],
      ['of another payload', `${H}.${base64url(text.replace('aws', 'gcp'))}.${S}`],
      ['of the same payload in other words', `${H}.${base64url(JSON.stringify(CLAIMS, null, 1))}.${S}`],
      [
        'of another header',
        `${base64url(JSON.stringify({ kid: KEY.kid, typ: 'JWT', alg: 'EdDSA' }))}.${P}.${S}`,
      ],
      ['over the payload alone', `${H}.${P}.${base64url(sign(null, Buffer.from(P), KEY.privateKey))}`],
      ['over the decoded bytes', `${H}.${P}.${base64url(sign(null, Buffer.from(text), KEY.privateKey))}`],
      [
        'by RSA',
        `${H}.${P}.${base64url(sign('sha256', Buffer.from(`${H}.${P}`), rsa.privateKey).subarray(0, 64))}`,
      ],
      ['bad over a payload that is no JSON', `${H}.${base64url('hello')}.${S}`],
    ],
  ],
  [
    'bad_claims',
    [
      ...Object.keys(CLAIMS).map((name): [string, unknown] => [`no ${name}`, forge(without(name))]),
      ...['sub', 'aud', 'backend', 'key_id'].flatMap((name): [string, unknown][] => [
        [`an empty ${name}`, forge({ ...CLAIMS, [name]: '' })],
        [`${name} in a list`, forge({ ...CLAIMS, [name]: ['reports'] })],
        [`${name} null`, forge({ ...CLAIMS, [name]: null })],
        [`${name} a number`, forge({ ...CLAIMS, [name]: 7 })],
      ]),
      ...['exp', 'iat'].flatMap((name): [string, unknown][] => [
        [`${name} as text`, forge({ ...CLAIMS, [name]: `${NOW}` })],
        [`${name} with a fraction`, forge({ ...CLAIMS, [name]: NOW + 0.5 })],
        [`${name} negative`, forge({ ...CLAIMS, [name]: -1 })],
        [`${name} true`, forge({ ...CLAIMS, [name]: true })],
        [`${name} null`, forge({ ...CLAIMS, [name]: null })],
        [`${name} beyond 2^53`, forge({ ...CLAIMS, [name]: 2 ** 53 })],
      ]),
      ['policy claims in a list', forge({ ...CLAIMS, policy_claims: [] })],
      ['policy claims null', forge({ ...CLAIMS, policy_claims: null })],
      ['policy claims as text', forge({ ...CLAIMS, policy_claims: '{}' })],
      ['jti in capitals', forge({ ...CLAIMS, jti: CLAIMS.jti.toUpperCase() })],
      ['jti with a line feed behind', forge({ ...CLAIMS, jti: `${CLAIMS.jti}\n` })],
      ['jti without dashes', forge({ ...CLAIMS, jti: CLAIMS.jti.replaceAll('-', '') })],
      ['jti a number', forge({ ...CLAIMS, jti: 1 })],
      ['jti in a list', forge({ ...CLAIMS, jti: [CLAIMS.jti] })],
      ['an issuer', forge({ ...CLAIMS, iss: 'kkp' })],
      ['nbf', forge({ ...CLAIMS, nbf: NOW })],
      ['a scope', forge({ ...CLAIMS, scope: 'admin' })],
      ['__proto__', forge(text.replace('{', '{"__proto__":{"admin":true},'))],
      ['claims in the prototype only', forge(`{"__proto__":${text}}`)],
      ['an empty object', forge({})],
    ],
  ],
  [
    'not_yet_valid',
    [
      ['six seconds ahead', forge({ ...CLAIMS, iat: NOW + 6 })],
      ['in 2096', forge({ ...CLAIMS, iat: 3_976_000_000, exp: 3_976_000_300 })],
      ['in milliseconds', forge({ ...CLAIMS, iat: NOW * 1000, exp: NOW * 1000 + 300 })],
    ],
  ],
  [
    'lifetime_exceeded',
    [
      ['a second over the maximum', forge({ ...CLAIMS, exp: NOW + 901 })],
      ['for ever', forge({ ...CLAIMS, exp: Number.MAX_SAFE_INTEGER })],
      ['from 1970', forge({ ...CLAIMS, iat: 0 })],
      ['of no length', forge({ ...CLAIMS, exp: NOW })],
      ['backwards', forge({ ...CLAIMS, iat: NOW + 2, exp: NOW + 1 })],
    ],
  ],
  [
    'expired',
    [
      ['this second', forge({ ...CLAIMS, iat: NOW - 300, exp: NOW })],
      ['a second ago', forge({ ...CLAIMS, iat: NOW - 301, exp: NOW - 1 })],
      ['within the skew', forge({ ...CLAIMS, iat: NOW - 10, exp: NOW - 4 })],
    ],
  ],
])('%s', (reason, rows) => {
  it.each(rows)('%s', (_name, token) => {
    expect(judge(token)).toMatchObject(refusal(reason));
  });
});

describe('an audience asked for', () => {
  it.each(['Reports', 'report', 'reports ', '', '*', 'reports,other'])(
    'refuses a token for reports: %p',
    (audience) => {
      expect(judge(GOOD, { ...RULES, audience })).toEqual(refusal('wrong_audience'));
    },
  );
});

it('a claim that is allowed does not allow others', () => {
  const rules = { ...RULES, extraClaims: ['iss'] };
  expect(judge(forge({ ...CLAIMS, iss: 'kkp', nbf: NOW }), rules)).toEqual(refusal('bad_claims'));
});

it('a claim that is allowed may have the name of what every object has', () => {
  const extraClaims = ['constructor', 'hasOwnProperty', 'toString'];
  const token = forge({ ...CLAIMS, constructor: 1, hasOwnProperty: false, toString: null });
  expect(verifyToken(token, keyOf, { ...RULES, extraClaims }, NOW)).toMatchObject({ ok: true });
});

it('a payload is not parsed before its signature is good', () => {
  const parse = JSON.parse;
  const parsed: string[] = [];
  JSON.parse = (source: string, ...rest: []) => {
    parsed.push(source);
    return parse(source, ...rest) as unknown;
  };
  try {
    judge(`${H}.${P}.${base64url(Buffer.alloc(64))}`);
  } finally {
    JSON.parse = parse;
  }
  expect(parsed).toContain(JSON.stringify(HEADER));
  expect(parsed).not.toContain(text);
});

it('a signature of another length is refused before any key is asked', () => {
  const noKey = (() => ({})) as unknown as KeyLookup;
  const short = `${H}.${P}.${base64url(Buffer.alloc(63))}`;
  expect(verifyToken(short, noKey, RULES, NOW)).toEqual(refusal('bad_signature'));
  expect(() => verifyToken(GOOD, noKey, RULES, NOW)).toThrow('key');
});

it('no token with one bit flipped is accepted', () => {
  const raw = Buffer.from(GOOD, 'latin1');
  const accepted: number[] = [];
  for (let bit = 0; bit < raw.length * 8; bit++) {
    const flipped = Buffer.from(raw);
    flipped[bit >> 3] = (raw[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (judge(flipped.toString('latin1')).ok) accepted.push(bit);
  }
  expect(accepted).toEqual([]);
});
