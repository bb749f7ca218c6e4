import fc from 'fast-check';
import { KkpError } from '../../../src/errors.js';
import { TokenIssuer, TokenVerifier, tokenRules } from '../../../src/tokens/index.js';
import { DEFAULTS, SeededRandom, SlowStore, START, startKeys } from '../keys/fixtures.js';
import { OPTIONS, REQUEST } from './fixtures.js';

interface Case {
  readonly asked: number | undefined;
  readonly allowed: number | undefined;
  /** Seconds that the signing key has left: rotations are failing. */
  readonly keyLeft: number;
  /** Seconds that the token has left that this one is made from. */
  readonly subjectLeft: number | undefined;
}

const seconds = (max: number) => fc.oneof(fc.integer({ min: 1, max }), fc.integer({ min: -5, max: 20 }));
/** External issuers may count in fractions (RFC 7519 section 2). */
const quarters = fc.integer({ min: -20, max: 80 }).map((count) => count / 4);
const cases: fc.Arbitrary<Case> = fc.record({
  asked: fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
  allowed: fc.option(seconds(1500), { nil: undefined }),
  keyLeft: fc.integer({ min: 0, max: 1800 }),
  subjectLeft: fc.option(fc.oneof(seconds(1500), quarters), {
    nil: undefined,
  }),
});

/** The seconds that a token may live; below one: none. */
const cap = ({ asked = OPTIONS.defaultTtlSeconds, allowed, keyLeft, subjectLeft }: Case): number =>
  Math.min(asked, OPTIONS.maxTtlSeconds, keyLeft, allowed ?? Infinity, Math.floor(subjectLeft ?? Infinity));

/** KKP whose key does not rotate any more, at any time of that key's life. */
async function startStuck() {
  const store = new SlowStore();
  const { keys, clock } = await startKeys(DEFAULTS, store);
  store.failure = new Error('disk full');
  const issuer = new TokenIssuer(OPTIONS, keys, clock, new SeededRandom('jti'));
  return { issuer, verifier: new TokenVerifier(tokenRules(OPTIONS), keys, clock), clock };
}

type Stuck = Awaited<ReturnType<typeof startStuck>>;

/** The token's claims as its verifier reads them; undefined when there was no token. */
async function mint({ issuer, verifier, clock }: Stuck, { asked, allowed, keyLeft, subjectLeft }: Case) {
  const now = START + 1800 - keyLeft;
  clock.advance(now - clock.seconds);
  try {
    const claims = issuer.buildClaims({
      ...REQUEST,
      ...(asked !== undefined && { ttl_seconds: asked }),
      ...(subjectLeft !== undefined && { subject_expires_at: now + subjectLeft }),
    });
    const limit = allowed === undefined ? {} : { maxTtlSeconds: allowed };
    const { token, expires_at } = await issuer.sign(claims, limit);
    const { exp, iat } = verifier.verify(token);
    return { exp, iat, expires_at };
  } catch (error) {
    if (error instanceof KkpError && error.code !== 'internal_error') return undefined;
    throw error;
  }
}

describe('10,000 tokens of any lifetime asked for, allowed, left to the key and to the subject’s token', () => {
  it('live exactly as long as the least of these, and where that is less than a second there is none', async () => {
    const stuck = await startStuck();
    let minted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(cases, async (generated) => {
        const token = await mint(stuck, generated);
        const most = cap(generated);
        if (token) minted += 1;
        else refused += 1;
        if (most < 1) return token === undefined;
        return token?.exp === token!.iat + most && token.expires_at === token.exp;
      }),
      { numRuns: 10_000 },
    );
    expect(minted + refused).toBe(10_000);
    expect(Math.min(minted, refused)).toBeGreaterThan(500);
  });
});

describe('the end of the subject’s token', () => {
  it.each([START, START - 1, -1, NaN, -Infinity, 0])(
    'makes no token when it is %p',
    async (subject_expires_at) => {
      const { issuer } = await startStuck();
      expect(() => issuer.buildClaims({ ...REQUEST, subject_expires_at })).toThrow('at its end');
    },
  );
});

describe('a token that was just signed', () => {
  it.each<[string, string, (signature: Buffer) => Buffer]>([
    ['with one bit changed', 'bad_signature', (made) => Buffer.from(made).fill(made[0]! ^ 1, 0, 1)],
    ['of the right length', 'bad_signature', () => Buffer.alloc(64, 7)],
    ['of 63 bytes', 'bad_signature', (made) => made.subarray(1)],
    ['of no length', 'malformed', () => Buffer.alloc(0)],
  ])('is not given out with a wrong signature %s', async (_name, reason, sabotage) => {
    const { issuer } = await startSabotaged((signer) => ({
      ...signer,
      sign: (input) => sabotage(signer.sign(input)),
    }));
    await expect(issuer.sign(issuer.buildClaims(REQUEST))).rejects.toMatchObject({
      code: 'internal_error',
      detail: 'The request failed for a reason on this side.',
      cause: expect.objectContaining({ message: expect.stringContaining(reason) as string }) as Error,
    });
  });

  it.each<[string, Partial<Signer>]>([
    ['unknown_key', { kid: 'A'.repeat(43) }],
    ['unsupported_header', { kid: 'not a kid' }],
    ['lifetime_exceeded', { exp: START + 901 }],
  ])('is not given out when it breaks the rules: %s', async (reason, change) => {
    const { issuer } = await startSabotaged((signer) => ({ ...signer, ...change }));
    await expect(issuer.sign(issuer.buildClaims(REQUEST))).rejects.toMatchObject({
      code: 'internal_error',
      cause: expect.objectContaining({ message: expect.stringContaining(reason) as string }) as Error,
    });
  });
});

type Signer = Awaited<ReturnType<Awaited<ReturnType<typeof startKeys>>['keys']['reserve']>>;

async function startSabotaged(change: (signer: Signer) => Signer) {
  const { keys, clock } = await startKeys();
  const sabotaged = {
    reserve: async (exp: number) => change(await keys.reserve(exp)),
    verificationKey: keys.verificationKey.bind(keys),
  };
  return { issuer: new TokenIssuer(OPTIONS, sabotaged, clock, new SeededRandom('jti')) };
}
