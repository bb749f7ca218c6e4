import { ANONYMOUS, NOBODY, type Caller } from '../../../src/callers/index.js';
import { KkpError } from '../../../src/errors.js';
import { RefusedCredentials } from '../../../src/quotas/index.js';
import { PresentedTokens, type TokenCheck } from '../../../src/tokens/index.js';
import { startTokens } from './fixtures.js';

const KNOWN: Caller = { kind: 'jwt', id: 'svc', scopes: [], attributes: {} };

describe('the token that a request shows', () => {
  let token: string;
  let kid: string;
  let looks: unknown[][];
  let tokens: PresentedTokens;
  let refusing: number | undefined;
  let revoked: boolean;
  let kids: (string | undefined)[];
  beforeEach(async () => {
    const { verifier, issue } = await startTokens();
    ({ token, kid } = await issue());
    looks = [];
    refusing = undefined;
    revoked = false;
    kids = [];
    const look =
      (at: number): TokenCheck =>
      (...args) => {
        looks.push([at, ...args]);
        if (at === refusing) throw new KkpError('policy_denied', 'No.');
      };
    tokens = new PresentedTokens(
      verifier,
      [look(0), look(1)],
      ({ sub }, of) => {
        kids.push(of);
        if (revoked) throw new KkpError('invalid_token', `Of ${sub}, taken back.`);
      },
      new RefusedCredentials(0, { now: () => 0 }, () => undefined),
    );
  });

  it.each(['body', 'header'])(
    'is verified from the %s, and judged by every check for its use',
    async (place) => {
      const asker = { caller: NOBODY, ...(place === 'header' && { token }) };
      const shown = await tokens.verify(place === 'body' ? token : undefined, asker, 'rewrap');
      const claims = shown?.claims;
      expect(claims).toMatchObject({ sub: 'svc-billing' });
      expect(looks).toEqual([0, 1].map((at) => [at, claims, asker, 'rewrap', token]));
    },
  );

  it.each([0, 1])('is refused by any of its checks: %s', async (at) => {
    refusing = at;
    for (const method of ['verify', 'verifyUnlessKnown', 'require'] as const)
      await expect(tokens[method](token, { caller: KNOWN }, 'encrypt')).rejects.toThrow('No.');
  });

  it('is refused when it was taken back', async () => {
    revoked = true;
    for (const method of ['verify', 'verifyUnlessKnown', 'require'] as const)
      await expect(tokens[method](token, { caller: KNOWN }, 'encrypt')).rejects.toThrow('taken back');
  });

  it('is judged again when that is asked for, by what was taken back since alone', async () => {
    const { recheck } = await tokens.require(token, { caller: NOBODY }, 'decrypt');
    refusing = 0;
    expect(recheck).not.toThrow();
    revoked = true;
    expect(recheck).toThrow('Of svc-billing, taken back.');
    expect(looks).toHaveLength(2);
    expect(kids).toEqual([undefined, kid, kid]);
  });

  it('may be there once, even when both are the same', async () => {
    for (const other of [token, 'x', '']) {
      const verifying = tokens.verify(other, { caller: KNOWN, token }, 'decrypt');
      await expect(verifying).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(looks).toEqual([]);
  });

  it.each(['', 'x', 'a.b.c'])('is not good, and not absent, when it is %j', async (bad) => {
    const refusal = { code: 'invalid_token' };
    for (const method of ['verify', 'verifyUnlessKnown', 'require'] as const) {
      await expect(tokens[method](bad, { caller: KNOWN }, 'encrypt')).rejects.toMatchObject(refusal);
      const asker = { caller: KNOWN, token: bad };
      await expect(tokens[method](undefined, asker, 'encrypt')).rejects.toMatchObject(refusal);
    }
    expect(looks).toEqual([]);
  });

  it.each<[string, Caller, unknown, string]>([
    ['nobody', NOBODY, 'unauthenticated', 'unauthenticated'],
    ['an authenticated caller', KNOWN, undefined, 'invalid_request'],
    ['an anonymous caller', ANONYMOUS, undefined, 'invalid_request'],
  ])('may be absent for %s only where it is not required', async (_who, caller, unlessKnown, required) => {
    const codeOf = async (verifying: Promise<unknown>): Promise<unknown> => {
      try {
        return await verifying;
      } catch (error) {
        return (error as KkpError).code;
      }
    };
    expect(await codeOf(tokens.verify(undefined, { caller }, 'encrypt'))).toBeUndefined();
    expect(await codeOf(tokens.verifyUnlessKnown(undefined, { caller }, 'encrypt'))).toBe(unlessKnown);
    expect(await codeOf(tokens.require(undefined, { caller }, 'encrypt'))).toBe(required);
    expect(looks).toEqual([]);
  });

  it('stands in for a caller', async () => {
    for (const method of ['verifyUnlessKnown', 'require'] as const) {
      const shown = await tokens[method](token, { caller: NOBODY }, 'data_key');
      expect(shown?.claims).toMatchObject({ key_id: 'alias/orders' });
    }
    expect(looks.map(([, , , use]) => use)).toEqual(Array(4).fill('data_key'));
  });
});
