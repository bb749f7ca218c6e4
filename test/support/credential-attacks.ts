import { createHmac, sign } from 'node:crypto';
import { encode, signJwt, signSegments, type TestKey } from './issuer.js';

export interface Victim {
  /** Good claims. */
  readonly claims: Record<string, unknown>;
  /** Signs the good credential: a key that the issuer publishes. */
  readonly key: TestKey;
  /** Members of the good header beside `alg` and `kid`. */
  readonly header?: object;
  /** A key of the attacker's, which nobody publishes. */
  readonly evil: TestKey;
  /** Where the attacker serves the keys. */
  readonly evilUrl: string;
}

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

const bytesOf = (segment: string): Buffer => Buffer.from(segment, 'base64url');

/** The last character of a segment whose last bits mean nothing, with one of those set. */
const strayBit = (segment: string): string => String.fromCharCode(segment.charCodeAt(segment.length - 1) + 1);

/** Everything that somebody may try with a credential that is not good, by its name. None may be accepted. */
export function attacks({ claims, key, header: own = {}, evil, evilUrl }: Victim): Record<string, string> {
  const good = signJwt(claims, key, own);
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const now = claims.iat as number;
  const signedBy = (signer: TestKey, more: object = {}, what: object = {}) =>
    signJwt({ ...claims, ...what }, signer, { ...own, ...more });
  const signed = (what: object) => signedBy(key, {}, what);
  const headed = (more: object) => signedBy(key, more);
  const raw = (headerText: string, claimsText: string) =>
    signSegments(encode(headerText), encode(claimsText), key);
  const claimsText = JSON.stringify(claims);
  const headerText = JSON.stringify({ alg: key.alg, kid: key.kid, ...own });
  const publicText = String(key.jwk.n ?? key.jwk.x);
  const hmac = (alg: string, secret: string) => {
    const input = `${encode({ alg, kid: key.kid, ...own })}.${payload}`;
    const mac = createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url');
    return `${input}.${mac}`;
  };
  const flip = (text: string, at: number) => {
    const bytes = bytesOf(text);
    bytes[at] = bytes[at]! ^ 1;
    return bytes.toString('base64url');
  };
  const none = ['none', 'None', 'NONE', 'nOnE'].flatMap((alg): [string, string][] => [
    [`alg ${alg} without signature`, `${encode({ alg, kid: key.kid, ...own })}.${payload}.`],
    [`alg ${alg} with the signature`, `${encode({ alg, kid: key.kid, ...own })}.${payload}.${signature}`],
  ]);
  const otherNames = [
    '',
    'RS256',
    'rs256',
    'RS256 ',
    'RS1',
    'ES256K',
    'RSA-OAEP',
    'dir',
    'HS256',
    'PS256',
    'ES256',
    'EdDSA',
  ].filter((alg) => alg !== key.alg);
  return {
    ...Object.fromEntries(none),
    ...Object.fromEntries(
      ['HS256', 'HS384', 'HS512'].map((alg) => [`${alg} keyed with the public key`, hmac(alg, publicText)]),
    ),
    'HS256 with an empty secret': hmac('HS256', ''),
    ...Object.fromEntries(
      otherNames.map((alg) => [`the name ${JSON.stringify(alg)} for the algorithm`, headed({ alg })]),
    ),
    'no alg': headed({ alg: undefined }),
    'alg as a list': headed({ alg: ['RS256'] }),
    'alg as null': headed({ alg: null }),
    'a key of the attacker under the issuer’s name': signedBy({ ...evil, kid: key.kid }),
    'a key of the attacker under its own name': signedBy(evil),
    'a key of the attacker in the header': signedBy(evil, { jwk: evil.jwk }),
    'a key of the attacker in the header, under the issuer’s name': signedBy(
      { ...evil, kid: key.kid },
      { jwk: evil.jwk },
    ),
    'the attacker’s jku': signedBy(evil, { jku: evilUrl }),
    'the attacker’s x5u': signedBy(evil, { x5u: evilUrl }),
    'a chain of the attacker': signedBy(evil, { x5c: ['AAAA'] }),
    'a good signature with jku': headed({ jku: evilUrl }),
    'a good signature with jwk': headed({ jwk: key.jwk }),
    'a good signature with x5c': headed({ x5c: [] }),
    'a good signature with crit': headed({ crit: ['exp'] }),
    'a good signature with an empty crit': headed({ crit: [] }),
    'a good signature with b64 false': headed({ b64: false, crit: ['b64'] }),
    'b64 without crit': headed({ b64: false }),
    zip: headed({ zip: 'DEF' }),
    enc: headed({ enc: 'A256GCM' }),
    'no kid': headed({ kid: undefined }),
    'an empty kid': headed({ kid: '' }),
    'a number for kid': headed({ kid: 1 }),
    'a list for kid': headed({ kid: [key.kid] }),
    'a path for kid': headed({ kid: '../../dev/null' }),
    'an injection for kid': headed({ kid: `${key.kid}' UNION SELECT 'x` }),
    'a prototype for kid': headed({ kid: '__proto__' }),
    'a kid of 300 characters': headed({ kid: 'k'.repeat(300) }),
    'a kid in other letters': headed({ kid: swapCase(key.kid) }),
    'typ of a DPoP proof': headed({ typ: 'dpop+jwt' }),
    'typ of a revocation list': headed({ typ: 'kkp-revocations+jwt' }),
    'typ of a logout token': headed({ typ: 'logout+jwt' }),
    'a number for typ': headed({ typ: 1 }),
    'null for typ': headed({ typ: null }),
    'no signature': `${header}.${payload}.`,
    'two segments': `${header}.${payload}`,
    'four segments': `${good}.x`,
    'five segments, as of a JWE': `${header}.${payload}.${signature}.x.x`,
    'another signature': `${header}.${payload}.${signedBy(key, {}, { sub: 'bob' }).split('.')[2]!}`,
    'a signature of zeros': `${header}.${payload}.${Buffer.alloc(bytesOf(signature).length).toString('base64url')}`,
    'a signature one byte short': `${header}.${payload}.${bytesOf(signature).subarray(1).toString('base64url')}`,
    'a signature with a bit flipped': `${header}.${payload}.${flip(signature, 9)}`,
    'claims with a bit flipped': `${header}.${flip(payload, payload.length >> 1)}.${signature}`,
    'other claims under the signature': `${header}.${encode({ ...claims, sub: 'admin' })}.${signature}`,
    padding: `${header}.${payload}.${signature}==`,
    'padding within': `${header}=.${payload}.${signature}`,
    'the other alphabet': good.replaceAll('-', '+').replaceAll('_', '/') + '/',
    'a stray bit': `${header}.${payload}.${signature.slice(0, -1)}${strayBit(signature)}`,
    'a duplicate sub': raw(headerText, claimsText.replace('{', '{"sub":"admin",')),
    'a duplicate exp': raw(headerText, claimsText.replace('{', `{"exp":${now + 9},`)),
    'a duplicate iss': raw(headerText, claimsText.replace('{', '{"iss":"x",')),
    'a duplicate alg': raw(headerText.replace('{', '{"alg":"none",'), claimsText),
    'a duplicate spelt another way': raw(headerText, claimsText.replace('{', '{"\\u0073ub":"admin",')),
    'a byte order mark': raw(headerText, `\ufeff${claimsText}`),
    'bytes that are not UTF-8': signSegments(
      encode(headerText),
      Buffer.from(claimsText.replace('{', '{"x":"\u00ff",'), 'latin1').toString('base64url'),
      key,
    ),
    'a lone surrogate': raw(headerText, claimsText.replace('{', '{"x":"\\ud800",')),
    'claims after the claims': raw(headerText, `${claimsText}{}`),
    'a list for claims': raw(headerText, '[]'),
    'a text for claims': raw(headerText, '"x"'),
    'nested too deep': raw(headerText, claimsText.replace('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`)),
    'a JWT inside of a JWT': raw(headerText, JSON.stringify(good)),
    'the JSON serialisation': encode({ protected: header, payload, signature }),
    'more than 8,192 characters': signed({ x: 'x'.repeat(8_000) }),
    'no exp': signed({ exp: undefined }),
    'null for exp': signed({ exp: null }),
    'a text for exp': signed({ exp: String(now + 300) }),
    'a list for exp': signed({ exp: [now + 300] }),
    'an exp beyond numbers': raw(headerText, claimsText.replace(/"exp":\d+/, '"exp":1e999')),
    'an exp in milliseconds': signed({ exp: (now + 300) * 1000 }),
    'an exp long ago': signed({ exp: now - 3_600 }),
    'a negative exp': signed({ exp: -1 }),
    'no iat': signed({ iat: undefined }),
    'a text for iat': signed({ iat: String(now) }),
    'an iat of tomorrow': signed({ iat: now + 86_400, exp: now + 86_500 }),
    'true for nbf': signed({ nbf: true }),
    'a text for nbf': signed({ nbf: String(now) }),
    'an nbf of tomorrow': signed({ nbf: now + 86_400 }),
    'another audience': signed({ aud: 'other' }),
    'no audience': signed({ aud: undefined }),
    'an object for an audience': signed({ aud: { kkp: true } }),
    'no issuer': signed({ iss: undefined }),
    'another issuer': signed({ iss: 'https://evil.example' }),
    'the issuer with a slash': signed({ iss: `${String(claims.iss)}/` }),
    'the issuer in capitals': signed({ iss: String(claims.iss).toUpperCase() }),
    'a list of issuers': signed({ iss: [claims.iss] }),
    'a binding to a key': signed({ cnf: { jkt: 'x' } }),
    'no subject': signed({ sub: undefined }),
    'a number for a subject': signed({ sub: 7 }),
    'a signature over the claims alone': `${header}.${payload}.${sign(key.alg.startsWith('Ed') ? null : 'sha256', Buffer.from(payload), key.privateKey).toString('base64url')}`,
    nothing: '.',
    dots: '...',
    'no token at all': 'x',
  };
}
