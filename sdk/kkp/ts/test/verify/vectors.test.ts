import type { TokenVector } from '../../../../../test/vectors/tokens/types.js';
import { nobleEd25519 } from '../../src/crypto/noble.js';
import { webCryptoEd25519 } from '../../src/crypto/webcrypto.js';
import { KeySetError, TokenError, importJwks, verifyToken } from '../../src/index.js';
import { readLowOrderVectors, readTokenVectors } from '../support/vectors.js';

const { keys: sharedKeys, cases } = readTokenVectors();
const { cases: lowOrder } = readLowOrderVectors();

describe.each([
  ['WebCrypto', webCryptoEd25519],
  ['@noble/ed25519', nobleEd25519],
])('token vectors with %s', (_, ed25519) => {
  async function judge({ token, keys = sharedKeys, options }: TokenVector): Promise<unknown> {
    const { now, max_lifetime_seconds, clock_skew_seconds, audience, extra_claims } = options;
    try {
      return await verifyToken(token, importJwks(keys, ed25519), {
        now: () => now * 1000 + 999,
        maxLifetimeSeconds: max_lifetime_seconds,
        clockSkewSeconds: clock_skew_seconds,
        ...(audience !== undefined && { audience }),
        ...(extra_claims && { extraClaims: extra_claims }),
      });
    } catch (error) {
      if (error instanceof TokenError) return error.reason;
      if (error instanceof KeySetError) return error.code;
      throw error;
    }
  }

  it.each(cases.map((vector) => ({ ...vector, expected: vector.reason ?? 'accept' })))(
    '$expected: $name',
    async (vector) => {
      expect(await judge(vector)).toEqual(vector.verdict === 'accept' ? vector.claims : vector.reason);
    },
  );

  it('accept none of the 526 under keys of small order', async () => {
    const verdicts = await Promise.all(lowOrder.map(judge));
    expect(verdicts).toEqual(Array(526).fill('bad_key'));
  });
});
