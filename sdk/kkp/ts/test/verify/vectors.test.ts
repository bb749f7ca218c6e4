import type { TokenVector } from '../../../../../test/vectors/tokens/types.js';
import { nobleEd25519 } from '../../src/crypto/noble.js';
import { webCryptoEd25519 } from '../../src/crypto/webcrypto.js';
import {
  type JwkSet,
  KeySetError,
  TokenError,
  type TokenType,
  importJwks,
  verifyToken,
} from '../../src/index.js';
import { readLowOrderVectors, readTokenVectors } from '../support/vectors.js';

const files = ['tokens.json', 'optional-claims.json'].map((name) => ({ name, ...readTokenVectors(name) }));
const vectors = files.flatMap(({ name: file, keys: sharedKeys, cases }) =>
  cases.map(({ keys = sharedKeys, ...vector }) => ({
    file,
    expected: vector.reason ?? 'accept',
    ...vector,
    keys,
  })),
);

const lowOrder = readLowOrderVectors().cases.map(({ keys, ...vector }) => ({ ...vector, keys: keys! }));

it('there are 88 cases about the optional claims, wrong_issuer among them', () => {
  const optional = vectors.filter(({ file }) => file === 'optional-claims.json');
  expect(optional).toHaveLength(88);
  expect(optional.filter(({ reason }) => reason === 'wrong_issuer')).toHaveLength(5);
  expect(optional.filter(({ options }) => options.typ === 'at+jwt').length).toBeGreaterThan(3);
});

describe.each([
  ['WebCrypto', webCryptoEd25519],
  ['@noble/ed25519', nobleEd25519],
])('token vectors with %s', (_, ed25519) => {
  async function judge({ token, keys, options }: TokenVector & { keys: JwkSet }): Promise<unknown> {
    const { now, max_lifetime_seconds, clock_skew_seconds, audience, extra_claims, issuer, typ } = options;
    try {
      return await verifyToken(token, importJwks(keys, ed25519), {
        now: () => now * 1000 + 999,
        maxLifetimeSeconds: max_lifetime_seconds,
        clockSkewSeconds: clock_skew_seconds,
        ...(audience !== undefined && { audience }),
        ...(extra_claims && { extraClaims: extra_claims }),
        ...(issuer !== undefined && { issuer }),
        ...(typ !== undefined && { typ: typ as TokenType }),
      });
    } catch (error) {
      if (error instanceof TokenError) return error.reason;
      if (error instanceof KeySetError) return error.code;
      throw error;
    }
  }

  it.each(vectors)('$file, $expected: $name', async (vector) => {
    expect(await judge(vector)).toEqual(vector.verdict === 'accept' ? vector.claims : vector.reason);
  });

  it('accept none of the 526 under keys of small order', async () => {
    const verdicts = await Promise.all(lowOrder.map(judge));
    expect(verdicts).toEqual(Array(526).fill('bad_key'));
  });
});
