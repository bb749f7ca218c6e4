import { createHmac, createPublicKey } from 'node:crypto';
import { type TokenParts, goodClaims, goodHeader, reject, segment } from './forge.js';
import { LONGEST_KID, alice, base64url, bob, mallory, publicJwk } from './keys.js';
import type { TokenVector } from './types.js';

const refused = (name: string, parts: TokenParts | string) => reject('unsupported_header', name, parts);
const header = (changes: Record<string, unknown>): TokenParts => ({ header: goodHeader(changes) });
const spelled = (value: unknown) => JSON.stringify(value);

/** Headers other than exactly alg EdDSA, typ JWT and a kid of good form; each is signed with the real key. */
export function badHeaders(): TokenVector[] {
  return [...algorithms(), ...keyConfusion(), ...types(), ...kids(), ...extraMembers()];
}

function algorithms(): TokenVector[] {
  const nones = ['none', 'None', 'NONE', 'nOnE', 'noNe'];
  const families = [
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'PS256',
    'ES256',
    'ES256K',
    'ES512',
    'RSA-OAEP',
    'dir',
  ];
  const nearly = [
    'Ed25519',
    'Ed448',
    'eddsa',
    'EDDSA',
    'EdDSA ',
    ' EdDSA',
    'EdDSA\0',
    'EdDSA,none',
    'ＥdDSA',
    '',
  ];
  const others = [null, true, 1, ['EdDSA'], { alg: 'EdDSA' }];
  return [...nones, ...families, ...nearly, ...others].map((alg) =>
    refused(`alg ${spelled(alg)}`, header({ alg })),
  );
}

/** HMAC made with what an attacker knows: the public key in each of its forms. */
function keyConfusion(): TokenVector[] {
  const jwk = publicJwk(alice);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: alice.x }, format: 'jwk' });
  const secrets: [string, string | Buffer][] = [
    ['the raw public key', alice.publicKey],
    ['x as text', alice.x],
    ['the PEM', key.export({ format: 'pem', type: 'spki' })],
    ['the SPKI bytes', key.export({ format: 'der', type: 'spki' })],
    ['the JWK as JSON', JSON.stringify(jwk)],
    ['the empty string', ''],
  ];
  const input = `${segment(goodHeader({ alg: 'HS256' }))}.${segment(goodClaims())}`;
  return secrets.map(([name, secret]) => {
    const mac = createHmac('sha256', secret).update(input).digest();
    return refused(`HS256 with ${name} as the secret`, `${input}.${base64url(mac)}`);
  });
}

function types(): TokenVector[] {
  const values = ['jwt', 'Jwt', 'JWS', 'JWE', 'at+jwt', 'application/jwt', 'JWT ', '', null, true, ['JWT']];
  return values.map((typ) => refused(`typ ${spelled(typ)}`, header({ typ })));
}

function kids(): TokenVector[] {
  const values = [
    '',
    `${LONGEST_KID}k`,
    `${alice.kid}\n`,
    `${alice.kid} `,
    `\n${alice.kid}`,
    `${alice.kid}\0`,
    '../../../../etc/passwd',
    '/dev/null',
    'https://evil.example/jwks.json',
    "' OR 1=1 --",
    'a|whoami',
    'ключ',
    '１',
    'a.b',
    'a+b/c=',
    null,
    0,
    true,
    [alice.kid],
    { kid: alice.kid },
  ];
  return values.map((kid) => refused(`kid ${spelled(kid)}`, header({ kid })));
}

function extraMembers(): TokenVector[] {
  const { alg, typ, kid } = goodHeader();
  const attackerKey = publicJwk(mallory);
  const certificate = mallory.publicKey.toString('base64');
  const extras: Record<string, unknown>[] = [
    { crit: ['exp'] },
    { b64: false, crit: ['b64'] },
    { b64: true },
    { jku: 'https://evil.example/jwks.json' },
    { x5u: 'https://evil.example/cert.pem' },
    { x5c: [certificate] },
    { x5t: 'AAAA' },
    { cty: 'JWT' },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
    { iss: 'kkp' },
    { Alg: 'EdDSA' },
    { KID: bob.kid },
    { '': 1 },
  ];
  return [
    refused('header with crit empty', header({ crit: [] })),
    ...extras.map((extra) => refused(`header with ${spelled(Object.keys(extra))}`, header(extra))),
    refused('header with jwk, signed by that key', { ...header({ jwk: attackerKey }), signer: mallory }),
    refused('header with __proto__', { header: spelled(goodHeader()).replace('{', '{"__proto__":{},') }),
    refused('header without alg', { header: { typ, kid } }),
    refused('header without typ', { header: { alg, kid } }),
    refused('header without kid', { header: { alg, typ } }),
    refused('header with ALG in the place of kid', { header: { alg, typ, ALG: alg } }),
    refused('empty header object', { header: {} }),
    refused('members only in __proto__', { header: `{"__proto__":${spelled(goodHeader())}}` }),
  ];
}

/** Well-formed kids that are not among the usable keys. */
export function unknownKeys(): TokenVector[] {
  const swapCase = (text: string) =>
    text.replace(/[a-z]/gi, (c) => (c < 'a' ? c.toLowerCase() : c.toUpperCase()));
  const kids = [
    'no-such-key',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '0',
    'keys',
    'undefined',
  ];
  const near = [alice.kid.slice(0, -1), `${alice.kid}A`, swapCase(alice.kid), LONGEST_KID.slice(1)];
  const unusable = ['rsa-1', 'ec-1', 'x25519-1'];
  const unknown = (name: string, parts: TokenParts) => reject('unknown_key', name, parts);
  return [
    ...[...kids, ...near].map((kid) => unknown(`unknown kid ${kid}`, header({ kid }))),
    ...unusable.map((kid) => unknown(`kid of a key of another kind: ${kid}`, header({ kid }))),
    unknown('kid of a key for encryption, well signed', {
      ...header({ kid: 'ed25519-for-encryption' }),
      signer: mallory,
    }),
    unknown('thumbprint of a key that is not in the set', { signer: mallory }),
    reject('unknown_key', 'no keys at all', {}, { keys: { keys: [] } }),
    reject('unknown_key', 'only another key', {}, { keys: { keys: [publicJwk(bob)] } }),
    unknown('unknown kid and an expired payload', {
      ...header({ kid: 'gone' }),
      payload: goodClaims({ exp: 1 }),
    }),
  ];
}
