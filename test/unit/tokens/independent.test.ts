import { createPublicKey } from 'node:crypto';
import * as noble from '@noble/ed25519';
import { createLocalJWKSet, jwtVerify, SignJWT, type JSONWebKeySet } from 'jose';
import { verifyToken } from '../../../src/tokens/index.js';
import { SeededRandom } from '../keys/fixtures.js';
import { CLAIMS, HEADER, KEY, NOW, REQUEST, startTokens } from './fixtures.js';

const SEED = new SeededRandom('forger').bytes(32);
const PUBLIC = createPublicKey(KEY.privateKey);
const judge = (token: string) => verifyToken(token, () => PUBLIC, { maxLifetimeSeconds: 900 }, NOW);

describe('independent implementations', () => {
  it('jose accepts what KKP signs, with the published keys and all its checks on', async () => {
    const { issuer, keys, clock } = await startTokens();
    const claims = issuer.buildClaims(REQUEST);
    const { token, kid } = await issuer.sign(claims);
    const jwks = createLocalJWKSet(JSON.parse(keys.jwks().body) as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      algorithms: ['EdDSA'],
      typ: 'JWT',
      audience: REQUEST.audience,
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
      maxTokenAge: 900,
      currentDate: new Date(clock.now()),
    });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid });
  });

  it('noble accepts what KKP signs, under the strict rules of RFC 8032', async () => {
    const { issue, keys } = await startTokens();
    const { token, kid } = await issue();
    const { x = '' } = keys.verificationKey(kid)!.export({ format: 'jwk' });
    const [input, signature = ''] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2]];
    const verified = await noble.verifyAsync(
      Buffer.from(signature, 'base64url'),
      Buffer.from(input),
      Buffer.from(x, 'base64url'),
      { zip215: false },
    );
    expect(verified).toBe(true);
  });

  it('KKP accepts what jose signs', async () => {
    const token = await new SignJWT({ ...CLAIMS }).setProtectedHeader(HEADER).sign(KEY.privateKey);
    expect(judge(token)).toEqual({ ok: true, claims: CLAIMS });
  });

  it('KKP accepts what noble signs', async () => {
    const input = [HEADER, CLAIMS]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = await noble.signAsync(Buffer.from(input), SEED);
    expect(judge(`${input}.${Buffer.from(signature).toString('base64url')}`)).toEqual({
      ok: true,
      claims: CLAIMS,
    });
  });

  it('KKP and noble agree on signatures with one byte changed', async () => {
    const input = [HEADER, CLAIMS]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = await noble.signAsync(Buffer.from(input), SEED);
    const point = await noble.getPublicKeyAsync(SEED);
    for (let index = 0; index < 64; index += 3) {
      const changed = Uint8Array.from(signature, (byte, at) => (at === index ? byte ^ 0x55 : byte));
      const theirs = await noble.verifyAsync(changed, Buffer.from(input), point, { zip215: false });
      expect([judge(`${input}.${Buffer.from(changed).toString('base64url')}`).ok, theirs]).toEqual([
        false,
        false,
      ]);
    }
  });
});
