import { CallerAuthentication, jwt } from '../../../src/callers/index.js';
import { jwksOf } from '../../../src/callers/jwt/usable-keys.js';
import { encode, makeKey, requestWith, signJwt, TestClock, TestIssuer } from '../../support/issuer.js';
import { SMALL_ORDER } from '../../support/small-order.js';
import { lowOrderCases } from '../../vectors/tokens/low-order.js';

const xOf = (key: Buffer): string => key.toString('base64url');

describe('credentials under keys of small order', () => {
  const clock = new TestClock();
  const good = makeKey('EdDSA', 'good');
  const published = SMALL_ORDER.map((hex) => {
    const x = xOf(Buffer.from(hex, 'hex'));
    return { ...good, kid: x, jwk: { kty: 'OKP', crv: 'Ed25519', x, kid: x, use: 'sig' } };
  });
  let issuer: TestIssuer;
  let callers: CallerAuthentication;
  beforeAll(async () => {
    issuer = await TestIssuer.start(good, ...published);
    const options = { issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl };
    callers = new CallerAuthentication([jwt({ ...options, algorithms: ['EdDSA', 'Ed25519'] }, clock)]);
  });
  afterAll(() => issuer.close());

  it('are refused in each of 526 cases, though their issuer publishes the keys', async () => {
    const claims = issuer.claims(clock.seconds);
    const cases = lowOrderCases((key, count) =>
      [
        { alg: 'EdDSA', kid: xOf(key) },
        { ...claims, jti: `${count}` },
      ]
        .map(encode)
        .join('.'),
    );
    const accepted: string[] = [];
    for (const { message, signature } of cases) {
      const token = `${message}.${signature.toString('base64url')}`;
      const outcome = await callers.authenticate(requestWith(token)).catch((error: unknown) => error);
      if ((outcome as { code?: string }).code !== 'unauthenticated') accepted.push(token);
    }
    expect(accepted).toEqual([]);
    expect(cases).toHaveLength(526);
    expect(await callers.authenticate(requestWith(signJwt(claims, good)))).toMatchObject({ id: 'alice' });
  });

  it('have none of the 14 encodings among the keys that are taken in', () => {
    const keys = [good, ...published].map(({ jwk }) => jwk);
    expect(jwksOf({ keys }, 'sig').keys.map(({ kid }) => kid)).toEqual(['good']);
    expect(published).toHaveLength(14);
  });
});
