import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { jwkThumbprint } from '../../src/index.js';
import { caught } from '../support/caught.js';

const OKP = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const EC = {
  kty: 'EC',
  crv: 'P-256',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
};
const RSA = {
  kty: 'RSA',
  e: 'AQAB',
  n:
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n' +
    '3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zg' +
    'dAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFC' +
    'ur-kEgU8awapJzKnqDKgw',
};

describe('jwkThumbprint', () => {
  it.each([
    ['RFC 8037 appendix A.3', OKP, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
    ['RFC 9449 section 6.1', EC, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
    ['RFC 7638 section 3.1', RSA, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  ])('is that of %s, whatever stands beside the public members', async (_, jwk, thumbprint) => {
    expect(await jwkThumbprint(jwk)).toBe(thumbprint);
    const others = { use: 'sig', kid: 'k', d: 'AAAA', alg: 'x' };
    expect(await jwkThumbprint({ ...others, ...jwk, key_ops: [] })).toBe(thumbprint);
  });

  it.each(['ES256', 'EdDSA', 'RS256'])('is that of jose for a key of %s', async (alg) => {
    const jwk = await exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey);
    expect(await jwkThumbprint(jwk)).toBe(await calculateJwkThumbprint(jwk));
  });

  it.each([
    {},
    { kty: 'oct', k: 'AAAA' },
    { kty: 'ec', crv: 'P-256', x: EC.x, y: EC.y },
    { kty: 'EC', crv: 'P-256', x: EC.x },
    { ...EC, y: '' },
    { ...EC, x: 7 },
    { kty: 'OKP', crv: 'Ed25519' },
    { kty: 'OKP', x: OKP.x },
    { kty: 'RSA', n: RSA.n },
    { kty: ['EC'], crv: 'P-256', x: EC.x, y: EC.y },
  ])('refuses %j', async (jwk) => {
    expect(await caught(jwkThumbprint(jwk))).toBeInstanceOf(TypeError);
  });
});
